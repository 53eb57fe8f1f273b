// Random numbers that are the same on every engine: Marsaglia's xorshift, 32 bits, whose whole
// state is one word of the arena. Every actor has a sequence of its own, so that nobody's dice
// depend on whose turn it was before.

export interface Random {
  /** An integer from 0 to `count` - 1; `count` is at most 65,536. */
  below(count: number): number
}

/** The sequence of a state of its own; `state` is one word, overwritten. */
export function createRandom(state: Int32Array, seed: number): Random {
  state[0] = randomState(seed)
  return { below: (count) => randomBelow(state, 0, count) }
}

/** Seeds that differ in 32 bits give different sequences. */
export function randomState(seed: number): number {
  // Odd factor: no two seeds give one state. The state 0 is a fixed point, and one seed's bad luck.
  return Math.imul(seed ^ 0x5bd1e995, 0x2c1b3c6d) || 0x297a2d39
}

/**
 * One of many sequences of a seed. All are pieces of one cycle: by the mixing they lie far apart.
 */
export function randomStateOf(seed: number, sequence: number): number {
  let word = Math.imul(sequence, 0x9e3779b1) ^ seed
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return randomState(word ^ (word >>> 16))
}

/** An integer from 0 to `count` - 1, of the sequence whose state is one element of `states`. */
export function randomBelow(states: Int32Array, index: number, count: number): number {
  let word = states[index]
  word ^= word << 13
  word ^= word >>> 17
  word ^= word << 5
  states[index] = word
  // The upper half is the better one, and its product with `count` stays within 32 bits.
  return Math.imul(word >>> 16, count) >>> 16
}
