/**
 * Confirms that a thread has died, so that another thread can adopt its slots.
 *
 * A call that terminates a thread confirms nothing. Some workers ran on for thousands of iterations
 * after such a call. What does confirm a death depends on the platform:
 *
 *     Node, Bun       the worker's 'exit' event. (100 workers were terminated in a busy loop, and
 *                     none ran on after this event. Node 24 never releases Web Locks of
 *                     terminated workers.)
 *     browsers, Deno  a Web Lock that the worker held while it lived. The platform releases the
 *                     lock when the thread ends. (Deno's 'exit' event comes while the worker
 *                     still runs.)
 *
 * The worker itself acquires the lock. A thread that waits for the worker's death gets the lock
 * next, and keeps it forever. So if a worker starts late, it cannot acquire the lock. From this,
 * the worker knows that it counts as dead.
 *
 * (On Deno, a process that holds a lock never ends. So there, the waiting thread releases the lock.
 * This is safe: a terminated worker never acquires the lock, because its event loop has stopped.)
 */
import { isPlainObject, tagOf } from '../base/builtins.ts'
import { invalidArgument, noWebLocks, threadLockTaken } from '../base/errors.ts'

/**
 * A Web Lock that a thread holds until the thread ends. You can send this object with
 * `postMessage`.
 */
export interface ThreadLock {
  /** The name of the Web Lock. No other lock of any tab has the same name. */
  readonly lockName: string
}

/**
 * The thread whose death `threadExited` waits for. On Node and Bun, `threadExited` uses `worker`.
 * On other platforms, it uses `lock`.
 */
export interface ThreadRef {
  /**
   * The worker object. On Node, it is a `Worker` of `node:worker_threads`. On Bun, it is such a
   * worker, or a web worker.
   */
  readonly worker?: object
  /** The lock that the thread holds. The thread has passed it to `holdThreadLock`. */
  readonly lock?: ThreadLock
}

/**
 * The name of every lock begins with this text. (The platform reserves names that begin with '-'.)
 */
const LOCK_PREFIX = 'ashlar-lock-'

/**
 * Makes a lock for a thread that is about to start. Post the lock to the thread, together with the
 * slot that you reserved. Keep the lock, because `threadExited` needs it.
 */
export function createThreadLock(): ThreadLock {
  const words = crypto.getRandomValues(new Uint32Array(4))
  return { lockName: `${LOCK_PREFIX}${[...words].map((word) => word.toString(36)).join('-')}` }
}

/**
 * Acquires a lock, holds it until this thread ends, and returns it. In a worker, await this call
 * before you open a pool, and before you report that the worker is ready. Otherwise `threadExited`
 * may resolve too early: if no thread holds the lock, it resolves at once.
 *
 * On Node and Bun, the call does nothing, so the same code runs on every platform. On Deno, a
 * thread that holds a lock does not end when it has no more work. End it by `self.close()` or
 * `process.exit()`.
 * @param lock what `createThreadLock` returned. By default, the call makes a lock
 * @throws The promise rejects with ArenaError 'thread-lock-taken' if another thread holds the lock,
 * or if this thread counts as dead. A thread counts as dead if another thread has awaited
 * `threadExited` for its lock. The other thread may have adopted the slot of the dead thread. The
 * promise rejects with 'no-web-locks' if the platform has no Web Locks, such as a page in a context
 * that is not secure. It rejects with 'invalid-argument' if `lock` is not a lock
 */
export async function holdThreadLock(lock: ThreadLock = createThreadLock()): Promise<ThreadLock> {
  checkThreadLock(lock)
  if (exitConfirms()) return lock
  await granted(lock, { ifAvailable: true }, true)
  return lock
}

