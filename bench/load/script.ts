// What a workload does, drawn before the clock runs: steps in frames, the same for both contenders.
import { xorshift32 } from '../random.ts'

/** Blocks that are live outside of bursts, and how many of them are replaced in a frame. */
export const BASE_COUNT = 5_000
export const CHURN_COUNT = 500
export const BURST_COUNT = 10 * BASE_COUNT

/**
 * A step frees what a place holds, and allocates another block there, of so many bytes; 0: none. A
 * lap of frames leaves those places taken that were taken before: it is played again and again.
 */
export interface Script {
  readonly placeCount: number
  readonly places: Uint32Array
  readonly byteLengths: Uint16Array
  /** Of each frame, the index of the step after its last. Frame 0 fills; the lap begins at 1. */
  readonly frameEnds: Uint32Array
  /** Of each frame. */
  readonly allocCounts: Uint32Array
  readonly checksum: number
  /** What `collect` may give back at the end of a frame. */
  readonly spans: number
}

export type Draw = () => number

/** Log-uniform from `min` to `max` bytes. */
export function logUniform(random: Draw, min: number, max: number): number {
  // By square roots: `Math.pow` differs between engines.
  let byteLength = min
  let root = max / min
  for (let bits = random() >>> 16, bit = 15; bit >= 0; bit--) {
    root = Math.sqrt(root)
    if (bits & (1 << bit)) byteLength *= root
  }
  return Math.round(byteLength)
}

/** Writes a script, frame by frame. */
export class ScriptWriter {
  readonly random = xorshift32(1)
  readonly #places: number[] = []
  readonly #byteLengths: number[] = []
  readonly #frameEnds: number[] = []
  readonly #allocCounts: number[] = []
  #allocCount = 0

  step(place: number, byteLength: number): void {
    this.#places.push(place)
    this.#byteLengths.push(byteLength)
    if (byteLength > 0) this.#allocCount++
  }

  /** Allocates in every place of the base set. */
  fill(draw: (random: Draw) => number): void {
    for (let place = 0; place < BASE_COUNT; place++) this.step(place, draw(this.random))
    this.endFrame()
  }

  /** Replaces random blocks of the base set. */
  churn(count: number, draw: (random: Draw) => number): void {
    for (let i = 0; i < count; i++) this.step(this.random() % BASE_COUNT, draw(this.random))
  }

  endFrame(): void {
    this.#frameEnds.push(this.#places.length)
    this.#allocCounts.push(this.#allocCount)
    this.#allocCount = 0
  }

  end(spans: number): Script {
    const places = Uint32Array.from(this.#places)
    const byteLengths = Uint16Array.from(this.#byteLengths)
    let checksum = 0
    for (let i = 0; i < places.length; i++) {
      checksum = (Math.imul(checksum, 31) + places[i] + byteLengths[i]) >>> 0
    }
    return {
      placeCount: 1 + places.reduce((max, place) => Math.max(max, place), 0),
      places,
      byteLengths,
      frameEnds: Uint32Array.from(this.#frameEnds),
      allocCounts: Uint32Array.from(this.#allocCounts),
      checksum,
      spans,
    }
  }
}
