/** The tables that a storage has made, in the thread of its world. */
import type { Pool } from '@ashlar/core'
import { checkOptions } from '../base/arguments.ts'
import { duplicateTable } from '../base/errors.ts'
import type { Extension } from '../base/extensions.ts'
import { checkName } from '../schema/read-schema.ts'
import type { TableEntry } from '../shared/manifest.ts'
import { AttachedTables } from './attached-tables.ts'
import { createTable } from './create-table.ts'
import type { Table } from './table.ts'
import type { TableSchema } from './table-chunk.ts'
import type { TableOptions } from './table-options.ts'
import { checkAlone } from './table-root.ts'

/** What tables need to know about the runs of systems that may use them. */
export interface TableRuns {
  /** Whether the caller is a system that runs in this thread. */
  readonly isHere: boolean
  /** Returns whether no worker runs a system. */
  isDone(): boolean
  /** Throws while workers run a system. */
  checkTables(what: string): void
}

/** The tables of a storage, in the thread of its world. */
export class StorageTables extends AttachedTables implements Extension {
  readonly #runs: TableRuns

  /**
   * @param byName the object into which this class puts the tables
   * @param runs the runs on the worlds of the storage
   */
  constructor(pool: Pool, byName: Record<string, Table>, runs: TableRuns) {
    super(pool, byName)
    this.#runs = runs
  }

  create<const S extends TableSchema>(
    name: string,
    schema: S,
    options: Omit<TableOptions, 'name'> = {},
  ): Table<S> {
    checkOptions('the options', options, ['chunkByteLength', 'chunkLimit'])
    checkName(name, 'table') // `createTable` has a default for undefined
    if (name in this.byName) throw duplicateTable(name)
    const runs = this.#runs
    const checkIdle = runs.checkTables
    const checkOwn = (what: string) => runs.isHere || checkIdle(what)
    const owner = { checkIdle, checkOwn, onDispose: () => this.drop(name) }
    const table = createTable(this.pool, schema, { ...options, name }, owner)
    this.add(table as unknown as Table)
    return table
  }

  manifest(): { readonly tables: readonly TableEntry[] } {
    return { tables: this.all.map(({ name, handle }) => ({ name, ...handle })) }
  }

  /**
   * Adopts the chunks of dead threads. While a run is not done, workers may use these chunks: then
   * `sync` adopts them later.
   */
  adoptChunks(): void {
    if (!this.#runs.isDone()) return
    for (const table of this.all) if (table.isAttached) table.adoptChunks()
  }

  /**
   * Checks that no other thread is attached to a table.
   * @throws StorageError 'still-attached' if one is
   */
  checkDispose(): void {
    this.sync() // attaches again to tables from which this thread has detached
    for (const table of this.all) checkAlone(this.pool, table)
  }

  /** Disposes of all tables. Call `checkDispose` first. */
  dispose(): void {
    while (this.all.length > 0) this.all[this.all.length - 1].dispose() // this also drops the table
  }
}
