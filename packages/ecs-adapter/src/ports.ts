/** Messages over workers and ports of every platform. */
import { invalidArgument } from './errors.ts'

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

/** Calls the listener when a worker's script fails, or ends, as far as the platform tells. */
export function onFailure(port: Port, listener: (reason: unknown) => void): () => void {
  const stops =
    'on' in port
      ? [onNode(port, 'error', listener), onNode(port, 'exit', (code) => listener(`exit ${code}`))]
      : [onWeb(port, 'error', (event) => listener('message' in event ? event.message : event))]
  return () => {
    for (const stop of stops) stop()
  }
}

function onNode(port: NodePort, event: string, listener: (value: unknown) => void): () => void {
  port.on(event, listener)
  return () => void port.off(event, listener)
}

function onWeb(port: WebPort, event: string, listener: (event: Event) => void): () => void {
  port.addEventListener(event, listener)
  return () => port.removeEventListener(event, listener)
}
