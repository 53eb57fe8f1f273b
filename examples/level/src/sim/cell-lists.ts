// Which entities are in which cell of a grid: each cell owns a list of entity ids in an arena
// block, that doubles when it is full, halves when three quarters are empty, and goes back when the
// last one leaves.
//
// The heads are one block for all shards: for each cell the offset of its list (0: none), its count
// and its capacity. Any shard may read them; only the one that has the cell writes its head and
// list.
import type { Arena } from '@ashlar/core'
import type { CountedPool } from './counted-pool.ts'

const LIST_OFFSET = 0
const LIST_COUNT = 1
const LIST_CAPACITY = 2
const HEAD_WORDS = 4
export const HEAD_BYTE_LENGTH = 4 * HEAD_WORDS

const CAPACITY_MIN = 4

/**
 * Where each entity is: its cell, and its index in that cell's list. Read anew in every call, since
 * columns move when they grow.
 */
export interface Place {
  readonly cell: Int32Array
  readonly slot: Int32Array
}

export interface CellLists {
  count(cell: number): number
  /** The entity at an index below `count(cell)`; removal moves the last one into the gap. */
  at(cell: number, index: number): number
  /** Where that list begins in the arena's i32, for loops over all of it. */
  wordOf(cell: number): number
  /** The entity must be in no list of this place. */
  insert(eid: number, cell: number): void
  remove(eid: number): void
  move(eid: number, cell: number): void
  /** Frees the lists of these cells; entities stay as they are. */
  dispose(cells: Iterable<number>): void
}

/** `headsOffset` is that of a block of HEAD_BYTE_LENGTH for each cell, zero at first. */
export function createCellLists(
  arena: Arena,
  pool: CountedPool,
  place: Place,
  headsOffset: number,
): CellLists {
  const { i32 } = arena
  const heads = headsOffset >> 2

  function insert(eid: number, cell: number): void {
    const head = heads + cell * HEAD_WORDS
    const count = i32[head + LIST_COUNT]
    if (count === i32[head + LIST_CAPACITY]) grow(head)
    i32[(i32[head + LIST_OFFSET] >> 2) + count] = eid
    i32[head + LIST_COUNT] = count + 1
    place.cell[eid] = cell
    place.slot[eid] = count
  }

  function remove(eid: number): void {
    const head = heads + place.cell[eid] * HEAD_WORDS
    const slot = place.slot[eid]
    const list = i32[head + LIST_OFFSET] >> 2
    const count = i32[head + LIST_COUNT] - 1
    const last = i32[list + count]
    i32[list + slot] = last
    place.slot[last] = slot
    i32[head + LIST_COUNT] = count
    if (4 * count <= i32[head + LIST_CAPACITY]) shrink(head, count)
  }

  function grow(head: number): void {
    const capacity = 2 * i32[head + LIST_CAPACITY] || CAPACITY_MIN
    const offset = i32[head + LIST_OFFSET]
    const grown = offset === 0 ? pool.alloc(4 * capacity) : pool.realloc(offset, 4 * capacity)
    i32[head + LIST_OFFSET] = grown
    i32[head + LIST_CAPACITY] = capacity
  }

  function shrink(head: number, count: number): void {
    const capacity = i32[head + LIST_CAPACITY]
    if (count === 0) {
      pool.free(i32[head + LIST_OFFSET])
      i32[head + LIST_OFFSET] = 0
      i32[head + LIST_CAPACITY] = 0
    } else if (capacity > CAPACITY_MIN) {
      i32[head + LIST_OFFSET] = pool.realloc(i32[head + LIST_OFFSET], 2 * capacity)
      i32[head + LIST_CAPACITY] = capacity / 2
    }
  }

  return {
    count: (cell) => i32[heads + cell * HEAD_WORDS + LIST_COUNT],
    at: (cell, index) => i32[(i32[heads + cell * HEAD_WORDS + LIST_OFFSET] >> 2) + index],
    wordOf: (cell) => i32[heads + cell * HEAD_WORDS + LIST_OFFSET] >> 2,
    insert,
    remove,
    move(eid, cell) {
      if (place.cell[eid] === cell) return
      remove(eid)
      insert(eid, cell)
    },
    dispose(cells) {
      for (const cell of cells) {
        const head = heads + cell * HEAD_WORDS
        pool.free(i32[head + LIST_OFFSET])
        i32.fill(0, head, head + HEAD_WORDS)
      }
    },
  }
}
