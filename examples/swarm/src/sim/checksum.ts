// A number that two runs share if they came to the same state, on whatever engine, with however
// many threads. It covers positions and velocities to the last bit, in the order in which they were
// spawned.
import { createHash } from 'example-kit/sim'
import type { Tables } from './tables.ts'

/** An unsigned integer of 32 bits. */
export function checksumOf({ Boid, Hawk }: Tables): number {
  const { start, addInt, addFloat, value } = createHash()
  start()
  for (const table of [Boid, Hawk]) {
    addInt(table.rowCount)
    for (let number = 0; number < table.chunks.length; number++) {
      const chunk = table.chunk(number) // by number: `chunks` may have another order
      if (chunk === undefined) continue
      const { x, y, z, velocityX, velocityY, velocityZ } = chunk
      for (let row = 0; row < chunk.rowCount; row++) {
        for (const column of [x, y, z, velocityX, velocityY, velocityZ]) addFloat(column[row])
      }
    }
  }
  return value()
}
