// Checksums that are the same on every engine.

export interface Hash {
  start(): void
  /** The lower 32 bits count. */
  addInt(value: number): void
  /** As a 32-bit float, by its bits. */
  addFloat(value: number): void
  /** Of what was added since `start`: an unsigned integer of 32 bits. */
  value(): number
}

/** FNV-1a over 32-bit words instead of bytes; a float counts with its bits. */
export function createHash(): Hash {
  const floats = new Float32Array(1)
  const bits = new Int32Array(floats.buffer)
  let hash = 0
  const addInt = (value: number) => {
    hash = Math.imul(hash ^ value, 0x01000193)
    // Products carry upwards only; this brings upper bits down, or the lower half would miss them.
    hash ^= hash >>> 15
  }
  const addFloat = (value: number) => {
    floats[0] = value
    addInt(bits[0])
  }
  const start = () => {
    hash = 0x811c9dc5 | 0
  }
  return { start, addInt, addFloat, value: () => hash >>> 0 }
}
