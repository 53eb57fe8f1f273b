// One system on several workers. The same file is the world's thread of a measuring process, and
// its workers. See README.md.
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { type PreparedRuns, serveCases } from './case.ts'
import { byHand, noWorkers, workByHand } from './parallel/by-hand.ts'
import type { Contender } from './parallel/contender.ts'
import { group, joinGroup } from './parallel/group.ts'
import { checkPlaces, even, light, type StepsOf, uneven } from './parallel/system.ts'

interface Workload {
  readonly entityCount: number
  readonly stepsOf?: StepsOf
  /** What the world's thread does between runs; by then the workers sleep. */
  readonly pauseMilliseconds?: number
}

const workloads: Record<string, Workload> = {
  'light-100k': { entityCount: 100_000, stepsOf: light },
  'even-100k': { entityCount: 100_000, stepsOf: even },
  'uneven-100k': { entityCount: 100_000, stepsOf: uneven },
  empty: { entityCount: 1_000 },
  'empty-asleep': { entityCount: 1_000, pauseMilliseconds: 1 },
}

const contenders: Record<string, { readonly make: Contender; readonly workerCount: number }> = {
  ashlar: { make: group('runSync'), workerCount: 2 },
  'ashlar, 1 worker': { make: group('runSync'), workerCount: 1 },
  'ashlar, await run': { make: group('run'), workerCount: 2 },
  'by hand': { make: byHand, workerCount: 2 },
  'by hand, 1 worker': { make: byHand, workerCount: 1 },
  'no workers': { make: noWorkers, workerCount: 0 },
}

const DT = 1 / 64

async function prepare(workloadName: string, contender: string): Promise<PreparedRuns> {
  const { entityCount, stepsOf, pauseMilliseconds = 0 } = workloads[workloadName]
  const { make, workerCount } = contenders[contender]
  const team = await make({ entityCount, stepsOf, workerCount })
  let runCount = 0
  return {
    checksum: entityCount,
    unitsPerOp: stepsOf === undefined ? 1 : entityCount,
    run() {
      runCount++
      return team.run(DT)
    },
    pause() {
      for (const until = performance.now() + pauseMilliseconds; performance.now() < until; );
    },
    async check() {
      if (stepsOf !== undefined) checkPlaces(team.columns, entityCount, stepsOf, runCount, DT)
      await team.end()
    },
  }
}

if (isMainThread) {
  const names = Object.keys(contenders)
  const withWorkers = names.filter((name) => contenders[name].workerCount > 0)
  const list = {
    operation: 'entity, or empty run',
    workloads: Object.entries(workloads).map(([name, { stepsOf }]) => {
      return { name, contenders: stepsOf === undefined ? withWorkers : names }
    }),
  }
  await serveCases(list, ({ workload, contender }) => prepare(workload, contender))
} else if (workerData === 'group') {
  joinGroup()
} else {
  parentPort!.postMessage('here')
  workByHand(workerData)
}
