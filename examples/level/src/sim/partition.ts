// Which shard has which cell: stretches of the grid, across its longer side, with about as many
// things in each. It decides who works, not what comes out.
import { BLOCK_UNITS_LOG2, type BlockMap } from './wad-block-map.ts'
import type { MapThings } from './wad-map.ts'

/**
 * A thing stands for a crowd: extra actors gather around things. An empty cell is some work, too.
 */
const THING_WEIGHT = 64
const CELL_WEIGHT = 1

type Grid = Pick<BlockMap, 'originX' | 'originY' | 'columnCount' | 'rowCount'>

/** The cell of a point of the map; outside of the grid, the nearest one. */
export function cellOf(grid: Grid, x: number, y: number): number {
  const { columnCount, rowCount } = grid
  const column = Math.min(Math.max((x - grid.originX) >> BLOCK_UNITS_LOG2, 0), columnCount - 1)
  const row = Math.min(Math.max((y - grid.originY) >> BLOCK_UNITS_LOG2, 0), rowCount - 1)
  return row * columnCount + column
}

/** Fills `shardOf` with the shard of each cell, 0 to `shardCount` - 1. */
export function partition(
  shardOf: Uint8Array,
  grid: Grid,
  things: MapThings,
  shardCount: number,
): void {
  const weights = new Float64Array(shardOf.length).fill(CELL_WEIGHT)
  for (let i = 0; i < things.count; i++) {
    weights[cellOf(grid, things.x[i], things.y[i])] += THING_WEIGHT
  }
  const total = weights.length * CELL_WEIGHT + things.count * THING_WEIGHT
  let before = 0
  for (const cell of cellsAcross(grid)) {
    // By the middle of its weight, so that a heavy cell goes where most of it belongs.
    shardOf[cell] = Math.floor(((before + weights[cell] / 2) * shardCount) / total)
    before += weights[cell]
  }
}

/** All cells, so that neighbours in this order are mostly neighbours in the grid. */
function cellsAcross({ columnCount, rowCount }: Grid): number[] {
  const cells = Array.from({ length: columnCount * rowCount }, (_, cell) => cell)
  if (columnCount <= rowCount) return cells
  return cells.map((_, i) => (i % rowCount) * columnCount + Math.floor(i / rowCount))
}
