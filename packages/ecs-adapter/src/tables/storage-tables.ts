/** The tables of a storage, by name: in the thread of its world, and in those that attach. */
import type { Pool } from '@ashlar/core'
import { checkOptions } from '../base/arguments.ts'
import { duplicateTable, StorageError } from '../base/errors.ts'
import { checkName } from '../schema/schema.ts'
import type { TableEntry } from '../shared/directory.ts'
import { attachTable, createWatchedTable } from './table.ts'
import type { Table } from './table-api.ts'
import type { TableSchema } from './table-chunk.ts'
import type { TableOptions } from './table-layout.ts'
import { isThere } from './table-root.ts'

type Named = Record<string, Table>

export class StorageTables {
  readonly byName: Named = Object.create(null)
  readonly #pool: Pool
  readonly #tables: Table[] = []
  #version = 0

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Another number whenever the tables are others. */
  get version(): number {
    return this.#version
  }

  create<const S extends TableSchema>(
    name: string,
    schema: S,
    options: Omit<TableOptions, 'name'> = {},
  ): Table<S> {
    checkOptions('the options', options, ['chunkByteLength', 'chunkLimit'])
    checkName(name, 'table') // or it would be that of a table by itself
    if (name in this.byName) throw duplicateTable(name)
    const forget = () => {
      delete this.byName[name]
      this.#tables.splice(this.#tables.indexOf(one), 1)
      this.#version++
    }
    const table = createWatchedTable(this.#pool, schema, { ...options, name }, forget)
    const one = table as unknown as Table
    this.byName[name] = one
    this.#tables.push(one)
    this.#version++
    return table
  }

  /** Where they are, for other threads. */
  readonly entries = (): TableEntry[] =>
    this.#tables.map(({ name, handle }) => ({ name, ...handle }))

  sync(): void {
    for (let i = 0; i < this.#tables.length; i++) this.#tables[i].sync()
  }

  takeOver(): void {
    for (const table of this.#tables) if (table.isAttached) table.takeOver()
  }

  /** @throws StorageError 'still-attached'; those that it could free are gone then */
  dispose(): void {
    for (let table = this.#tables.at(-1); table !== undefined; table = this.#tables.at(-1)) {
      table.dispose() // which takes it out of the list
    }
  }
}

/** The same in a thread that is attached. */
export class AttachedTables {
  readonly byName: Named = Object.create(null)
  readonly #pool: Pool
  readonly #tables: Table[] = []

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Attaches to those that are new. One that is disposed of may stand there until the next publication. */
  follow(entries: readonly TableEntry[]): void {
    this.sync() // another table may have the name of one that is gone
    for (const { name, offset, serial } of entries) {
      const handle = { offset, serial }
      if (name in this.byName || !isThere(this.#pool, handle)) continue
      const table = attachTable(handle, this.#pool)
      this.byName[name] = table
      this.#tables.push(table)
    }
  }

  sync(): void {
    for (let i = this.#tables.length - 1; i >= 0; i--) {
      const table = this.#tables[i]
      if (isSynced(table)) continue
      delete this.byName[table.name]
      this.#tables.splice(i, 1)
    }
  }

  detach(): void {
    for (const table of this.#tables) table.detach()
  }
}

/** Syncs a table; false when it is disposed of. */
function isSynced(table: Table): boolean {
  try {
    table.sync()
    return true
  } catch (error) {
    if (error instanceof StorageError && error.code === 'table-disposed') return false
    throw error
  }
}
