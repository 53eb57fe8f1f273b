/** Sends and receives messages by workers and ports on every platform. */
import { invalidArgument, shownError } from './errors.ts'

/**
 * A connection to another thread: a `Worker`, a `MessagePort`, or inside a worker its `parentPort`
 * or `self`. It works in browsers and on Node, Bun and Deno.
 */
export type Port = NodePort | WebPort

interface NodePort {
  postMessage(message: unknown): void
  on(event: string, listener: (value: unknown) => void): unknown
  off(event: string, listener: (value: unknown) => void): unknown
}

interface WebPort {
  postMessage(message: unknown): void
  addEventListener(event: string, listener: (event: WebEvent) => void): void
  removeEventListener(event: string, listener: (event: WebEvent) => void): void
  start?(): void
}

/**
 * The properties of an `Event` that this file reads. Only browser programs have the type `Event`.
 */
interface WebEvent {
  readonly data?: unknown
  readonly message?: unknown
  readonly code?: unknown
  preventDefault?(): void
}

export function checkPort(what: string, port: unknown): asserts port is Port {
  const canPost = typeof port === 'object' && port !== null && 'postMessage' in port
  if (canPost && ('on' in port || 'addEventListener' in port)) return
  throw invalidArgument(what, port, 'a Worker or MessagePort; inside of a worker, its own port')
}

/** Calls the listener with the data of each message. Returns a function that stops listening. */
export function onMessage(port: Port, listener: (message: unknown) => void): () => void {
  const stop = listen(port, 'message', listener, ({ data }) => data)
  if (!('on' in port)) port.start?.()
  return stop
}

/**
 * Returns whether a worker has already ended, so that no event will report its end. Works on Node
 * and Bun.
 */
export const hasEnded = (port: Port): boolean => 'threadId' in port && port.threadId === -1

/**
 * Calls the listener if the platform reports that a worker fails or ends, or that its port closes.
 * Returns a function that stops listening.
 */
export function onFailure(port: Port, listener: (reason: string) => void): () => void {
  const failed = (error: unknown) => listener(shownError(error))
  const exited = (code: unknown) => listener(`exit ${shownError(code)}`)
  // Web workers have no exit event, but on some platforms their `close` event has an exit code. On
  // Node, the `close` of a port has an event without one.
  const closed = (code: unknown) =>
    'on' in port || code === undefined ? listener('it was closed') : exited(code)
  const stops = [
    listen(port, 'error', failed, messageOf),
    listen(port, 'exit', exited, codeOf),
    listen(port, 'close', closed, codeOf),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

const codeOf = ({ code }: WebEvent) => code

function messageOf(event: WebEvent): string {
  event.preventDefault?.() // otherwise, Deno would end this thread too
  const { message } = event
  // In pages, the event has no message if the worker's script could not be loaded.
  return typeof message === 'string' && message !== '' ? message : 'its script could not be loaded'
}

/**
 * Listens to an event of a port, in the way of its platform.
 * @param read returns, from a web event, the value that Node passes to the listener
 */
function listen(
  port: Port,
  event: string,
  listener: (value: unknown) => void,
  read: (event: WebEvent) => unknown,
): () => void {
  if ('on' in port) {
    port.on(event, listener)
    return () => void port.off(event, listener)
  }
  const call = (event: WebEvent) => listener(read(event))
  port.addEventListener(event, call)
  return () => port.removeEventListener(event, call)
}
