/**
 * The object that a component has for `t.eid({ weak: true })`, in any thread. Its methods take
 * entity ids.
 */
import { checkedEid } from '../base/arguments.ts'
import { invalidArgument, noRow } from '../base/errors.ts'
import type { FieldObject, FieldObjectOptions } from '../fields/field-code.ts'
import type { Rows } from '../fields/variable-column.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { WeakEidField } from '../schema/fields.ts'
import type { WeakIds } from './weak-ids.ts'

export class WeakEidColumn implements WeakEidField, FieldObject {
  readonly #name: string
  readonly #views: MemoryViews
  readonly #rows: Rows
  readonly #ids: WeakIds
  /** The index of row 0 in `views.f64`. */
  #first = 0
  #rowCount = 0

  constructor({ name, memory, rows }: FieldObjectOptions, ids: WeakIds) {
    this.#name = name
    this.#views = memory.views
    this.#rows = rows
    this.#ids = ids
  }

  $bind(byteOffset: number, rowCount: number): void {
    this.#first = (byteOffset / 8) | 0 // V8 would allocate memory for the quotient
    this.#rowCount = rowCount
  }

  get(eid: number): number {
    const row = this.#rowOf(eid)
    if (row < 0 || row >= this.#rowCount) return 0
    return this.#ids.idAt(this.#first + row)
  }

  set(eid: number, other: number): void {
    const id = checkedEid(other, 'the id of an entity, or 0')
    const found = this.#rowOf(eid)
    const row = this.#rows.rowToFill?.(eid) ?? found // this may move the columns
    if (row < 0 || row >= this.#rowCount) throw noRow(eid, this.#name)
    this.#ids.write(id, this.#views.f64, this.#first + row)
  }

  #rowOf(eid: number): number {
    if (typeof eid !== 'number' || (eid | 0) !== eid) {
      throw invalidArgument('the entity', eid, 'an entity id')
    }
    return this.#rows.row(eid)
  }
}
