/** The tables of a storage, by name, in an attached thread. */
import type { Pool } from '@ashlar/core'
import { StorageError } from '../base/errors.ts'
import type { TableEntry } from '../shared/manifest.ts'
import { attachTable } from './attach-table.ts'
import type { Table } from './table.ts'
import { isThere } from './table-root.ts'

export class AttachedTables {
  readonly byName: Record<string, Table>
  /** A number that increments whenever a table is added or dropped. */
  version = 0
  protected readonly pool: Pool
  /**
   * The tables of `byName`. This is an array, because iterating over it in `sync` makes no garbage.
   */
  protected readonly all: Table[] = []

  /** @param byName the object into which this class puts the tables */
  constructor(pool: Pool, byName: Record<string, Table>) {
    this.pool = pool
    this.byName = byName
  }

  /**
   * Attaches to the new tables in a list of entries. Skips tables that were disposed of, but are
   * still in the list.
   */
  follow(entries: readonly TableEntry[]): void {
    this.sync() // first: a new table may have the name of a disposed one
    for (const entry of entries) {
      const isNew = !(entry.name in this.byName) && isThere(this.pool, entry)
      if (isNew) this.add(attachTable(entry, this.pool))
    }
  }

  /** Syncs the tables, and drops those that another thread has disposed of. */
  sync(): void {
    for (let i = this.all.length - 1; i >= 0; i--) {
      const table = this.all[i]
      try {
        table.sync()
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'table-disposed') throw error
        this.drop(table.name)
      }
    }
  }

  detach(): void {
    for (const table of this.all) table.detach()
  }

  protected add(table: Table): void {
    this.byName[table.name] = table
    this.all.push(table)
    this.version++
  }

  protected drop(name: string): void {
    this.all.splice(this.all.indexOf(this.byName[name]), 1)
    delete this.byName[name]
    this.version++
  }
}
