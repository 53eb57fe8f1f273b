/** Tables, with a storage or without. */
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
 * Makes a table that attached threads find by its name. The storage's `sync` syncs the table,
 * `dispose` disposes of it, and `forget` takes over chunks of a dead thread unless workers run a
 * system. `reset` keeps the rows, which belong to no entity. The table's own `sync`, `adoptChunks`,
 * `clear`, `trim`, `detach` and `dispose` throw 'group-busy' while workers run a system.
 *
 * @param name unique among the tables of the storage
 * @param schema field names to types of `t`, of one number each
 * @throws StorageError 'invalid-argument', 'storage-disposed'; ArenaError 'out-of-memory'
 */
export function createTable<const S extends TableSchema>(
  storage: Storage,
  name: string,
  schema: CheckedTable<S>,
  options?: Omit<TableOptions, 'name'>,
): Table<S>
/**
 * Makes a table in the arena of a pool, without a storage.
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

/** Makes the extension for tables. */
function tablesOf({ memory, tables, worldState }: StorageParts): StorageTables {
  return new StorageTables(memory.views.pool, tables, worldState.runs)
}
