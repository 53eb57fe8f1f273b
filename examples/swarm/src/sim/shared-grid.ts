// The grid of this step, as systems find it in whatever thread.
import { createGridShape, Grid, type GridShape } from './grid.ts'
import { BOIDS_PER_CELL } from './rules.ts'
import type { SwarmContext, Tables } from './tables.ts'

export const gridShapeOf = (tables: Tables, boidCount: number): GridShape =>
  createGridShape(boidCount, BOIDS_PER_CELL, tables.Boid.chunkCapacity)

/** Of this thread: its views stay while the grid is where it was. */
let grid: Grid | undefined

/** Ask anew in each call of a system: the grid is elsewhere when the scratch has moved. */
export function gridOf({ arena, tables }: Pick<SwarmContext, 'arena' | 'tables'>): Grid {
  const { boidCount, gridOffset } = tables.Frame.chunks[0]
  const isSame =
    grid !== undefined &&
    grid.byteOffset === gridOffset[0] &&
    grid.shape.boidCount === boidCount[0] &&
    grid.buffer === arena.buffer
  if (grid === undefined || !isSame) {
    grid = new Grid(gridShapeOf(tables, boidCount[0]), arena.buffer, gridOffset[0])
  }
  return grid
}
