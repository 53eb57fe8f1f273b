// Where each shard says what its neighbours may read. Its bodies' columns are read in
// place, in whatever thread, by the ids of its own world; a cell's list holds such ids.
//
// Words of a shard, on a cache line of its own:
//
//     X, Y, ID   | index of the column's row 0 in the arena's f32, f32, i32
//     RADIUS,    | ... in its u8
//     IS_SOLID   |
//
// It is written between two steps, when nobody reads. A column that grows in a step leaves its
// block readable until the storage syncs, and the rows of bodies do not change before: so these
// words hold for the whole step.
import type { Arena } from '@ashlar/core'
import type { Components } from './components.ts'

export const PUBLISHED_X = 0
export const PUBLISHED_Y = 1
export const PUBLISHED_ID = 2
export const PUBLISHED_RADIUS = 3
export const PUBLISHED_IS_SOLID = 4
export const PUBLISHED_WORDS = 16

export type BodyColumns = {
  readonly Position: Pick<Components['Position'], 'x' | 'y'>
  readonly Body: Pick<Components['Body'], 'id' | 'radius' | 'isSolid'>
}

/** Publishes a shard's columns; the first word of all is `published`. */
export function publish(
  { i32 }: Pick<Arena, 'i32'>,
  published: number,
  shard: number,
  { Position, Body }: BodyColumns,
): void {
  const words = published + shard * PUBLISHED_WORDS
  i32[words + PUBLISHED_X] = Position.x.byteOffset >> 2
  i32[words + PUBLISHED_Y] = Position.y.byteOffset >> 2
  i32[words + PUBLISHED_ID] = Body.id.byteOffset >> 2
  i32[words + PUBLISHED_RADIUS] = Body.radius.byteOffset
  i32[words + PUBLISHED_IS_SOLID] = Body.isSolid.byteOffset
}
