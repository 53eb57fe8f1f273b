/** A row for every id there is: columns are indexed by it. */

import type { GivenValues } from '../lists/given-values.ts'
import { NO_ROW } from '../lists/variable-field.ts'
import { Columns } from './columns.ts'
import type { ComponentStore, ComponentStoreOptions } from './component-store.ts'
import { hasVariable, VariableBinding } from './variable-binding.ts'

export class DenseStore implements ComponentStore {
  readonly columns: Columns
  readonly rows = undefined
  readonly #variable: VariableBinding | undefined
  #entityMask = 0

  /** @throws ArenaError 'out-of-memory'; nothing is allocated then */
  constructor(options: ComponentStoreOptions) {
    const row = (eid: number) => eid & this.#entityMask
    if (hasVariable(options.fields)) this.#variable = new VariableBinding({ ...options, row })
    this.columns = new Columns({ ...options, variable: this.#variable?.byField })
  }

  get fields() {
    return this.#variable?.fields
  }

  get entry() {
    return this.columns.entry
  }

  get version() {
    return this.columns.version
  }

  get isTold() {
    return this.#variable !== undefined
  }

  begin(entityMask: number, owns: (eid: number) => boolean): void {
    this.#entityMask = entityMask
    this.#variable?.begin(owns)
  }

  add(eid: number): void {
    const row = eid & this.#entityMask
    this.columns.cover(row)
    this.#variable?.renew(row)
    this.columns.clear(row)
  }

  lose(eid: number): void {
    this.#variable?.lose(eid & this.#entityMask)
  }

  claim(eid: number): number {
    const row = eid & this.#entityMask
    this.columns.cover(row)
    return row
  }

  find(eid: number): number {
    return this.claim(eid)
  }

  read(eid: number): Record<string, unknown> {
    return this.columns.read(this.claim(eid))
  }

  keep(eid: number): void {
    this.#variable?.keep(eid & this.#entityMask)
  }

  write(eid: number, row: number, given: GivenValues): void {
    this.#variable?.beginWrite(eid, row)
    this.fields?.prepare(row, given)
    this.fields?.commit(row, given)
    this.columns.write(row, given)
  }

  prepare(given: GivenValues): void {
    this.fields?.prepare(NO_ROW, given)
  }

  commit(eid: number, row: number, given: GivenValues): void {
    this.#variable?.beginWrite(eid, row)
    this.fields?.commit(row, given)
    this.columns.write(row, given)
  }

  isDeferred(row: number): boolean {
    return this.#variable?.isDeferred(row) ?? false
  }

  get coveredIdCount(): number {
    return this.columns.rowCount
  }

  cover(maxId: number): void {
    this.columns.cover(maxId)
  }

  sync(): void {
    this.columns.sync()
    this.#variable?.sync()
  }

  clearAll(): void {
    this.fields?.freeAll()
    this.columns.clearAll()
  }

  dispose(): void {
    this.fields?.freeAll()
    this.columns.dispose()
  }
}
