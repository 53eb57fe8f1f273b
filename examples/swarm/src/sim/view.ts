// What systems see of the swarm, in whatever thread: the tables, and the grid of this step.
import type { Arena } from '@ashlar/core'
import { createGridShape, Grid, type GridShape } from './grid.ts'
import { BOIDS_PER_CELL } from './rules.ts'
import type { Tables } from './tables.ts'

export interface View {
  readonly tables: Tables
  /** Read anew in each call of a system: it is elsewhere when the scratch has moved. */
  readonly grid: Grid
}

export const gridShapeOf = (tables: Tables, boidCount: number): GridShape =>
  createGridShape(boidCount, BOIDS_PER_CELL, tables.Boid.chunkCapacity)

export function createView({ arena, tables }: { arena: Arena; tables: Tables }): View {
  let grid: Grid | undefined
  return {
    tables,
    get grid() {
      const { boidCount, gridOffset } = tables.Frame.chunk(0)!
      const isSame =
        grid !== undefined &&
        grid.byteOffset === gridOffset[0] &&
        grid.shape.boidCount === boidCount[0] &&
        grid.buffer === arena.buffer
      if (grid === undefined || !isSame) {
        grid = new Grid(gridShapeOf(tables, boidCount[0]), arena.buffer, gridOffset[0])
      }
      return grid
    },
  }
}
