// What flies goes on by its velocity, and turns where a wall is.
import { STEP_SECONDS } from './rules.ts'
import type { View } from './view.ts'

/** The least distance from the walls. In the largest space there is, floats still tell it. */
const GAP = 1 / 1024

/** By chunks: each boid takes on the velocity that it chose. */
export function move({ tables, grid }: View, chunkNumbers: ArrayLike<number>): void {
  const { Boid } = tables
  const { places, nextX, nextY, nextZ } = grid
  const { side } = grid.shape
  for (let i = 0; i < chunkNumbers.length; i++) {
    const chunk = Boid.chunk(chunkNumbers[i])!
    const { x, y, z, velocityX, velocityY, velocityZ, rowCount } = chunk
    const firstBoid = chunkNumbers[i] * Boid.chunkCapacity
    for (let row = 0; row < rowCount; row++) {
      const slot = places[firstBoid + row]
      velocityX[row] = nextX[slot]
      velocityY[row] = nextY[slot]
      velocityZ[row] = nextZ[slot]
      advance(x, velocityX, row, side)
      advance(y, velocityY, row, side)
      advance(z, velocityZ, row, side)
    }
  }
}

/** Hawks fly straight on. */
export function hunt({ tables, grid }: View): void {
  const { side } = grid.shape
  const { x, y, z, velocityX, velocityY, velocityZ, rowCount } = tables.Hawk.chunk(0)!
  for (let row = 0; row < rowCount; row++) {
    advance(x, velocityX, row, side)
    advance(y, velocityY, row, side)
    advance(z, velocityZ, row, side)
  }
}

function advance(at: Float32Array, velocity: Float32Array, row: number, side: number): void {
  const next = at[row] + velocity[row] * STEP_SECONDS
  if (next < GAP || next > side - GAP) velocity[row] = -velocity[row]
  at[row] = Math.min(Math.max(next, GAP), side - GAP)
}
