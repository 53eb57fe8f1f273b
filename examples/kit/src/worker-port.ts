import { type MessagePort, parentPort } from 'node:worker_threads'

/** Through which a worker and the thread that started it talk. @throws where this is no worker */
export function workerPort(): MessagePort {
  if (parentPort === null) throw new Error('this program is for a worker: start it by new Worker()')
  return parentPort
}
