// What there is to run, as data: the driver reads it without loading any of it.

export const fixed = 'fixed'
export const learned = 'learned'
export const contenders = [fixed, learned] as const
export type ContenderName = (typeof contenders)[number]

export interface CaseOptions {
  readonly workload: string
  readonly contender: ContenderName
  /** On the clock, for the mean alone. */
  readonly milliseconds: number
}

/** Names of the workloads that are timed. */
export const steady = 'steady'
export const burst = 'burst'
export const phases = 'phases'
export const producerConsumer = 'producer-consumer'
export const timedWorkloads = [steady, burst, phases, producerConsumer] as const

/** Names of what is only counted, or looked at. */
export const curve = 'curve'
export const resident = 'resident'

export interface CaseResult {
  readonly nsPerOp: number
  /** Of the steps; equal for both contenders. */
  readonly checksum: number
  /** Per 1,000 allocs: of all frames; of those with more than twice the allocs of the mean one. */
  readonly refills: number
  readonly refillsInBursts: number
  /** Of one alloc, in ns, without what the clock takes. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** In MiB, over the ends of frames. */
  readonly meanCommitted: number
  readonly peakCommitted: number
}

export interface CurveResult {
  /** A burst that is freed while nothing else happens: committed after it, by what was before. */
  readonly quietRatio: number
  /** MiB, before a burst while which the base set is churned. */
  readonly before: number
  /** MiB, at the ends of these frames after the burst was freed. */
  readonly frames: readonly number[]
  readonly committed: readonly number[]
}

/** MiB of resident memory, by what has been done so far. */
export type ResidentResult = readonly (readonly [state: string, mebibytes: number])[]
