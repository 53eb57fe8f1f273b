/** Seeded random numbers, the same on every engine. */
import process from 'node:process'

/** Of this run: `ASHLAR_SEED` repeats an earlier one. */
export const SEED = Number(process.env.ASHLAR_SEED ?? Math.floor(Math.random() * 2 ** 31))

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** A whole number from 0 to 2^32 - 1 (splitmix32). */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    return this.next() % end
  }

  /**
   * As many numbers of each power of two as of any other. Without Math.pow: engines differ in it.
   */
  logUniform(bitCount: number): number {
    const bits = this.below(bitCount + 1)
    return bits === 0 ? 0 : this.next() >>> (32 - bits)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]
  }

  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[items[i], items[j]] = [items[j], items[i]]
    }
    return items
  }
}

/** Runs a test that `SEED` decides, and names the seed when it fails. */
export function seeded(run: (random: Random) => void): () => void {
  return () => {
    try {
      run(new Random(SEED))
    } catch (error) {
      console.error(`repeat this failure with ASHLAR_SEED=${SEED}`)
      throw error
    }
  }
}
