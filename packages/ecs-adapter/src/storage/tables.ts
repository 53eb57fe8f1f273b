/** Makes tables, with or without a storage. */
import type { Pool } from '@ashlar/core'
import { invalidArgument } from '../base/errors.ts'
import { createTable as createTableOfPool } from '../tables/create-table.ts'
import { StorageTables } from '../tables/storage-tables.ts'
import type { Table } from '../tables/table.ts'
import type { CheckedTable, TableSchema } from '../tables/table-chunk.ts'
import type { TableOptions } from '../tables/table-options.ts'
import { WorldStorage } from './storage.ts'
import type { Storage } from './storage-api.ts'
import type { StorageParts } from './storage-parts.ts'

/**
 * Makes a table in a storage. Attached threads find it by its name. `storage.sync()` syncs the
 * table, and `storage.dispose()` disposes of it. `storage.forget(slot)` takes over the chunks of a
 * dead thread, unless workers run a system. `storage.reset()` keeps the rows.
 *
 * ```ts
 * const bullets = createTable(storage, 'Bullet', { x: t.f32, life: t.i16 })
 * const chunk = bullets.chunkWithRoom()
 * const row = chunk.addRow()
 * chunk.life[row] = 60
 * ```
 *
 * While workers run a system, these methods of the table throw 'group-busy': `sync`, `adoptChunks`,
 * `clear`, `trim`, `detach` and `dispose`.
 * @param name unique among the tables of the storage
 * @param schema the names of the fields, with their types from `t`: numbers and booleans only
 * @throws StorageError 'invalid-argument', 'storage-disposed'; ArenaError 'out-of-memory'
 */
export function createTable<const S extends TableSchema>(
  storage: Storage,
  name: string,
  schema: CheckedTable<S>,
  options?: Omit<TableOptions, 'name'>,
): Table<S>
/**
 * Makes a table without a storage. Another thread attaches to it by
 * `attachTable(table.handle, pool)`.
 * @param pool a pool of this thread. The table lies in its arena
 * @param schema the names of the fields, with their types from `t`: numbers and booleans only
 * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
 */
export function createTable<const S extends TableSchema>(
  pool: Pool,
  schema: CheckedTable<S>,
  options?: TableOptions,
): Table<S>
export function createTable<const S extends TableSchema>(
  owner: Storage | Pool,
  name: string | S,
  schema?: S | TableOptions,
  options?: Omit<TableOptions, 'name'>,
): Table<S> {
  if (!(owner instanceof WorldStorage)) {
    if (typeof name === 'string') {
      const expected = 'a storage. For a pool: createTable(pool, schema, { name })'
      throw invalidArgument('the first argument', owner, expected)
    }
    return createTableOfPool(owner as Pool, name as S, schema as TableOptions)
  }
  owner.$check()
  return owner.parts.extension(tablesOf).create(name as string, schema as S, options)
}

/** Makes the extension of a storage for tables. */
function tablesOf({ memory, tables, worldState }: StorageParts): StorageTables {
  return new StorageTables(memory.views.pool, tables, worldState.runs)
}
