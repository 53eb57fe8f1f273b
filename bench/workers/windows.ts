// Times of short windows of operations, and how they are distributed. A few slow windows (a wait
// for a lock, another process on the core) vanish in a mean or spoil it; they leave the median
// alone, and stand out in the 99th percentile.

/** Buckets are powers of 2 ** (1 / 32) ns per operation: they tell apart what differs by 2 %. */
const BUCKETS_PER_OCTAVE = 32
const BUCKET_COUNT = 32 * BUCKETS_PER_OCTAVE
/** The first bucket is 2 ** -6 ns. */
const FIRST_OCTAVE = -6

/** How many operations were in windows that took so long. */
export type Buckets = Float64Array

export interface Timed {
  readonly opCount: number
  readonly milliseconds: number
  readonly buckets: Buckets
}

export const emptyBuckets = (): Buckets => new Float64Array(BUCKET_COUNT)

export function addWindow(buckets: Buckets, nanoseconds: number, opCount: number): void {
  const octave = Math.log2(nanoseconds / opCount) - FIRST_OCTAVE
  const bucket = Math.round(octave * BUCKETS_PER_OCTAVE)
  buckets[Math.max(0, Math.min(BUCKET_COUNT - 1, bucket))] += opCount
}

/** Runs windows of `opCount` operations each until `isOver`. */
export function timeWindows(
  opCount: number,
  window: () => void,
  isOver: (milliseconds: number, opCount: number) => boolean,
): Timed {
  const buckets = emptyBuckets()
  const startedAt = performance.now()
  let before = startedAt
  let total = 0
  do {
    window()
    const now = performance.now()
    addWindow(buckets, (now - before) * 1e6, opCount)
    before = now
    total += opCount
  } while (!isOver(before - startedAt, total))
  return { opCount: total, milliseconds: before - startedAt, buckets }
}

/** Warms up for half of the time, then measures. */
export function measureWindows(milliseconds: number, opCount: number, window: () => void): Timed {
  timeWindows(opCount, window, (passed) => passed >= milliseconds / 2)
  return timeWindows(opCount, window, (passed) => passed >= milliseconds)
}

export function sumOfBuckets(all: readonly Buckets[]): Buckets {
  const sum = emptyBuckets()
  for (const one of all) {
    for (let i = 0; i < BUCKET_COUNT; i++) sum[i] += one[i]
  }
  return sum
}

export function sumOf(times: readonly Timed[]): Timed {
  const sum = (field: 'opCount' | 'milliseconds') =>
    times.reduce((total, one) => total + one[field], 0)
  const buckets = sumOfBuckets(times.map((one) => one.buckets))
  return { opCount: sum('opCount'), milliseconds: sum('milliseconds'), buckets }
}

/** In ns per operation; 0 when there was none. @param part 0.5 is the median */
export function percentile(buckets: Buckets, part: number): number {
  const total = buckets.reduce((sum, opCount) => sum + opCount, 0)
  if (total === 0) return 0
  let bucket = 0
  for (let seen = buckets[0]; seen < total * part; seen += buckets[bucket]) bucket++
  return 2 ** (bucket / BUCKETS_PER_OCTAVE + FIRST_OCTAVE)
}
