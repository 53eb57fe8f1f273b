/** The tables of a storage, by name: in the thread of its world, or in an attached thread. */
import type { Pool } from '@ashlar/core'
import { checkOptions } from '../base/arguments.ts'
import { duplicateTable, StorageError } from '../base/errors.ts'
import type { Extension } from '../base/extensions.ts'
import { checkName } from '../schema/read-schema.ts'
import type { TableEntry } from '../shared/manifest.ts'
import { attachTable, createTable } from './create-table.ts'
import type { Table } from './table.ts'
import type { TableSchema } from './table-chunk.ts'
import type { TableOptions } from './table-layout.ts'
import { checkAlone, isThere } from './table-root.ts'

/** The runs of systems that may use the tables. */
export interface TableRuns {
  /** Whether no worker runs a system. */
  isDone(): boolean
  /** Throws while workers run a system. */
  checkTables(what: string): void
}

const NO_RUNS: TableRuns = { isDone: () => true, checkTables() {} }

export class StorageTables implements Extension {
  readonly byName: Record<string, Table>
  /** Increments whenever a table is added or dropped. */
  version = 0
  readonly #pool: Pool
  readonly #runs: TableRuns
  /** The tables of `byName`. An array, so that `sync` makes no garbage. */
  readonly #all: Table[] = []

  /**
   * @param byName gets the tables
   * @param runs those of the worlds; attached threads pass none
   */
  constructor(pool: Pool, byName: Record<string, Table>, runs: TableRuns = NO_RUNS) {
    this.#pool = pool
    this.byName = byName
    this.#runs = runs
  }

  create<const S extends TableSchema>(
    name: string,
    schema: S,
    options: Omit<TableOptions, 'name'> = {},
  ): Table<S> {
    checkOptions('the options', options, ['chunkByteLength', 'chunkLimit'])
    checkName(name, 'table') // `createTable` has a default for an undefined name
    if (name in this.byName) throw duplicateTable(name)
    const owner = { checkIdle: this.#runs.checkTables, onDispose: () => this.#drop(name) }
    const table = createTable(this.#pool, schema, { ...options, name }, owner)
    this.#add(table as unknown as Table)
    return table
  }

  manifest(): { readonly tables: readonly TableEntry[] } {
    return { tables: this.#all.map(({ name, handle }) => ({ name, ...handle })) }
  }

  /** Attaches to new tables in the entries, which may still list tables that are disposed of. */
  follow(entries: readonly TableEntry[]): void {
    this.sync() // first: a new table may have the name of a disposed one
    for (const entry of entries) {
      const isNew = !(entry.name in this.byName) && isThere(this.#pool, entry)
      if (isNew) this.#add(attachTable(entry, this.#pool))
    }
  }

  /** Syncs the tables, and drops those that another thread has disposed of. */
  sync(): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const table = this.#all[i]
      try {
        table.sync()
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'table-disposed') throw error
        this.#drop(table.name)
      }
    }
  }

  /** Workers may use chunks of the dead thread until a run is done: then `sync` takes over. */
  takeOver(): void {
    if (!this.#runs.isDone()) return
    for (const table of this.#all) if (table.isAttached) table.takeOver()
  }

  detach(): void {
    for (const table of this.#all) table.detach()
  }

  /** @throws StorageError 'still-attached' if another thread is attached to a table */
  checkDispose(): void {
    this.sync() // attaches again to tables from which this thread has detached
    for (const table of this.#all) checkAlone(this.#pool, table)
  }

  /** Disposes of all tables. Call `checkDispose` first. */
  dispose(): void {
    while (this.#all.length > 0) this.#all[this.#all.length - 1].dispose() // also drops it
  }

  #add(table: Table): void {
    this.byName[table.name] = table
    this.#all.push(table)
    this.version++
  }

  #drop(name: string): void {
    this.#all.splice(this.#all.indexOf(this.byName[name]), 1)
    delete this.byName[name]
    this.version++
  }
}
