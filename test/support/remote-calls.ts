/** Calls from a test to its workers: one message there, one back, in the order of the calls. */
import { listenToParent, startThread, type ThreadKind } from './threads.ts'

/** What a worker can be asked for. Arguments and results are structured-clone safe. */
export type Calls = Record<string, (...args: never[]) => unknown>

export interface RemoteThread<C extends Calls> {
  readonly worker: object
  call<N extends keyof C>(name: N, ...args: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>>
  terminate(): void
}

interface Reply {
  readonly result?: unknown
  /** An error's text, with its code where it has one. */
  readonly error?: string
}

export function startRemoteThread<C extends Calls>(kind: ThreadKind): RemoteThread<C> {
  const waiting: { resolve(result: unknown): void; reject(reason: unknown): void }[] = []
  const thread = startThread(
    kind,
    (message) => {
      const { result, error } = message as Reply
      const caller = waiting.shift()
      if (error === undefined) caller?.resolve(result)
      else caller?.reject(new Error(error))
    },
    (reason) => {
      for (const caller of waiting.splice(0)) caller.reject(reason)
    },
  )
  return {
    worker: thread.worker,
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve: (result) => resolve(result as never), reject })
        thread.post({ name, args })
      }),
    terminate: thread.terminate,
  }
}

/** In a worker: answers calls, one after the other; `end` is one that every worker has. */
export function answerCalls(calls: Calls): void {
  let last: Promise<void> = Promise.resolve()
  const parent = listenToParent((message) => {
    const { name, args } = message as { name: string; args: never[] }
    last = last.then(async () => {
      try {
        if (name === 'end') parent.end()
        else parent.post({ result: await calls[name](...args) } satisfies Reply)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? `${error.code}: ` : ''
        parent.post({ error: `${code}${error}` } satisfies Reply)
      }
    })
  })
}
