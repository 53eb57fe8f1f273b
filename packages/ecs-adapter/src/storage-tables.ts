/** The tables of a storage, by name: in the thread of its world, and in those that attach. */
import type { Pool } from '@ashlar/core'
import type { TableEntry } from './directory.ts'
import { duplicateTable } from './errors.ts'
import { attachTable, createTable } from './table.ts'
import type { Table } from './table-api.ts'
import type { TableSchema } from './table-chunk.ts'
import type { TableOptions } from './table-layout.ts'

type Named = Record<string, Table>

export class StorageTables {
  readonly byName: Named = Object.create(null)
  readonly #pool: Pool
  readonly #tables: Table[] = []

  constructor(pool: Pool) {
    this.#pool = pool
  }

  get count(): number {
    return this.#tables.length
  }

  create<const S extends TableSchema>(
    name: string,
    schema: S,
    options?: Omit<TableOptions, 'name'>,
  ): Table<S> {
    if (name in this.byName) throw duplicateTable(name)
    const table = createTable(this.#pool, schema, { ...options, name })
    this.byName[name] = table as unknown as Table
    this.#tables.push(table as unknown as Table)
    return table
  }

  /** Where they are, for other threads. */
  readonly entries = (): TableEntry[] =>
    this.#tables.map(({ name, handle }) => ({ name, ...handle }))

  sync(): void {
    for (let i = 0; i < this.#tables.length; i++) this.#tables[i].sync()
  }

  takeOver(): void {
    for (const table of this.#tables) table.takeOver()
  }

  /** @throws StorageError 'still-attached'; those that it could free are gone then */
  dispose(): void {
    for (let table = this.#tables.at(-1); table !== undefined; table = this.#tables.at(-1)) {
      table.dispose()
      this.#tables.pop()
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

  /** Attaches to those that are new. */
  follow(entries: readonly TableEntry[]): void {
    for (const { name, offset, serial } of entries) {
      if (name in this.byName) continue
      const table = attachTable({ offset, serial }, this.#pool)
      this.byName[name] = table
      this.#tables.push(table)
    }
  }

  sync(): void {
    for (let i = 0; i < this.#tables.length; i++) this.#tables[i].sync()
  }

  detach(): void {
    for (const table of this.#tables) table.detach()
  }
}
