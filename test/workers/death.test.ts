// Deaths of real workers, as each platform confirms them.
import { ArenaError, createThreadLock, holdThreadLock, threadExited } from '@ashlar/core'
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
  // Deno releases the locks of these before they end: see threadExited.
  const mayTerminate = !(isDeno && kind === 'node')

  test(`${kind}: a worker that ends by itself`, async () => {
    const thread = startWorker(kind)
    const lock = await thread.call('holdThreadLock')
    let isDead = false
    const deaths = [
      threadExited({ worker: thread.worker, lock }),
      threadExited({ ...thread, lock }),
    ]
    deaths[1].then(() => (isDead = true))
    await thread.call('holdThreadLock') // another round trip; and a thread may hold many
    await nextTurn()
    assert.is(isDead, false)
    thread.call('end')
    await Promise.all(deaths)
    await threadExited({ worker: thread.worker, lock }) // also who asks later is told
  })

  if (mayTerminate) {
    test(`${kind}: a terminated worker does nothing more after its confirmed death`, async () => {
      for (let round = 0; round < 10; round++) {
        const counter = new Int32Array(new SharedArrayBuffer(4))
        const thread = startWorker(kind)
        const lock = await thread.call('holdThreadLock', createThreadLock())
        await thread.call('count', counter)
        await untilCounting(counter)
        thread.terminate()
        await threadExited({ worker: thread.worker, lock })
        const counted = Atomics.load(counter, 0)
        await new Promise((resolve) => setTimeout(resolve, 20))
        assert.is(Atomics.load(counter, 0), counted)
      }
    })
  }

  if (isPage) {
    test(`${kind}: who counts as dead cannot hold his lock any more`, async () => {
      const lock = createThreadLock()
      await threadExited({ lock })
      const thread = startWorker(kind)
      await thread.call('holdThreadLock', lock).then(
        () => assert.unreachable(),
        (error) => assert.match(error.message, 'thread-lock-taken'),
      )
      thread.call('end')
    })
  }

  if (hasLocks) {
    test(`${kind}: a lock is held by one thread`, async () => {
      const thread = startWorker(kind)
      const lock = await thread.call('holdThreadLock', createThreadLock())
      assert.is(await codeOf(holdThreadLock(lock)), 'thread-lock-taken')
      thread.call('end')
    })
  }
}

test('a lock is unlike any other, and survives postMessage', () => {
  const lives = Array.from({ length: 1000 }, createThreadLock)
  assert.is(new Set(lives.map(({ lockName }) => lockName)).size, 1000)
  assert.equal(structuredClone(lives[0]), lives[0])
})

test('what confirms nothing on this platform is refused', async () => {
  const wrong = hasLocks ? { worker: {} } : { lock: createThreadLock() }
  assert.is(await codeOf(threadExited(wrong)), 'invalid-argument')
  assert.is(await codeOf(threadExited({})), 'invalid-argument')
  assert.is(
    await codeOf(threadExited({ worker: {}, lock: { lockName: 3 } as never })),
    'invalid-argument',
  )
  assert.is(await codeOf(holdThreadLock('a name' as never)), 'invalid-argument')
})

if (isMain) test.run()
