// What an allocation benchmark does, as data. `native.c` draws the same arrays from the same
// generator; both print `checksum`, and the driver refuses figures whose checksums differ.

export interface Workload {
  readonly name: string
  /**
   * `random`: free any live block, alloc another. `lifo`: alloc and free above `liveCount` blocks
   * that stay. `view`: as `lifo`, and each alloc makes a typed array.
   */
  readonly pattern: 'lifo' | 'random' | 'view'
  /** `64`: always 64 bytes. `mixed`: log-uniform from 16 to 4096 bytes. */
  readonly byteLengths: '64' | 'mixed'
  readonly liveCount: number
  /** The steps of a lap, a power of two. They are drawn before the clock runs. */
  readonly stepCount: number
}

/** A lap replaces each of 100,000 live blocks ten times. */
export const stepCount = 2 ** 20
/**
 * A lap replaces each of 1,000,000 live blocks eight times. A lap of 2 ** 20 steps would never
 * replace 350,000 of them.
 */
const longStepCount = 2 ** 23

const million = 1_000_000

const small = [
  ['1k', 1_000],
  ['100k', 100_000],
] as const

export const workloads: readonly Workload[] = [
  ...(['random', 'lifo'] as const).flatMap((pattern) =>
    (['mixed', '64'] as const).flatMap((byteLengths) =>
      small.map(([count, liveCount]): Workload => {
        const name = `${pattern}-${byteLengths}-${count}`
        return { name, pattern, byteLengths, liveCount, stepCount }
      }),
    ),
  ),
  ofMillion('random', 'mixed'),
  ofMillion('random', '64'),
  ofMillion('lifo', '64'),
  { name: 'view-64-1k', pattern: 'view', byteLengths: '64', liveCount: 1_000, stepCount },
]

/** The topic `curve`. Its laps have one length: reading the steps costs the same at each count. */
export const curve: readonly Workload[] = [
  ['100', 100] as const,
  ['1k', 1_000] as const,
  ['10k', 10_000] as const,
  ['100k', 100_000] as const,
  ['1M', million] as const,
].map(([count, liveCount]) => ({
  name: `live-${count}`,
  pattern: 'random',
  byteLengths: '64',
  liveCount,
  stepCount: longStepCount,
}))

function ofMillion(pattern: 'lifo' | 'random', byteLengths: '64' | 'mixed'): Workload {
  const name = `${pattern}-${byteLengths}-1M`
  return { name, pattern, byteLengths, liveCount: million, stepCount: longStepCount }
}

export interface Work extends Workload {
  /** Which live block the step replaces. */
  readonly slots: Uint32Array
  /** How many bytes the step allocates. */
  readonly requests: Uint16Array
  readonly stepMask: number
  readonly checksum: number
  /** The next step; it goes on from round to round. */
  step: number
}

export function createWork(workload: Workload): Work {
  const { byteLengths, liveCount, stepCount } = workload
  const random = xorshift32(0x9e3779b9)
  const slots = new Uint32Array(stepCount)
  const requests = new Uint16Array(stepCount)
  let checksum = 0
  for (let i = 0; i < stepCount; i++) {
    slots[i] = random() % liveCount
    const bits = random() >>> 16
    requests[i] = byteLengths === '64' ? 64 : logUniform(bits)
    checksum = (Math.imul(checksum, 31) + slots[i] + requests[i]) >>> 0
  }
  return { ...workload, slots, requests, stepMask: stepCount - 1, checksum, step: 0 }
}

/**
 * The operations that a warm-up has at least. In 150 ms, each of 100,000 live blocks is replaced
 * many times, but each of 1,000,000 only once or twice. So these are replaced four times each on
 * average: the blocks that are still where the filling put them are 2 %.
 */
export function warmUpOpCountOf({ pattern, liveCount }: Workload): number {
  return pattern === 'random' && liveCount >= million ? 4 * liveCount : 0
}

/** The arguments of `native.c` but for the last, which is the measured time. */
export function nativeArgumentsOf(workload: Workload): string[] {
  const { pattern, byteLengths, liveCount, stepCount } = workload
  const counts = [liveCount, stepCount, warmUpOpCountOf(workload)]
  return [pattern, byteLengths, ...counts.map(String)]
}

function xorshift32(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** 256 ** (2 ** bit / 2 ** 16), by square roots: `Math.pow` differs between engines. */
const roots = new Float64Array(16)
for (let bit = 15, root = 256; bit >= 0; bit--) {
  root = Math.sqrt(root)
  roots[bit] = root
}

/** 16 * 256 ** (bits / 2 ** 16) */
function logUniform(bits: number): number {
  let byteLength = 16
  for (let bit = 15; bit >= 0; bit--) if (bits & (1 << bit)) byteLength *= roots[bit]
  return Math.round(byteLength)
}
