/**
 * Threads for tests, alike on every platform. A bundle that imports this is its own worker:
 * `isMain` tells which of the two is being run.
 */

/** Undefined in browsers. The import is dynamic, as a page cannot even name the module. */
const nodeThreads = 'process' in globalThis ? await import('node:worker_threads') : undefined

export const isMain =
  !('WorkerGlobalScope' in globalThis) && (nodeThreads === undefined || nodeThreads.isMainThread)

/**
 * Those of `node:worker_threads`, and those of the web. Node has but the first, browsers the
 * second.
 */
export type ThreadKind = 'node' | 'web'

export const threadKinds: readonly ThreadKind[] = [
  ...(nodeThreads === undefined ? [] : (['node'] as const)),
  ...('Worker' in globalThis ? (['web'] as const) : []),
]

export interface Thread {
  /** For `threadExited`. */
  readonly worker: object
  post(message: unknown): void
  terminate(): void
}

/** Starts the running bundle as a worker, or another script. */
export function startThread(
  kind: ThreadKind,
  onMessage: (message: unknown) => void,
  onError: (reason: unknown) => void,
  script = new URL(import.meta.url),
): Thread {
  if (kind === 'node' && nodeThreads !== undefined) {
    const worker = new nodeThreads.Worker(script)
    worker.on('message', onMessage)
    worker.on('error', onError)
    return {
      worker,
      post: (message) => worker.postMessage(message),
      terminate: () => void worker.terminate(),
    }
  }
  const worker = new Worker(script, { type: 'module' })
  worker.onmessage = (event) => onMessage(event.data)
  worker.onerror = (event) => {
    event.preventDefault() // it is told here: Firefox would report it once more, to the page
    onError(event.error ?? event.message)
  }
  return {
    worker,
    post: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  }
}

/** The one message that a worker of `runAsWorker` may send. */
export interface Failure {
  readonly failure: string
}

/** In a worker: runs once, with the first message; reports what is thrown, or passed to `fail`. */
export function runAsWorker<Start>(
  run: (start: Start, fail: (error: unknown) => void) => Promise<void>,
): void {
  if (isMain) return
  const fail = (error: unknown) => {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error)
    parent.post({ failure } satisfies Failure)
  }
  const parent = listenToParent((message) => {
    run(message as Start, fail).then(() => parent.end(), fail)
  })
}

/** The other side, in a worker. */
export interface Parent {
  post(message: unknown): void
  /** Ends the worker from within. (Bun and Deno keep one whose port was closed.) */
  end(): void
}

export function listenToParent(onMessage: (message: unknown) => void): Parent {
  const port = nodeThreads?.parentPort
  if (port) {
    port.on('message', onMessage)
    return { post: (message) => port.postMessage(message), end: () => process.exit(0) }
  }
  globalThis.onmessage = (event) => onMessage(event.data)
  return { post: (message) => globalThis.postMessage(message), end: () => globalThis.close() }
}
