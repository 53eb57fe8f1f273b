/**
 * Confirms that a thread has died, so that its slots can be adopted.
 *
 * A call to terminate a thread confirms nothing: a worker was seen to run on after it for thousands
 * of iterations. What does confirm a death depends on the platform:
 *
 *     Node, Bun       the worker's 'exit' event. (Of 100 workers terminated in a busy loop, none
 *                     ran on after that. Node 24 never releases Web Locks of terminated workers.)
 *     browsers, Deno  a Web Lock that the worker held while it lived: the platform releases it as
 *                     the thread ends. (Deno's 'exit' event comes while the worker still runs.)
 *
 * The worker takes the lock itself. A thread that waits for the worker's death gets the lock next,
 * and keeps it for ever. So a worker that starts late cannot take the lock, and thus knows that it
 * counts as dead. (On Deno, no process ends that holds a lock: the waiting thread releases it. But
 * a terminated worker never takes the lock there: the event loop that would grant it has stopped.)
 */
import { isPlainObject, tagOf } from '../base/builtins.ts'
import { invalidArgument, noWebLocks, threadLockTaken } from '../base/errors.ts'

/** A Web Lock that a thread holds until it ends. You can send it with `postMessage`. */
export interface ThreadLock {
  /** The name of the Web Lock. It is unique, also among other tabs. */
  readonly lockName: string
}

/**
 * The thread whose death `threadExited` waits for. Node and Bun use `worker`, other platforms
 * `lock`.
 */
export interface ThreadRef {
  /**
   * The worker object: on Node one of `node:worker_threads`, on Bun one of these or a web worker.
   */
  readonly worker?: object
  /** The lock that the thread holds: what it passed to `holdThreadLock`. */
  readonly lock?: ThreadLock
}

/** The name of every lock begins with it. (The platform reserves names that begin with '-'.) */
const LOCK_PREFIX = 'ashlar-lock-'

/**
 * Makes a lock for a thread that is about to start. Post the lock to the thread, together with the
 * slot that you reserved. Keep it for `threadExited`.
 */
export function createThreadLock(): ThreadLock {
  const words = crypto.getRandomValues(new Uint32Array(4))
  return { lockName: `${LOCK_PREFIX}${[...words].map((word) => word.toString(36)).join('-')}` }
}

/**
 * Holds a lock until this thread ends, and returns the lock. A worker awaits this call before it
 * opens a pool, and before it reports that it is ready. The reason is that `threadExited` resolves
 * at once for a lock that no thread holds.
 *
 * On Node and Bun, the call does nothing, so the same code runs on every platform. On Deno, a
 * thread that holds a lock does not end for lack of work: end it by `self.close()` or
 * `process.exit()`.
 * @param lock what `createThreadLock` returned. By default, the call makes a lock
 * @throws The promise rejects with ArenaError 'thread-lock-taken' if another thread holds the lock,
 * or if this thread counts as dead. A thread counts as dead once another thread has awaited
 * `threadExited` for its lock, and may have adopted its slot. 'no-web-locks' if the platform has no
 * Web Locks, as on a page in a context that is not secure. 'invalid-argument'
 */
export async function holdThreadLock(lock: ThreadLock = createThreadLock()): Promise<ThreadLock> {
  checkThreadLock(lock)
  if (exitConfirms()) return lock
  await granted(lock, { ifAvailable: true }, true)
  return lock
}

/**
 * Resolves once a thread has certainly ended. Then adopt its slots with `arena.adopt`.
 *
 * ```ts
 * worker.terminate()
 * await threadExited({ worker, lock })
 * const pool = arena.adopt(slot, generation)
 * ```
 *
 * Call it after you terminate the thread, or as soon as the worker has reported that it holds its
 * lock. Any number of threads may wait. Pass both `worker` and `lock`: then the call works on every
 * platform.
 *
 * On Deno, let a worker of `node:worker_threads` end by itself. Some that were terminated in a busy
 * loop ran on for a microsecond after their lock was released. A web `Worker` does not.
 * @throws The promise rejects with ArenaError 'invalid-argument' if you leave out what this
 * platform needs, or 'no-web-locks' if the platform has no Web Locks
 */
export async function threadExited(thread: ThreadRef): Promise<void> {
  if (!isPlainObject(thread)) {
    throw invalidArgument('what is passed', thread, 'an object such as { worker, lock }')
  }
  const { worker, lock } = thread
  if (lock !== undefined) checkThreadLock(lock)
  if (exitConfirms()) return exitOf(worker)
  // Shared, so that many threads can wait for one death.
  if (lock !== undefined) return granted(lock, { mode: 'shared' }, !isDeno())
  throw invalidArgument('lock', lock, 'the one that the thread holds by holdThreadLock()')
}

function exitOf(worker: unknown): Promise<void> {
  const isObject = typeof worker === 'object' && worker !== null && tagOf(worker) !== ''
  const { threadId, once, addEventListener }: Partial<ExitingWorker> = isObject ? worker : {}
  const listen = once ?? addEventListener // a Worker of the web, on Bun, has no `once`
  if (typeof threadId !== 'number' || typeof listen !== 'function') {
    throw invalidArgument('worker', worker, 'the Worker object of the thread, on Node and Bun')
  }
  if (threadId === -1) return Promise.resolve() // has exited already
  return new Promise((resolve) => listen.call(worker, once ? 'exit' : 'close', resolve))
}

/** Resolves once a lock is granted. Keeps it for ever if `isKept`, or releases it. */
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

/** A worker of `node:worker_threads`, or Bun's web worker. */
interface ExitingWorker {
  readonly threadId: number
  once(event: string, listener: () => void): unknown
  addEventListener(event: string, listener: () => void): unknown
}

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

const isDeno = () => 'Deno' in globalThis

/** Whether 'exit' confirms a death: on Node and Bun, not in Electron's pages and their workers. */
function exitConfirms(): boolean {
  const { WorkerGlobalScope, process }: Globals = globalThis
  const isOfTheWeb = WorkerGlobalScope !== undefined || process?.type === 'renderer'
  return process?.versions?.node !== undefined && !isDeno() && !isOfTheWeb
}
