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

export function checkPort(what: string, port: unknown): asserts port is Port {
  const isPort =
    typeof port === 'object' &&
    port !== null &&
    'postMessage' in port &&
    ('on' in port || 'addEventListener' in port)
  if (!isPort) {
    throw invalidArgument(what, port, 'a Worker or MessagePort; inside of a worker, its own port')
  }
}

/** Calls the listener with what each message holds; gives what ends it. */
export function onMessage(port: Port, listener: (message: unknown) => void): () => void {
  if ('on' in port) return onNode(port, 'message', listener)
  const stop = onWeb(port, 'message', (event) => listener('data' in event ? event.data : undefined))
  port.start?.()
  return stop
}

/** Whether a worker has ended already: nothing is heard of it any more. Node and Bun tell. */
export const hasEnded = (port: Port): boolean => 'threadId' in port && port.threadId === -1

/**
 * Calls the listener when a worker's script fails, or ends, or its port is closed, as far as the platform
 * tells.
 */
export function onFailure(port: Port, listener: (reason: string) => void): () => void {
  const stops =
    'on' in port
      ? [
          onNode(port, 'error', (error) => listener(shownError(error))),
          onNode(port, 'exit', (code) => listener(`exit ${shownError(code)}`)),
          onNode(port, 'close', () => listener(CLOSED)),
        ]
      : [
          onWeb(port, 'error', (event) => {
            event.preventDefault() // it is told here: Deno would end this thread as well
            listener(messageOf(event))
          }),
          onWeb(port, 'close', (event) =>
            listener('code' in event ? `exit ${event.code}` : CLOSED),
          ),
        ]
  return () => {
    for (const stop of stops) stop()
  }
}

const CLOSED = 'it was closed'

/** Pages do not say why a script could not be loaded. */
function messageOf(event: Event): string {
  const message: unknown = 'message' in event ? event.message : undefined
  return typeof message === 'string' && message !== '' ? message : 'its script could not be loaded'
}

function onNode(port: NodePort, event: string, listener: (value: unknown) => void): () => void {
  port.on(event, listener)
  return () => void port.off(event, listener)
}

function onWeb(port: WebPort, event: string, listener: (event: Event) => void): () => void {
  port.addEventListener(event, listener)
  return () => port.removeEventListener(event, listener)
}
