// Several workers: Ashlar against a pool behind a mutex, and against an arena for each worker. The
// same file is the main thread of a measuring process and its workers. See workers/README.md.
import { isMainThread, workerData } from 'node:worker_threads'
import { arenaEach } from './workers/arena-each.ts'
import { ashlar } from './workers/ashlar.ts'
import { cacheScratch } from './workers/cache-scratch.ts'
import * as cases from './workers/cases.ts'
import type { Contender } from './workers/heap.ts'
import { larson } from './workers/larson.ts'
import { local } from './workers/local.ts'
import { mstress } from './workers/mstress.ts'
import { mutexPool } from './workers/mutex.ts'
import { noAllocator } from './workers/no-allocator.ts'
import { percentile, sumOf, sumOfBuckets } from './workers/windows.ts'
import type { Outcome, Task, Workload } from './workers/worker-threads.ts'
import { mixedByteLengths, xmalloc } from './workers/xmalloc.ts'

const contenders: Record<string, Contender> = {
  [cases.ours]: ashlar,
  [cases.mutexPool]: mutexPool,
  [cases.arenaEach]: arenaEach,
  [cases.noAllocator]: noAllocator,
}

const workloads: Record<string, Workload> = {
  'local-64': local('64'),
  'local-mixed': local('mixed'),
  'cache-scratch': cacheScratch,
  'xmalloc-64': xmalloc({ byteLengths: [64], order: 'of allocation' }),
  'xmalloc-64-random': xmalloc({ byteLengths: [64], order: 'random' }),
  'xmalloc-sizes': xmalloc({ byteLengths: mixedByteLengths, order: 'of allocation' }),
  larson,
  mstress,
}

if (isMainThread) {
  const options: cases.CaseOptions = JSON.parse(process.argv[2])
  const outcome = await workloads[options.workload].run(contenders[options.contender], options)
  console.log(JSON.stringify(resultOf(outcome)))
} else {
  const task: Task = workerData
  workloads[task.options.workload].work(contenders[task.options.contender], task)
}

function resultOf({ reports, parallelCount, figures }: Outcome): cases.CaseResult {
  const { milliseconds, opCount, buckets } = sumOf(reports)
  if (opCount === 0) throw new Error('nothing was measured: give it more --milliseconds')
  const costNames = new Set(reports.flatMap((one) => Object.keys(one.costs ?? {})))
  const costs = [...costNames].map((name): [string, number] => {
    const parts = reports.flatMap((one) => one.costs?.[name] ?? [])
    return [name, percentile(sumOfBuckets(parts), 0.5)]
  })
  return {
    nsPerOp: (milliseconds * 1e6) / opCount / parallelCount,
    figures: {
      p50: percentile(buckets, 0.5),
      p99: percentile(buckets, 0.99),
      ...Object.fromEntries(costs),
      ...figures,
    },
  }
}
