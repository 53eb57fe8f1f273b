/** What a run is over: the ids of entities, the chunks of a table by their numbers, or the workers. */
import { invalidArgument } from '../base/errors.ts'
import type { AnyTable } from '../tables/table-api.ts'
import { TableChunk } from '../tables/table-chunk.ts'

/** Instead of entities: each worker of the group is called once, for what each has of its own. */
export const EACH_WORKER = 'each worker' as const

/**
 * Ids in an array, as `query` gives them; or a table of the storage: its chunks that have rows; or
 * `EACH_WORKER`.
 */
export type RunEntities = ArrayLike<number> | AnyTable | typeof EACH_WORKER

const EXPECTED = 'ids in an array, as query() gives them, a table, or EACH_WORKER'

export const isTable = (entities: RunEntities): entities is AnyTable =>
  typeof entities === 'object' && 'chunks' in entities

/**
 * How many there are: of a table, chunks that have rows.
 * @param tables of the storage
 * @param workerCount of those that take part
 * @throws StorageError 'invalid-argument'
 */
export function checkedCount(
  entities: RunEntities,
  tables: Readonly<Record<string, AnyTable>>,
  workerCount: number,
): number {
  if (entities === EACH_WORKER) return workerCount
  if (typeof entities !== 'object' || entities === null) throw noEntities(entities)
  if (isTable(entities)) return countChunks(entities, tables)
  const count: unknown = entities.length
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) throw noEntities(entities)
  return count
}

const noEntities = (given: unknown) => invalidArgument('the entities', given, EXPECTED)

export const noEntity = (place: number, given: unknown) =>
  invalidArgument(`the entities: the one at place ${place}`, given, EXPECTED)

function countChunks(table: AnyTable, tables: Readonly<Record<string, AnyTable>>): number {
  const { name, chunks, isAttached } = table
  if (tables[name] !== table) {
    throw invalidArgument('the table', name, `one of this storage: storage.table('${name}', ...)`)
  }
  if (!isAttached)
    throw invalidArgument('the table', name, 'one that is not disposed of or detached')
  let count = 0
  for (let i = 0; i < chunks.length; i++) if (chunks[i].rowCount > 0) count++
  return count
}

/**
 * The numbers of those that `checkedCount` counts, ascending, from a word on: how many there are just now,
 * at most one for each chunk.
 */
export function writeNumbers(table: AnyTable, words: Int32Array, firstWord: number): number {
  const { chunks } = table
  let word = firstWord
  let seenCount = table.isAttached ? 0 : chunks.length
  for (let number = 0; seenCount < chunks.length; number++) {
    const chunk = table.chunk(number)
    if (chunk === undefined) continue
    seenCount++
    if (chunk.rowCount > 0) words[word++] = number
  }
  return word - firstWord
}

/** Completes or undoes what a worker was at that has died. Nobody else is at the chunk. */
export function repairChunk(table: AnyTable, number: number): void {
  const chunk = table.chunk(number)
  if (chunk instanceof TableChunk) chunk.$repair()
}
