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
}

const liveCounts = [
  ['1k', 1_000],
  ['100k', 100_000],
] as const

export const workloads: readonly Workload[] = [
  ...(['random', 'lifo'] as const).flatMap((pattern) =>
    (['mixed', '64'] as const).flatMap((byteLengths) =>
      liveCounts.map(([count, liveCount]) => {
        return { name: `${pattern}-${byteLengths}-${count}`, pattern, byteLengths, liveCount }
      }),
    ),
  ),
  { name: 'view-64-1k', pattern: 'view', byteLengths: '64', liveCount: 1_000 },
]

/** Drawn before the clock runs; of 100,000 live blocks a lap replaces each ten times. */
export const stepCount = 2 ** 20
export const stepMask = stepCount - 1

export interface Work extends Workload {
  /** Which live block the step replaces. */
  readonly slots: Uint32Array
  /** How many bytes the step allocates. */
  readonly requests: Uint16Array
  readonly checksum: number
  /** The next step; it goes on from round to round. */
  step: number
}

export function createWork(workload: Workload): Work {
  const random = xorshift32(0x9e3779b9)
  const slots = new Uint32Array(stepCount)
  const requests = new Uint16Array(stepCount)
  let checksum = 0
  for (let i = 0; i < stepCount; i++) {
    slots[i] = random() % workload.liveCount
    requests[i] = logUniform(random() >>> 16)
    if (workload.byteLengths === '64') requests[i] = 64
    checksum = (Math.imul(checksum, 31) + slots[i] + requests[i]) >>> 0
  }
  return { ...workload, slots, requests, checksum, step: 0 }
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

/** 16 * 256 ** (bits / 2 ** 16), by square roots: `Math.pow` differs between engines. */
function logUniform(bits: number): number {
  let byteLength = 16
  let root = 256
  for (let bit = 15; bit >= 0; bit--) {
    root = Math.sqrt(root)
    if (bits & (1 << bit)) byteLength *= root
  }
  return Math.round(byteLength)
}
