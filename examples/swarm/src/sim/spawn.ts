// The swarm as it is at the begin.
import { createRandom, type Random } from 'example-kit/sim'
import { CELLS_PER_HAWK, HAWK_SPEED, SPEED_MAX } from './rules.ts'
import type { Tables } from './tables.ts'

/** Somewhere in the space, in some direction. @throws ArenaError 'out-of-memory' */
export function spawn(tables: Tables, boidCount: number, side: number, seed: number): void {
  const random = createRandom(new Int32Array(1), seed)
  for (let i = 0; i < boidCount; i++) spawnOne(tables.Boid, side, SPEED_MAX, random)
  const hawkCount = Math.max(1, Math.floor(side / CELLS_PER_HAWK))
  for (let i = 0; i < hawkCount; i++) spawnOne(tables.Hawk, side, HAWK_SPEED, random)
}

function spawnOne(table: Tables['Boid'], side: number, speed: number, random: Random): void {
  /** From 0 to below 1. */
  const fraction = () => random.below(65536) / 65536
  const chunk = table.chunkWithRoom()
  const row = chunk.addRow()
  const { x, y, z, velocityX, velocityY, velocityZ } = chunk
  x[row] = (0.05 + 0.9 * fraction()) * side
  y[row] = (0.05 + 0.9 * fraction()) * side
  z[row] = (0.05 + 0.9 * fraction()) * side
  const directionX = fraction() - 0.5
  const directionY = fraction() - 0.5
  const directionZ = fraction() - 0.5
  const squared = directionX * directionX + directionY * directionY + directionZ * directionZ
  const factor = speed / (Math.sqrt(squared) + 0.001)
  velocityX[row] = directionX * factor
  velocityY[row] = directionY * factor
  velocityZ[row] = directionZ * factor
}
