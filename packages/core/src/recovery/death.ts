/**
 * Confirms that a thread has died, so that its slots can be adopted.
 *
 * A call to terminate a thread confirms nothing: a worker was seen to run on for thousands of
 * iterations. What does confirm a death depends on the platform:
 *
 *     Node, Bun       the worker's 'exit' event. (Of 100 workers terminated in a busy loop, none
 *                     ran on after it. Node 24 never releases Web Locks of a terminated worker.)
 *     browsers, Deno  a Web Lock that the worker held while it lived: the platform releases it as
 *                     the thread ends. (Deno's 'exit' event comes while the worker still runs.)
 *
 * The worker takes the lock itself, and a thread that waits for the worker's death keeps the lock
 * for ever: so a worker that starts late cannot take the lock, and knows that it counts as dead.
 * (On Deno the waiting thread releases it, as no process ends there that holds a lock. There, a
 * terminated worker never takes the lock: its event loop, which would grant it, has stopped.)
 */
import { isPlainObject, tagOf } from '../base/builtins.ts'
import { invalidArgument, lifeTaken, noWebLocks } from '../base/errors.ts'

/** Names the life of one thread; can be posted. */
export interface Life {
  /** Name of the Web Lock that the thread holds; unique, in other tabs too. */
  readonly lockName: string
}

/** The thread that died. Node and Bun use the worker, other platforms the life. */
export interface Deceased {
  /** The worker object: on Node one of `node:worker_threads`, on Bun either kind. */
  readonly worker?: object
  /** The life that the thread holds by `holdLife`. */
  readonly life?: Life
}

/** Begins every lock's name; the platform reserves names that begin with '-'. */
const LOCK_PREFIX = 'ashlar-life-'

/**
 * Makes a life for a thread that is about to start. Post it to the thread, with the slot that you
 * reserved, and keep it for `whenDead`.
 */
export function createLife(): Life {
  const words = crypto.getRandomValues(new Uint32Array(4))
  return { lockName: `${LOCK_PREFIX}${[...words].map((word) => word.toString(36)).join('-')}` }
}

/**
 * Holds a life until this thread ends, and gives it. A worker awaits this before it opens a pool,
 * and before it reports that it lives: `whenDead` for a life that no thread holds resolves at once.
 * On Node and Bun there is nothing to hold, and the promise resolves too, so the same code runs on
 * every platform. On Deno, a thread with a life does not end for lack of work, but by
 * `self.close()` or `process.exit()`.
 * @throws (the promise) ArenaError 'life-taken' if another thread holds it, or if this thread
 * counts as dead: another one awaited `whenDead`, and has adopted its slot. 'no-web-locks' if the
 * platform has none, as on a page without a secure context
 */
export async function holdLife(life: Life = createLife()): Promise<Life> {
  checkLife(life)
  if (exitConfirms()) return life
  await lock(life, { ifAvailable: true }, true)
  return life
}

/**
 * Resolves once a thread has certainly ended: then `arena.adopt` its slots. Call it once the thread
 * was told to terminate; or from the start, with the life of a worker that has reported that it
 * holds it. Any number of threads may wait. With both `worker` and `life` it works on every
 * platform.
 *
 * On Deno, a worker of `node:worker_threads` should end by itself: of those terminated in a busy
 * loop, some ran on for a microsecond after the release of their lock. A `Worker` is sound.
 * @throws (the promise) ArenaError 'invalid-argument' if the argument confirms nothing on this
 * platform; 'no-web-locks' as `holdLife`
 */
export async function whenDead(deceased: Deceased): Promise<void> {
  if (!isPlainObject(deceased)) {
    throw invalidArgument('what is passed', deceased, 'an object such as { worker, life }')
  }
  const { worker, life } = deceased
  if (life !== undefined) checkLife(life)
  if (exitConfirms()) return exitOf(worker)
  // Shared, so that many threads can wait for one death.
  if (life !== undefined) return lock(life, { mode: 'shared' }, !isDeno())
  throw invalidArgument('life', life, 'the one that the thread holds by holdLife()')
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

/** Resolves once the lock of a life is granted; keeps it for ever, or releases it at once. */
function lock(life: Life, options: LockOptions, isKept: boolean): Promise<void> {
  const { navigator }: Globals = globalThis
  const locks = navigator?.locks
  if (locks === undefined) throw noWebLocks()
  return new Promise((resolve, reject) => {
    const held = locks.request(life.lockName, options, (granted) => {
      if (granted === null) throw lifeTaken(life.lockName)
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

function checkLife(life: unknown): void {
  const { lockName }: Partial<Life> = isPlainObject(life) ? life : {}
  if (typeof lockName !== 'string' || !lockName.startsWith(LOCK_PREFIX)) {
    throw invalidArgument('life', life, 'what createLife() or holdLife() gave')
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

/** True on Node and Bun, not in Electron's pages and their workers, which have `process` too. */
function exitConfirms(): boolean {
  const { WorkerGlobalScope, process }: Globals = globalThis
  const isOfTheWeb = WorkerGlobalScope !== undefined || process?.type === 'renderer'
  return process?.versions?.node !== undefined && !isDeno() && !isOfTheWeb
}
