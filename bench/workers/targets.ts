// What Ashlar sets out to reach with several workers, on each engine.
import { type CaseOptions, mutexPool, ours } from './cases.ts'

/** Names a case on an engine that is left open. */
export type CaseName = Omit<CaseOptions, 'milliseconds'>

/** Gives a figure of a case, the median over its processes; undefined where it did not run. */
export type Look = (one: CaseName, figure?: string) => number | undefined

export interface Target {
  readonly claim: string
  readonly workload: string
  /** Those that it looks at. */
  readonly cases: readonly CaseName[]
  readonly bound: 'at least' | 'at most'
  readonly wanted: number
  reached(look: Look): number | undefined
}

const caseOf = (workload: string, contender: string, workers: number): CaseName => ({
  workload,
  contender,
  workers,
})

function ratio(claim: string, over: CaseName, under: CaseName, wanted: number): Target {
  const reached = (look: Look) => {
    const [dividend, divisor] = [look(over), look(under)]
    return dividend && divisor && dividend / divisor
  }
  const { workload } = under
  return { claim, workload, cases: [over, under], bound: 'at least', wanted, reached }
}

const scaling = (workload: string) =>
  ratio(
    'times as fast with two workers as with one',
    caseOf(workload, ours, 1),
    caseOf(workload, ours, 2),
    1.8,
  )

const timesTheMutex = (workload: string) =>
  ratio(
    `times as fast as a ${mutexPool}, two workers`,
    caseOf(workload, mutexPool, 2),
    caseOf(workload, ours, 2),
    40,
  )

/** What the freer pays; the owner's share, `drain`, takes the place of a local free. */
function remoteFree(workload: string, wanted: number): Target {
  const one = caseOf(workload, ours, 2)
  const reached = (look: Look) => look(one, 'free')
  const claim = 'ns for a remote free, its delivery included'
  return { claim, workload, cases: [one], bound: 'at most', wanted, reached }
}

export const targets: readonly Target[] = [
  scaling('local-64'),
  scaling('local-mixed'),
  scaling('cache-scratch'),
  timesTheMutex('local-64'),
  timesTheMutex('local-mixed'),
  remoteFree('xmalloc-64', 10),
  remoteFree('xmalloc-64-random', 50),
]
