/** Messages over workers and ports of every platform. */
import { invalidArgument, shownError } from './errors.ts'

/** A `Worker`, a `MessagePort`, or a worker's own `self`: of the web, Node, Bun or Deno. */
export type Port = NodePort | WebPort

interface NodePort {
  postMessage(message: unknown): void
  on(event: string, listener: (value: unknown) => void): unknown
  off(event: string, listener: (value: unknown) => void): unknown
}

interface WebPort {
  postMessage(message: unknown): void
  addEventListener(event: string, listener: (event: Event) => void): void
  removeEventListener(event: string, listener: (event: Event) => void): void
  start?(): void
}

type WebEvent = Event & { data?: unknown; message?: unknown; code?: unknown }

export function checkPort(what: string, port: unknown): asserts port is Port {
  const isPort =
    typeof port === 'object' &&
    port !== null &&
    'postMessage' in port &&
    ('on' in port || 'addEventListener' in port)
  if (isPort) return
  throw invalidArgument(what, port, 'a Worker or MessagePort; inside of a worker, its own port')
}

/** Calls the listener with the data of each message. Returns a function that ends this. */
export function onMessage(port: Port, listener: (message: unknown) => void): () => void {
  if ('on' in port) return listen(port, 'message', listener)
  const stop = listen<WebEvent>(port, 'message', ({ data }) => listener(data))
  port.start?.()
  return stop
}

/** Whether a worker has ended already, so that no event will say so. On Node and Bun. */
export const hasEnded = (port: Port): boolean => 'threadId' in port && port.threadId === -1

/**
 * Calls the listener when a worker fails or ends, or its port is closed, if the platform says so.
 */
export function onFailure(port: Port, listener: (reason: string) => void): () => void {
  const exited = (code: unknown) => listener(`exit ${shownError(code)}`)
  const closed = () => listener('it was closed')
  const stops =
    'on' in port
      ? [
          listen(port, 'error', (error) => listener(shownError(error))),
          listen(port, 'exit', exited),
          listen(port, 'close', closed),
        ]
      : [
          listen<WebEvent>(port, 'error', (event) => {
            event.preventDefault() // Deno would end this thread as well
            listener(messageOf(event))
          }),
          listen<WebEvent>(port, 'close', (event) =>
            'code' in event ? exited(event.code) : closed(),
          ),
        ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** Pages do not say why a script could not be loaded. */
const messageOf = ({ message }: WebEvent) =>
  typeof message === 'string' && message !== '' ? message : 'its script could not be loaded'

/** @param listener `T` is an event of the web, or a value on Node */
function listen<T>(port: Port, event: string, listener: (given: T) => void): () => void {
  const call = listener as (given: unknown) => void
  if ('on' in port) {
    port.on(event, call)
    return () => void port.off(event, call)
  }
  port.addEventListener(event, call)
  return () => port.removeEventListener(event, call)
}
