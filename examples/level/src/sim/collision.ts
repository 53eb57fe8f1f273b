// What the level's lines do to moving things, asked through the block map.
//
// Questions and answers travel in `path`, four f32 of the arena: a double that is handed to a
// function costs 16 bytes of garbage wherever V8 does not inline the call, and what is tested has
// the precision of what will be stored.
import { BLOCKS_ACTORS, type Level } from './level.ts'
import { BLOCK_UNITS, BLOCK_UNITS_LOG2, LIST_END } from './wad-block-map.ts'

/** Indices into a path. */
export const FROM_X = 0
export const FROM_Y = 1
export const TO_X = 2
export const TO_Y = 3
export const PATH_LENGTH = 4

export interface Collision {
  /** The block in which the path ends; outside of the block map, the nearest one. */
  cell(): number
  /**
   * Whether a circle with its centre at the end of the path keeps clear of all lines that block
   * actors. From such a place to another no wall is jumped if the step is shorter than twice the
   * radius.
   */
  fits(radius: number): boolean
  /**
   * Cuts the path off where it first meets a line with one of these flags, or leaves the block map,
   * and says whether it did.
   */
  clip(lineFlags: number): boolean
}

export function createCollision(level: Level, path: Float32Array): Collision {
  const { vertices, lineVertices, lineFlags, blockMap } = level
  const { originX, originY, columnCount, rowCount, words, listStarts } = blockMap
  const endX = originX + columnCount * BLOCK_UNITS
  const endY = originY + rowCount * BLOCK_UNITS

  /** Of the lines that the path meets; a result of `meet` as the path is its argument. */
  const nearest = new Float64Array(1)

  function isOutside(): boolean {
    const x = path[TO_X]
    const y = path[TO_Y]
    return !(x >= originX && x < endX && y >= originY && y < endY)
  }

  function cell(): number {
    const column = (path[TO_X] - originX) >> BLOCK_UNITS_LOG2
    const row = (path[TO_Y] - originY) >> BLOCK_UNITS_LOG2
    const nearestColumn = Math.min(Math.max(column, 0), columnCount - 1)
    return Math.min(Math.max(row, 0), rowCount - 1) * columnCount + nearestColumn
  }

  function fits(radius: number): boolean {
    if (isOutside()) return false
    const x = path[TO_X] - originX
    const y = path[TO_Y] - originY
    // Shifts round towards 0, not down; between -1 and 0 that is the same after clamping.
    const left = Math.max((x - radius) >> BLOCK_UNITS_LOG2, 0)
    const right = Math.min((x + radius) >> BLOCK_UNITS_LOG2, columnCount - 1)
    const bottom = Math.max((y - radius) >> BLOCK_UNITS_LOG2, 0)
    const top = Math.min((y + radius) >> BLOCK_UNITS_LOG2, rowCount - 1)
    for (let row = bottom; row <= top; row++) {
      for (let column = left; column <= right; column++) {
        for (let i = listStarts[row * columnCount + column]; words[i] !== LIST_END; i++) {
          const line = words[i]
          if ((lineFlags[line] & BLOCKS_ACTORS) !== 0 && isNearer(line, radius)) return false
        }
      }
    }
    return true
  }

  /** Whether the path's end is nearer to a line than the radius. */
  function isNearer(line: number, radius: number): boolean {
    const start = 2 * lineVertices[2 * line]
    const end = 2 * lineVertices[2 * line + 1]
    const alongX = vertices[end] - vertices[start]
    const alongY = vertices[end + 1] - vertices[start + 1]
    const x = path[TO_X] - vertices[start]
    const y = path[TO_Y] - vertices[start + 1]
    const along = x * alongX + y * alongY
    const lengthSquared = alongX * alongX + alongY * alongY
    // The nearest point of the line is its start, its end, or in between. A line may be a point.
    const t = along <= 0 ? 0 : along >= lengthSquared ? 1 : along / lengthSquared
    const dx = x - t * alongX
    const dy = y - t * alongY
    return dx * dx + dy * dy < radius * radius
  }

  function clip(flags: number): boolean {
    const fromX = path[FROM_X]
    const fromY = path[FROM_Y]
    const toX = path[TO_X]
    const toY = path[TO_Y]
    const isLeaving = isOutside()
    const left = Math.max((Math.min(fromX, toX) - originX) >> BLOCK_UNITS_LOG2, 0)
    const right = Math.min((Math.max(fromX, toX) - originX) >> BLOCK_UNITS_LOG2, columnCount - 1)
    const bottom = Math.max((Math.min(fromY, toY) - originY) >> BLOCK_UNITS_LOG2, 0)
    const top = Math.min((Math.max(fromY, toY) - originY) >> BLOCK_UNITS_LOG2, rowCount - 1)
    nearest[0] = Infinity
    for (let row = bottom; row <= top; row++) {
      for (let column = left; column <= right; column++) {
        for (let i = listStarts[row * columnCount + column]; words[i] !== LIST_END; i++) {
          const line = words[i]
          if ((lineFlags[line] & flags) !== 0) meet(line)
        }
      }
    }
    if (nearest[0] === Infinity) return isLeaving
    path[TO_X] = fromX + nearest[0] * (toX - fromX)
    path[TO_Y] = fromY + nearest[0] * (toY - fromY)
    return true
  }

  /**
   * Puts the part of the path before it meets a line, 0 to 1, into `nearest` if that is less.
   * Coordinates are f32, so that the products below are exact, and two lines that share a vertex
   * agree on which of them a path near it crosses: nothing slips between.
   */
  function meet(line: number): void {
    const start = 2 * lineVertices[2 * line]
    const end = 2 * lineVertices[2 * line + 1]
    const alongX = vertices[end] - vertices[start]
    const alongY = vertices[end + 1] - vertices[start + 1]
    const pathX = path[TO_X] - path[FROM_X]
    const pathY = path[TO_Y] - path[FROM_Y]
    const cross = pathX * alongY - pathY * alongX
    if (cross === 0) return
    const x = vertices[start] - path[FROM_X]
    const y = vertices[start + 1] - path[FROM_Y]
    const t = (x * alongY - y * alongX) / cross
    const u = (x * pathY - y * pathX) / cross
    if (t >= 0 && t <= 1 && u >= 0 && u <= 1 && t < nearest[0]) nearest[0] = t
  }

  return { cell, fits, clip }
}
