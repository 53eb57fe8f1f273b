// What there is to run, as data: the driver reads it without loading any of it.

export interface CaseOptions {
  readonly workload: string
  readonly contender: string
  readonly workers: number
  /** On the clock, after half as many as warm-up. */
  readonly milliseconds: number
}

export interface CaseResult {
  /** Of all workers together: two that take 10 ns each make 5. */
  readonly nsPerOp: number
  /** By name of the column; README.md says what they are. 0 is printed as nothing. */
  readonly figures: Readonly<Record<string, number>>
}

/** The contender that the others are compared with. */
export const ours = 'ashlar'
export const mutexPool = 'pool behind a mutex'
export const arenaEach = 'arena each, messages'
export const noAllocator = 'no allocator'

const allocators = [ours, mutexPool, arenaEach]

export interface WorkloadCases {
  readonly operation: string
  readonly contenders: readonly string[]
}

export const workloads: Readonly<Record<string, WorkloadCases>> = {
  'local-64': { operation: 'alloc + free', contenders: [...allocators, noAllocator] },
  'local-mixed': { operation: 'alloc + free', contenders: [...allocators, noAllocator] },
  'cache-scratch': { operation: 'write', contenders: [...allocators, noAllocator] },
  'xmalloc-64': { operation: 'block handed over', contenders: allocators },
  'xmalloc-64-random': { operation: 'block handed over', contenders: allocators },
  'xmalloc-sizes': { operation: 'block handed over', contenders: allocators },
  larson: { operation: 'free + alloc', contenders: allocators },
  mstress: { operation: 'alloc, free or swap', contenders: allocators },
}
