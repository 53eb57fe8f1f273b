// What flies goes on by its velocity, and turns where a wall is.
import { STEP_SECONDS } from './rules.ts'
import { gridOf } from './shared-grid.ts'
import type { SwarmContext } from './tables.ts'

/** The least distance from the walls. In the largest space there is, floats still tell it. */
const GAP = 1 / 1024

/** By chunks: each boid takes on the velocity that it chose. */
export function move(context: SwarmContext<'Boid'>): void {
  const { chunks, tables } = context
  const { places, nextX, nextY, nextZ, shape } = gridOf(context)
  const { side } = shape
  for (let i = 0; i < chunks.length; i++) {
    const { x, y, z, velocityX, velocityY, velocityZ, rowCount, number } = chunks[i]
    const firstBoid = number * tables.Boid.chunkCapacity
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
export function hunt(context: SwarmContext): void {
  const { side } = gridOf(context).shape
  const { x, y, z, velocityX, velocityY, velocityZ, rowCount } = context.tables.Hawk.chunks[0]
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
