/** Places the input of a run where workers find it: ids, chunk numbers and arguments. */
import type { Pool } from '@ashlar/core'
import { isEntityId } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { isIdArray } from '../base/typed-arrays.ts'
import type { Storage } from '../storage/storage-api.ts'
import type { AnyTable } from '../tables/table.ts'
import { TableChunk } from '../tables/table-chunk.ts'

/**
 * Pass it to `group.run` in place of entities: the system is then called once on each worker. Use
 * it for what each worker has, such as its own chunks of a table.
 */
export const EACH_WORKER = 'each worker' as const

/**
 * What a run goes over:
 *
 * - The ids of entities in an array, such as the result of `query`. They are checked and copied
 *   into the arena. An `Int32Array` or `Uint32Array` is not checked. If it lies in the arena, it is
 *   not copied either.
 * - A table of the storage. The run goes over the chunks that have rows when it begins, by
 *   ascending number.
 * - `EACH_WORKER`, to call the system once on each worker.
 */
export type RunEntities = ArrayLike<number> | AnyTable | typeof EACH_WORKER

const EXPECTED = 'ids in an array, as query() gives them, a table, or EACH_WORKER'

export const isTable = (entities: RunEntities): entities is AnyTable =>
  typeof entities === 'object' && 'chunks' in entities

/**
 * Returns the number of ids, of chunks that have rows, or of workers.
 * @throws StorageError 'invalid-argument' if `entities` is none of these
 */
export function countOf(entities: RunEntities, storage: Storage, workerCount: number): number {
  if (entities === EACH_WORKER) return workerCount
  if (typeof entities === 'object' && entities !== null) {
    if (isTable(entities)) return countChunks(entities, storage)
    const count: unknown = entities.length
    if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return count
  }
  throw invalidArgument('the entities', entities, EXPECTED)
}

function countChunks(table: AnyTable, { tables }: Storage): number {
  const { name, chunks, isAttached } = table
  const fault =
    !Object.hasOwn(tables, name) || tables[name] !== table
      ? `one of this storage: createTable(storage, '${name}', ...)`
      : isAttached || 'one that is not disposed of or detached'
  if (fault !== true) throw invalidArgument('the table', name, fault)
  tables[name].$follow() // finds chunks that an earlier stage has made, with and without workers
  let count = 0
  for (let i = 0; i < chunks.length; i++) if (chunks[i].rowCount > 0) count++
  return count
}

/**
 * A block whose contents each run replaces. It grows when a run needs a longer block, and never
 * shrinks.
 */
export class InputBlock {
  /** The byte offset of the contents: in the block, or of ids that lie in the arena already. */
  offset = 0
  /** The byte offset of the block; 0 before there is a block. */
  block = 0
  readonly pool: Pool
  #byteLength = -1

  constructor(pool: Pool) {
    this.pool = pool
  }

  /** Makes the block long enough; earlier contents are lost. @throws ArenaError 'out-of-memory' */
  take(byteLength: number): void {
    if (byteLength > this.#byteLength) {
      const block = this.pool.tryAlloc(byteLength * 2) || this.pool.alloc(byteLength)
      this.pool.free(this.block)
      this.block = block
      this.#byteLength = this.pool.byteLengthOf(block)
    }
    this.offset = this.block
  }
}

/**
 * Places ids or chunk numbers, and returns how many there are. For `EACH_WORKER`, it places
 * nothing, and returns the number of workers.
 * @throws StorageError 'invalid-argument' if the entities are wrong; ArenaError 'out-of-memory'
 */
export function placeEntities(
  block: InputBlock,
  entities: RunEntities,
  storage: Storage,
  workerCount: number,
): number {
  const { pool } = block
  const count = countOf(entities, storage, workerCount)
  if (entities === EACH_WORKER) return count
  const isIds = isIdArray(entities)
  if (isIds && entities.buffer === pool.arena.i32.buffer) {
    block.offset = entities.byteOffset
    return count
  }
  const table = !isIds && isTable(entities) ? entities : undefined
  block.take((table === undefined ? count : table.chunks.length) * 4)
  const { i32 } = pool.arena // read after `take`, which may have made memory grow
  const first = block.offset >> 2
  if (isIds) i32.set(entities, first)
  else if (table !== undefined) return placeChunks(table, i32, first)
  else placeIds(entities as ArrayLike<unknown>, count, storage.isVersioned, i32, first)
  return count
}

/**
 * Places the ascending numbers of the chunks that have rows now. Other threads may add or remove
 * rows at the same time.
 */
function placeChunks(table: AnyTable, words: Int32Array, first: number): number {
  let count = 0
  let seenCount = 0
  for (let number = 0; seenCount < table.chunks.length; number++) {
    const chunk = table.chunk(number)
    if (chunk === undefined) continue
    seenCount++
    if (chunk.rowCount > 0) words[first + count++] = number
  }
  return count
}

/** Repairs the placed chunks after a worker died in one. No thread may use them during the call. */
export function repairChunks(block: InputBlock, entities: RunEntities, count: number): void {
  if (!isTable(entities)) return
  const first = block.offset >> 2
  for (let i = 0; i < count; i++) {
    const chunk = entities.chunk(block.pool.arena.i32[first + i])
    if (chunk instanceof TableChunk) chunk.$repair()
  }
}

/**
 * Checks and copies ids. This takes 100 µs for a `number[]` of 100,000 ids. `set` without checks
 * would take 50 µs.
 */
function placeIds(
  entities: ArrayLike<unknown>,
  count: number,
  isVersioned: boolean,
  words: Int32Array,
  first: number,
): void {
  const least = isVersioned ? -(2 ** 31) : 1
  for (let i = 0; i < count; i++) {
    const eid = entities[i]
    if (!isEntityId(eid) || eid < least) throw noEntity(i, eid)
    words[first + i] = eid
  }
}

const noEntity = (index: number, given: unknown) =>
  invalidArgument(`the entities: the one at place ${index}`, given, EXPECTED)
