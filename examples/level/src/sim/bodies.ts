// What solid things do to moving ones, asked through the cell lists. The path is that of
// collision.ts.
import type { Arena } from '@ashlar/core'
import type { CellLists } from './cell-lists.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import type { Commons } from './commons.ts'
import {
  PUBLISHED_ID,
  PUBLISHED_IS_SOLID,
  PUBLISHED_RADIUS,
  PUBLISHED_WORDS,
  PUBLISHED_X,
  PUBLISHED_Y,
} from './published-bodies.ts'
import { BLOCK_UNITS_LOG2 } from './wad-block-map.ts'

/** Bodies are told apart by their own ids here, not by entity ids. */
export interface BodyQueries {
  /** Whether the path of this body ends in another solid one, and nearer to it than it began. */
  isCrowded(id: number, radius: number): boolean
  /** The solid body that the path meets first, or 0; `owner` does not count. */
  firstHit(owner: number): number
}

/** Answers about the bodies of all shards, as they were after the last step. */
export function createBodyQueries(
  arena: Arena,
  commons: Commons,
  bodies: Pick<CellLists, 'count' | 'wordOf'>,
  path: Float32Array,
): BodyQueries {
  const { f32, i32, u8 } = arena
  const { shardOf, radiusMax } = commons
  const { originX, originY, columnCount, rowCount } = commons.level.blockMap
  const published = commons.published >> 2

  // Of the cell that was entered last: its list, and the columns of its shard.
  let list = 0
  let x = 0
  let y = 0
  let ids = 0
  let radii = 0
  let isSolid = 0

  /** How many bodies the cell has. */
  function enter(cell: number): number {
    const count = bodies.count(cell)
    if (count === 0) return 0
    const words = published + shardOf[cell] * PUBLISHED_WORDS
    x = i32[words + PUBLISHED_X]
    y = i32[words + PUBLISHED_Y]
    ids = i32[words + PUBLISHED_ID]
    radii = i32[words + PUBLISHED_RADIUS]
    isSolid = i32[words + PUBLISHED_IS_SOLID]
    list = bodies.wordOf(cell)
    return count
  }

  function isCrowded(id: number, radius: number): boolean {
    const reach = radius + radiusMax
    const atX = path[TO_X] - originX
    const atY = path[TO_Y] - originY
    const left = Math.max((atX - reach) >> BLOCK_UNITS_LOG2, 0)
    const right = Math.min((atX + reach) >> BLOCK_UNITS_LOG2, columnCount - 1)
    const bottom = Math.max((atY - reach) >> BLOCK_UNITS_LOG2, 0)
    const top = Math.min((atY + reach) >> BLOCK_UNITS_LOG2, rowCount - 1)
    for (let row = bottom; row <= top; row++) {
      for (let column = left; column <= right; column++) {
        const count = enter(row * columnCount + column)
        for (let i = list + count - 1; i >= list; i--) {
          const other = i32[i]
          if (u8[isSolid + other] === 0) continue
          const apart = radius + u8[radii + other]
          const toX = path[TO_X] - f32[x + other]
          const toY = path[TO_Y] - f32[y + other]
          const distance = toX * toX + toY * toY
          if (distance >= apart * apart || i32[ids + other] === id) continue
          const fromX = path[FROM_X] - f32[x + other]
          const fromY = path[FROM_Y] - f32[y + other]
          if (distance < fromX * fromX + fromY * fromY) return true
        }
      }
    }
    return false
  }

  function firstHit(owner: number): number {
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
        const count = enter(row * columnCount + column)
        for (let i = list + count - 1; i >= list; i--) {
          const other = i32[i]
          const id = i32[ids + other]
          if (u8[isSolid + other] === 0 || id === owner) continue
          const toX = f32[x + other] - fromX
          const toY = f32[y + other] - fromY
          const along = toX * alongX + toY * alongY
          const t = along <= 0 ? 0 : along >= lengthSquared ? 1 : along / lengthSquared
          const dx = toX - t * alongX
          const dy = toY - t * alongY
          const radius = u8[radii + other]
          const isHit = dx * dx + dy * dy < radius * radius
          // Of two that are met at once, the lower id: the order of a list must not decide.
          if (isHit && (t < nearest || (t === nearest && id < hit))) {
            nearest = t
            hit = id
          }
        }
      }
    }
    return hit
  }

  return { isCrowded, firstHit }
}
