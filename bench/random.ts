/** Draws 32-bit integers. @param seed any integer */
export function xorshift32(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** The numbers from 0 to `count - 1` in random order. */
export function permutation(count: number, random: () => number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index)
  for (let i = count - 1; i > 0; i--) {
    const other = random() % (i + 1)
    const index = order[i]
    order[i] = order[other]
    order[other] = index
  }
  return order
}
