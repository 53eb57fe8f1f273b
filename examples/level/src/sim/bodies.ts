// What solid things do to moving ones, asked through the cell lists. The path is that of
// collision.ts.
import type { CellLists } from './cell-lists.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import type { Components } from './components.ts'
import type { Level } from './level.ts'
import { BLOCK_UNITS_LOG2 } from './wad-block-map.ts'

export interface BodyQueries {
  /** Whether the path of this entity ends in another solid body, and nearer to it than it began. */
  isCrowded(eid: number): boolean
  /** The solid body that the path meets first, or 0; `owner` does not count. */
  firstHit(owner: number): number
}

/** No entity has a body with a greater radius than `radiusMax`. */
export function createBodyQueries(
  level: Level,
  { Position, Body }: Pick<Components, 'Position' | 'Body'>,
  bodies: CellLists,
  path: Float32Array,
  radiusMax: number,
): BodyQueries {
  const { originX, originY, columnCount, rowCount } = level.blockMap
  function isCrowded(eid: number): boolean {
    const { x, y } = Position
    const { radius, isSolid } = Body
    const reach = radius[eid] + radiusMax
    const atX = path[TO_X] - originX
    const atY = path[TO_Y] - originY
    const left = Math.max((atX - reach) >> BLOCK_UNITS_LOG2, 0)
    const right = Math.min((atX + reach) >> BLOCK_UNITS_LOG2, columnCount - 1)
    const bottom = Math.max((atY - reach) >> BLOCK_UNITS_LOG2, 0)
    const top = Math.min((atY + reach) >> BLOCK_UNITS_LOG2, rowCount - 1)
    for (let row = bottom; row <= top; row++) {
      for (let column = left; column <= right; column++) {
        const cell = row * columnCount + column
        for (let i = bodies.count(cell) - 1; i >= 0; i--) {
          const other = bodies.at(cell, i)
          if (isSolid[other] === 0 || other === eid) continue
          const apart = radius[eid] + radius[other]
          const toX = path[TO_X] - x[other]
          const toY = path[TO_Y] - y[other]
          const distance = toX * toX + toY * toY
          if (distance >= apart * apart) continue
          const fromX = path[FROM_X] - x[other]
          const fromY = path[FROM_Y] - y[other]
          if (distance < fromX * fromX + fromY * fromY) return true
        }
      }
    }
    return false
  }

  function firstHit(owner: number): number {
    const { x, y } = Position
    const { radius, isSolid } = Body
    const fromX = path[FROM_X]
    const fromY = path[FROM_Y]
    const alongX = path[TO_X] - fromX
    const alongY = path[TO_Y] - fromY
    const lengthSquared = alongX * alongX + alongY * alongY
    const leastX = Math.min(fromX, path[TO_X]) - originX
    const mostX = Math.max(fromX, path[TO_X]) - originX
    const leastY = Math.min(fromY, path[TO_Y]) - originY
    const mostY = Math.max(fromY, path[TO_Y]) - originY
    const left = Math.max((leastX - radiusMax) >> BLOCK_UNITS_LOG2, 0)
    const right = Math.min((mostX + radiusMax) >> BLOCK_UNITS_LOG2, columnCount - 1)
    const bottom = Math.max((leastY - radiusMax) >> BLOCK_UNITS_LOG2, 0)
    const top = Math.min((mostY + radiusMax) >> BLOCK_UNITS_LOG2, rowCount - 1)
    let nearest = Infinity
    let hit = 0
    for (let row = bottom; row <= top; row++) {
      for (let column = left; column <= right; column++) {
        const cell = row * columnCount + column
        for (let i = bodies.count(cell) - 1; i >= 0; i--) {
          const other = bodies.at(cell, i)
          if (isSolid[other] === 0 || other === owner) continue
          const toX = x[other] - fromX
          const toY = y[other] - fromY
          const along = toX * alongX + toY * alongY
          const t = along <= 0 ? 0 : along >= lengthSquared ? 1 : along / lengthSquared
          const dx = toX - t * alongX
          const dy = toY - t * alongY
          const isHit = dx * dx + dy * dy < radius[other] * radius[other]
          // Of two that are met at once, the lower id: the order of a list must not decide.
          if (isHit && (t < nearest || (t === nearest && other < hit))) {
            nearest = t
            hit = other
          }
        }
      }
    }
    return hit
  }

  return { isCrowded, firstHit }
}
