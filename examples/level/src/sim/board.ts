// The board: where each shard says what its neighbours may read. Its bodies' columns are read in
// place, in whatever thread, by the ids of its own world; a cell's list holds such ids.
//
// Words of a shard, on a cache line of its own:
//
//     X, Y, ID   | index of the column's row 0 in the arena's f32, f32, i32
//     RADIUS,    | ... in its u8
//     IS_SOLID   |
//
// It is written between two steps, when nobody reads. A column that grows in a step leaves its block
// readable until the storage syncs, and the rows of bodies do not change before: so what the board
// says holds for the whole step.
import type { Arena } from '@ashlar/core'
import type { Components } from './components.ts'

export const BOARD_X = 0
export const BOARD_Y = 1
export const BOARD_ID = 2
export const BOARD_RADIUS = 3
export const BOARD_IS_SOLID = 4
export const BOARD_WORDS = 16

export type BodyColumns = {
  readonly Position: Pick<Components['Position'], 'x' | 'y'>
  readonly Body: Pick<Components['Body'], 'id' | 'radius' | 'isSolid'>
}

/** Puts a shard's columns on the board, whose first word is `board`. */
export function publish(
  { i32 }: Pick<Arena, 'i32'>,
  board: number,
  shard: number,
  { Position, Body }: BodyColumns,
): void {
  const words = board + shard * BOARD_WORDS
  i32[words + BOARD_X] = Position.x.byteOffset >> 2
  i32[words + BOARD_Y] = Position.y.byteOffset >> 2
  i32[words + BOARD_ID] = Body.id.byteOffset >> 2
  i32[words + BOARD_RADIUS] = Body.radius.byteOffset
  i32[words + BOARD_IS_SOLID] = Body.isSolid.byteOffset
}