/**
 * Returns a promise that resolves when a thread has certainly ended. Then adopt the slots of the
 * thread with `arena.adopt`.
 *
 * ```ts
 * worker.terminate()
 * await threadExited({ worker, lock })
 * const pool = arena.adopt(slot, generation)
 * ```
 *
 * Call it after you terminate the thread, or as soon as the worker has reported that it holds its
 * lock. Any number of threads may wait. If you pass both `worker` and `lock`, the call works on
 * every platform.
 *
 * On Deno, let a worker of `node:worker_threads` end by itself. Some of these workers were
 * terminated in a busy loop, and ran on for a microsecond after their lock was released. A web
 * `Worker` does not run on.
 * @throws The promise rejects with ArenaError 'invalid-argument' if you leave out what this
 * platform needs, or with 'no-web-locks' if the platform has no Web Locks
 */
export async function threadExited(thread: ThreadRef): Promise<void> {
  if (!isPlainObject(thread)) {
    throw invalidArgument('what is passed', thread, 'an object such as { worker, lock }')
  }
  const { worker, lock } = thread
  if (lock !== undefined) checkThreadLock(lock)
  if (exitConfirms()) return exitOf(worker)
  // The mode is shared, so that many threads can wait for one death.
  if (lock !== undefined) return granted(lock, { mode: 'shared' }, !isDeno())
  throw invalidArgument('lock', lock, 'the one that the thread holds by holdThreadLock()')
}

/**
 * Returns a promise that resolves when a worker of Node or Bun has exited.
 * @throws ArenaError 'invalid-argument' if `worker` is not a worker
 */
function exitOf(worker: unknown): Promise<void> {
  const isObject = typeof worker === 'object' && worker !== null && tagOf(worker) !== ''
  const { threadId, once, addEventListener }: Partial<ExitingWorker> = isObject ? worker : {}
  const listen = once ?? addEventListener // a Worker of the web, on Bun, has no `once`
  if (typeof threadId !== 'number' || typeof listen !== 'function') {
    throw invalidArgument('worker', worker, 'the Worker object of the thread, on Node and Bun')
  }
  if (threadId === -1) return Promise.resolve() // the worker has exited already
  return new Promise((resolve) => listen.call(worker, once ? 'exit' : 'close', resolve))
}

/**
 * Returns a promise that resolves when this thread gets a lock. If `isKept` is true, the thread
 * keeps the lock forever. Otherwise it releases the lock at once.
 */
function granted(lock: ThreadLock, options: LockOptions, isKept: boolean): Promise<void> {
  const { navigator }: Globals = globalThis
  const locks = navigator?.locks
  if (locks === undefined) throw noWebLocks()
  return new Promise((resolve, reject) => {
    const held = locks.request(lock.lockName, options, (given) => {
      if (given === null) throw threadLockTaken(lock.lockName)
      resolve()
      return isKept ? new Promise(() => {}) : undefined
    })
    held.catch(reject)
  })
}

/**
 * The parts of a worker that `exitOf` uses. The worker comes from `node:worker_threads`, or is a
 * web worker of Bun.
 */
interface ExitingWorker {
  readonly threadId: number
  once(event: string, listener: () => void): unknown
  addEventListener(event: string, listener: () => void): unknown
}

/**
 * Throws if `lock` is not a lock that this package made.
 * @throws ArenaError 'invalid-argument' if the check fails
 */
function checkThreadLock(lock: unknown): void {
  const { lockName }: Partial<ThreadLock> = isPlainObject(lock) ? lock : {}
  if (typeof lockName !== 'string' || !lockName.startsWith(LOCK_PREFIX)) {
    throw invalidArgument('lock', lock, 'what createThreadLock() or holdThreadLock() gave')
  }
}

/** The globals that differ between platforms. */
interface Globals {
  readonly navigator?: { readonly locks?: LockManager }
  readonly WorkerGlobalScope?: unknown
  readonly process?: {
    readonly type?: string
    readonly versions?: { readonly node?: string }
  }
}

/** Returns true on Deno. */
const isDeno = () => 'Deno' in globalThis

/**
 * Returns true if the 'exit' event of a worker confirms its death. This is so on Node and Bun, but
 * not in Electron's pages and their workers.
 */
function exitConfirms(): boolean {
  const { WorkerGlobalScope, process }: Globals = globalThis
  const isOfTheWeb = WorkerGlobalScope !== undefined || process?.type === 'renderer'
  return process?.versions?.node !== undefined && !isDeno() && !isOfTheWeb
}
