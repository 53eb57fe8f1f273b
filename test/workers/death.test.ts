// Deaths of real workers, as each platform confirms them.
import { ArenaError, createLife, holdLife, whenDead } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, threadKinds } from '../support/threads.ts'
import { startWorker } from './worker.ts'

const test = suite('death')

const isPage = !('process' in globalThis)
const isDeno = 'Deno' in globalThis
/** Node and Bun confirm by events instead. */
const hasLocks = isPage || isDeno

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 0))

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return error instanceof ArenaError ? error.code : String(error)
  }
}

/** Waits until a worker counts, so that it is in the middle of it. */
async function untilCounting(counter: Int32Array): Promise<void> {
  while (Atomics.load(counter, 0) === 0) await nextTurn()
}

for (const kind of threadKinds) {
  // Deno releases the locks of these before they end: see whenDead.
  const mayTerminate = !(isDeno && kind === 'node')

  test(`${kind}: a worker that ends by itself`, async () => {
    const thread = startWorker(kind)
    const life = await thread.call('holdLife')
    let isDead = false
    const deaths = [whenDead({ worker: thread.worker, life }), whenDead({ ...thread, life })]
    deaths[1].then(() => (isDead = true))
    await thread.call('holdLife') // another round trip; and a thread may hold many
    await nextTurn()
    assert.is(isDead, false)
    thread.call('end')
    await Promise.all(deaths)
    await whenDead({ worker: thread.worker, life }) // also who asks later is told
  })

  if (mayTerminate) {
    test(`${kind}: a terminated worker does nothing more after its confirmed death`, async () => {
      for (let round = 0; round < 10; round++) {
        const counter = new Int32Array(new SharedArrayBuffer(4))
        const thread = startWorker(kind)
        const life = await thread.call('holdLife', createLife())
        await thread.call('count', counter)
        await untilCounting(counter)
        thread.terminate()
        await whenDead({ worker: thread.worker, life })
        const counted = Atomics.load(counter, 0)
        await new Promise((resolve) => setTimeout(resolve, 20))
        assert.is(Atomics.load(counter, 0), counted)
      }
    })
  }

  if (isPage) {
    test(`${kind}: who counts as dead cannot hold his life any more`, async () => {
      const life = createLife()
      await whenDead({ life })
      const thread = startWorker(kind)
      await thread.call('holdLife', life).then(
        () => assert.unreachable(),
        (error) => assert.match(error.message, 'life-taken'),
      )
      thread.call('end')
    })
  }

  if (hasLocks) {
    test(`${kind}: a life is held by one thread`, async () => {
      const thread = startWorker(kind)
      const life = await thread.call('holdLife', createLife())
      assert.is(await codeOf(holdLife(life)), 'life-taken')
      thread.call('end')
    })
  }
}

test('a life is unlike any other, and survives postMessage', () => {
  const lives = Array.from({ length: 1000 }, createLife)
  assert.is(new Set(lives.map(({ lockName }) => lockName)).size, 1000)
  assert.equal(structuredClone(lives[0]), lives[0])
})

test('what confirms nothing on this platform is refused', async () => {
  const wrong = hasLocks ? { worker: {} } : { life: createLife() }
  assert.is(await codeOf(whenDead(wrong)), 'invalid-argument')
  assert.is(await codeOf(whenDead({})), 'invalid-argument')
  assert.is(
    await codeOf(whenDead({ worker: {}, life: { lockName: 3 } as never })),
    'invalid-argument',
  )
  assert.is(await codeOf(holdLife('a name' as never)), 'invalid-argument')
})

if (isMain) test.run()
