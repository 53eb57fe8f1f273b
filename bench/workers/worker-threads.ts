// Starts the workers of a run and hears what they measured. A worker runs the same bundle as the
// main thread. The benchmark waits, at barriers and in queues; the library never does.
import { parentPort, Worker } from 'node:worker_threads'
import { threadExited } from '@ashlar/core'
import type { CaseOptions } from './cases.ts'
import type { Contender, Grave, Settled, Site } from './heap.ts'
import type { Buckets, Timed } from './windows.ts'

/** What a worker is given. */
export interface Task {
  readonly options: CaseOptions
  readonly site: Site
  readonly index: number
  /** Shared words of the workload itself. */
  readonly shared: SharedArrayBuffer
  readonly barrier: SharedArrayBuffer
  /** Which of the workers that follow each other under this index. */
  readonly life: number
  /** Of the predecessor, if that was terminated. */
  readonly grave?: Grave
  /** Which part of `shared` is the worker's, where that is not its index. */
  readonly part?: number
}

/** What a worker measured. */
export interface Report extends Timed {
  /** Parts of the whole. */
  readonly costs?: Readonly<Record<string, Buckets>>
  /** Blocks that this worker freed, or handed over to be freed, of another one's. */
  readonly remoteFreeCount?: number
  readonly grave?: Grave
  /** How long it took to open the heap. */
  readonly openMilliseconds?: number
}

export interface Workload {
  /** In the main thread: runs the workers, checks the account, and gives what they measured. */
  run(contender: Contender, options: CaseOptions): Promise<Outcome>
  /** In a worker: opens its heap, works, and calls `report` once. */
  work(contender: Contender, task: Task): void
}

export interface Outcome {
  readonly reports: readonly Report[]
  /** How many workers did the counted operations at a time. */
  readonly parallelCount: number
  /** Further figures. */
  readonly figures: Readonly<Record<string, number>>
}

export const report = (result: Report) => parentPort!.postMessage(result)

export interface Member {
  readonly worker: Worker
  readonly report: Promise<Report>
  /** Confirmed. */
  readonly death: Promise<void>
}

export function startWorker(task: Task): Member {
  const worker = new Worker(new URL(import.meta.url), { workerData: task })
  const death = threadExited({ worker })
  const heard = new Promise<Report>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    death.then(() => reject(new Error(`worker ${task.index} ended without a report`)))
  })
  // The others may wait for the one that failed, for ever.
  worker.once('error', (error) => {
    console.error(error)
    process.exit(1)
  })
  return { worker, report: heard, death }
}

/** Starts all workers of a run, and waits for their ends. */
export async function runTogether(
  options: CaseOptions,
  site: Site,
  shared: SharedArrayBuffer,
  life = 0,
): Promise<Report[]> {
  const barrier = new SharedArrayBuffer(8)
  const members = Array.from({ length: options.workers }, (_, index) =>
    startWorker({ options, site, index, shared, barrier, life }),
  )
  const reports = await Promise.all(members.map((one) => one.report))
  await Promise.all(members.map((one) => one.death))
  return reports
}

/** Waits until all workers of the run are here. */
export function meet({ barrier, options }: Task): void {
  const words = new Int32Array(barrier)
  const phase = Atomics.load(words, 1)
  if (Atomics.add(words, 0, 1) === options.workers - 1) {
    Atomics.store(words, 0, 0)
    Atomics.add(words, 1, 1)
    Atomics.notify(words, 1)
  }
  while (Atomics.load(words, 1) === phase) Atomics.wait(words, 1, phase)
}

/** The figures that every workload has. */
export const figuresOf = ({ returnedCount, refillCount, peakByteLength }: Settled) => ({
  returned: returnedCount,
  refills: refillCount,
  'peak MiB': peakByteLength / 2 ** 20,
})
