// Tables: loops over their chunks, and rows spawned and killed by workers. The same file is a
// measuring process, and its workers. See README.md.
import { isMainThread } from 'node:worker_threads'
import { serveCases } from './case.ts'
import { churns, joinChurn, prepareChurn } from './tables/churn.ts'
import { loops, prepareLoop } from './tables/loops.ts'

if (isMainThread) {
  const list = {
    operation: 'row moved, or spawned and killed',
    workloads: [...loops, ...churns],
  }
  await serveCases(list, ({ workload, contender }) =>
    churns.some(({ name }) => name === workload)
      ? prepareChurn(contender)
      : prepareLoop(workload, contender),
  )
} else {
  joinChurn()
}
