/**
 * Confirms that a thread has died, so that its slots can be adopted.
 *
 * Being told to terminate is no death: a worker was seen to run on for thousands of iterations. What
 * does confirm it differs between platforms:
 *
 *     Node, Bun       the worker's 'exit' event. (Of 100 terminated in a busy loop none ran on after it.
 *                     Node 24 has Web Locks too, but never releases those of a terminated worker.)
 *     browsers, Deno  a Web Lock that the worker held while it lived: the platform releases it at the
 *                     thread's end. (Deno's 'exit' event comes while the worker still runs.)
 *
 * The worker takes the lock by itself, and those that wait for its death never let go of it: so a
 * worker that starts late can no longer take it, and knows that it counts as dead. (But on Deno they
 * do let go, as no process ends there that holds a lock. A worker that was terminated takes none
 * there: it would be given to it by its event loop, which has stopped.)
 */
import { isPlainObject, tagOf } from '../base/builtins.ts'
import { invalidArgument, lifeTaken, noWebLocks } from '../base/errors.ts'

/** Names the life of one thread; survives postMessage. */
export interface Life {
  /** Of the Web Lock that the thread holds. Unlike any other, in other tabs too. */
  readonly lockName: string
}

/** Who died? What confirms it is used: on Node and Bun the worker, elsewhere the life. */
export interface Deceased {
  /** The worker object. On Node one of `node:worker_threads`, on Bun either kind. */
  readonly worker?: object
  /** What the thread holds by `holdLife`. */
  readonly life?: Life
}

/** Of every lock. The platform has rules for other names. */
const LOCK_PREFIX = 'ashlar-life-'

/**
 * Makes up a life for a thread that is about to start. Post it there, with the slot that was reserved
 * for it, and keep it for `whenDead`.
 */
export function createLife(): Life {
  const words = crypto.getRandomValues(new Uint32Array(4))
  return { lockName: `${LOCK_PREFIX}${[...words].map((word) => word.toString(36)).join('-')}` }
}

/**
 * Holds a life from now on until this thread ends, and gives it. A worker awaits this before it opens
 * a pool, and before it says that it lives: `whenDead` of a life that nobody holds yet resolves at
 * once. On Node and Bun there is nothing to hold, and the promise resolves as well, so the same code
 * runs everywhere. On Deno a thread with a life does not end for lack of work, but by `self.close()`
 * or `process.exit()`.
 * @throws (the promise) ArenaError 'life-taken' when another thread holds it, or when this one counts
 * as dead already: somebody awaited `whenDead`, and has adopted its slot. 'no-web-locks' where the
 * platform has none, as on a page that is no secure context
 */
export async function holdLife(life: Life = createLife()): Promise<Life> {
  checkLife(life)
  if (exitConfirms()) return life
  const locks = webLocks()
  await new Promise<void>((resolve, reject) => {
    const held = locks.request(life.lockName, { ifAvailable: true }, (lock) => {
      if (lock === null) throw lifeTaken(life.lockName)
      resolve()
      return new Promise(() => {}) // for life
    })
    held.catch(reject)
  })
  return life
}

/**
 * Resolves when a thread has ended, for certain: then `arena.adopt` its slots. Call it when the thread
 * was told to terminate, or from the beginning, then with the life of a worker that has said that it
 * holds it. Any number of threads may wait. With both `worker` and `life` it works everywhere.
 *
 * On Deno a worker of `node:worker_threads` should end by itself: of those terminated in a busy loop,
 * some were seen to run on for a microsecond after the release of their lock. A `Worker` is sound.
 * @throws (the promise) ArenaError 'invalid-argument' when what was given confirms nothing on this
 * platform; 'no-web-locks' as `holdLife`
 */
export async function whenDead(deceased: Deceased): Promise<void> {
  if (!isPlainObject(deceased)) {
    throw invalidArgument('what is passed', deceased, 'an object such as { worker, life }')
  }
  const { worker, life } = deceased
  if (life !== undefined) checkLife(life)
  if (exitConfirms()) return exitOf(worker)
  if (life !== undefined) return releaseOf(life)
  throw invalidArgument('life', life, 'the one that the thread holds by holdLife()')
}

function exitOf(worker: unknown): Promise<void> {
  if (!isWorker(worker)) {
    throw invalidArgument('worker', worker, 'the Worker object of the thread, on Node and Bun')
  }
  if (worker.threadId === -1) return Promise.resolve() // has exited already
  return new Promise((resolve) => {
    if (typeof worker.once === 'function') worker.once('exit', resolve)
    else worker.addEventListener?.('close', resolve) // a Worker of the web, on Bun
  })
}

/** Shared, so that many can wait for one death. */
function releaseOf(life: Life): Promise<void> {
  const locks = webLocks()
  return new Promise((resolve, reject) => {
    const held = locks.request(life.lockName, { mode: 'shared' }, () => {
      resolve()
      return isDeno() ? undefined : new Promise(() => {}) // for ever
    })
    held.catch(reject)
  })
}

/** Of `node:worker_threads`, or of the web as Bun has them. */
interface ExitingWorker {
  readonly threadId: number
  once?(event: 'exit', listener: () => void): unknown
  addEventListener?(event: 'close', listener: () => void): unknown
}

function isWorker(worker: unknown): worker is ExitingWorker {
  if (typeof worker !== 'object' || worker === null || tagOf(worker) === '') return false
  const { threadId, once, addEventListener }: Partial<ExitingWorker> = worker
  const hasEvents = typeof once === 'function' || typeof addEventListener === 'function'
  return hasEvents && typeof threadId === 'number'
}

function checkLife(life: unknown): void {
  const { lockName }: Partial<Life> = isPlainObject(life) ? life : {}
  if (typeof lockName !== 'string' || !lockName.startsWith(LOCK_PREFIX)) {
    throw invalidArgument('life', life, 'what createLife() or holdLife() gave')
  }
}

/** What tells the platforms apart. */
interface Globals {
  readonly navigator?: { readonly locks?: LockManager }
  readonly WorkerGlobalScope?: unknown
  readonly process?: {
    readonly type?: string
    readonly versions?: { readonly node?: string }
  }
}

const isDeno = () => 'Deno' in globalThis

/** Node and Bun. Not the pages of Electron and their workers, which have `process` as well. */
function exitConfirms(): boolean {
  const { WorkerGlobalScope, process }: Globals = globalThis
  const isOfTheWeb = WorkerGlobalScope !== undefined || process?.type === 'renderer'
  return process?.versions?.node !== undefined && !isDeno() && !isOfTheWeb
}

function webLocks(): LockManager {
  const { navigator }: Globals = globalThis
  if (navigator?.locks === undefined) throw noWebLocks()
  return navigator.locks
}
