// Random numbers that are the same on every engine: Marsaglia's xorshift, 32 bits, whose whole
// state is one word of the arena.

export interface Random {
  /** An integer from 0 to `count` - 1; `count` is at most 65,536. */
  below(count: number): number
}

/** `state` is one word, overwritten; seeds that differ in 32 bits give different sequences. */
export function createRandom(state: Int32Array, seed: number): Random {
  // Odd factor: no two seeds give one state. The state 0 is a fixed point, and one seed's bad luck.
  state[0] = Math.imul(seed ^ 0x5bd1e995, 0x2c1b3c6d) || 0x297a2d39
  return {
    below(count) {
      let word = state[0]
      word ^= word << 13
      word ^= word >>> 17
      word ^= word << 5
      state[0] = word
      // The upper half is the better one, and its product with `count` stays within 32 bits.
      return Math.imul(word >>> 16, count) >>> 16
    },
  }
}
