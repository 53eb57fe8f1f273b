// How the platform is recognised, with simulated ones. Real deaths: test/workers/death.test.ts.
import { EventEmitter } from 'node:events'
import { ArenaError, createThreadLock, holdThreadLock, threadExited } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('death, platforms made up')

type Replaced = readonly [target: object, name: string, value: unknown]

/** Runs something while properties have other values. */
async function withValues(replaced: readonly Replaced[], run: () => Promise<void>): Promise<void> {
  const before = replaced.map(([target, name]) => Object.getOwnPropertyDescriptor(target, name))
  for (const [target, name, value] of replaced) {
    Object.defineProperty(target, name, { value, configurable: true })
  }
  try {
    await run()
  } finally {
    replaced.forEach(([target, name], i) => {
      const descriptor = before[i]
      if (descriptor === undefined) Reflect.deleteProperty(target, name)
      else Object.defineProperty(target, name, descriptor)
    })
  }
}

/** Of Web Locks, as much as is needed: who holds, in which mode; and those that wait. */
class Locks {
  readonly requested: string[] = []
  #held = new Set<string>()
  #waiting: (() => void)[] = []

  async request(
    name: string,
    options: { ifAvailable?: boolean; mode?: string },
    use: (lock: object | null) => unknown,
  ): Promise<unknown> {
    this.requested.push(`${options.mode ?? 'exclusive'} ${name}`)
    if (this.#held.has(name) && options.ifAvailable) return use(null)
    if (this.#held.has(name)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#held.add(name)
    return use({})
  }

  /** What the platform does at a thread's end. */
  releaseAll(): void {
    this.#held.clear()
    for (const resolve of this.#waiting) resolve()
  }
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'none',
    (error) => (error instanceof ArenaError ? error.code : error),
  )
}

const page = (locks: unknown): Replaced[] => [
  [process, 'versions', {}],
  [globalThis, 'navigator', { locks }],
]
const electronPage = (locks: unknown): Replaced[] => [
  [process, 'type', 'renderer'],
  [globalThis, 'navigator', { locks }],
]
const electronPagesWorker = (locks: unknown): Replaced[] => [
  [globalThis, 'WorkerGlobalScope', class {}],
  [globalThis, 'navigator', { locks }],
]
const deno = (locks: unknown): Replaced[] => [
  [globalThis, 'Deno', {}],
  [globalThis, 'navigator', { locks }],
]

for (const platform of [page, electronPage, electronPagesWorker, deno]) {
  test(`${platform.name}: a lock held for life`, async () => {
    const locks = new Locks()
    await withValues(platform(locks), async () => {
      const lock = await holdThreadLock(createThreadLock())
      assert.is(await codeOf(holdThreadLock(lock)), 'thread-lock-taken')
      const death = threadExited({ worker: new EventEmitter(), lock })
      assert.is(
        await Promise.race([death, new Promise((done) => setTimeout(done, 5, 'alive'))]),
        'alive',
      )
      locks.releaseAll()
      await death
      const { lockName } = lock
      assert.equal(locks.requested, [
        `exclusive ${lockName}`,
        `exclusive ${lockName}`,
        `shared ${lockName}`,
      ])
    })
  })
}

test('a page without locks gets the reason', async () => {
  await withValues(page(undefined), async () => {
    assert.is(await codeOf(holdThreadLock()), 'no-web-locks')
    assert.is(await codeOf(threadExited({ lock: createThreadLock() })), 'no-web-locks')
  })
})

test('what the platform says against a lock reaches the caller', async () => {
  const refusal = new Error('The request is denied')
  const locks = { request: () => Promise.reject(refusal) }
  await withValues(page(locks), async () => {
    assert.is(await codeOf(holdThreadLock()), refusal)
    assert.is(await codeOf(threadExited({ lock: createThreadLock() })), refusal)
  })
})

test('Node: no lock is taken, even where there are some', async () => {
  const locks = new Locks()
  await withValues([[globalThis, 'navigator', { locks }]], async () => {
    await holdThreadLock()
    const worker = Object.assign(new EventEmitter(), { threadId: 3 })
    const death = threadExited({ worker, lock: createThreadLock() })
    worker.emit('exit')
    await death
    assert.equal(locks.requested, [])
  })
})

test('Node: a worker that had exited before is dead', async () => {
  await threadExited({ worker: Object.assign(new EventEmitter(), { threadId: -1 }) })
})

test.run()
