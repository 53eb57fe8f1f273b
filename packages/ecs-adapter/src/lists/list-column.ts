/** A list field of a component, as users hold it: lists by entity, with every check. */

import { invalidArgument } from '../base/errors.ts'
import { isLength } from '../base/typed-arrays.ts'
import type { ListField, Numbers } from '../schema/fields.ts'
import type { ScalarArray } from '../schema/schema.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import type { HandleColumn } from './handle-column.ts'
import type { Lists } from './lists.ts'
import type { Staging } from './staging.ts'

export class ListColumn<A extends ScalarArray> implements ListField<A> {
  readonly #handles: HandleColumn
  readonly #lists: Lists<A>
  readonly #staging: Staging
  readonly #removed: StaleReferences | undefined

  /** @param removed for lists that drop removed entities */
  constructor(
    handles: HandleColumn,
    lists: Lists<A>,
    staging: Staging,
    removed: StaleReferences | undefined,
  ) {
    this.#handles = handles
    this.#lists = lists
    this.#staging = staging
    this.#removed = removed
  }

  length(eid: number): number {
    return this.#lists.length(this.#handles.blockOf(eid))
  }

  capacity(eid: number): number {
    return this.#lists.capacity(this.#handles.blockOf(eid))
  }

  get(eid: number, index: number): number {
    const block = this.#handles.blockOf(eid)
    if (!isIndex(index, this.#lists.length(block))) return undefined as unknown as number
    return this.#lists.load(block, index)
  }

  setAt(eid: number, index: number, value: number): void {
    this.#check(value)
    const block = this.#handles.blockOf(eid)
    this.#checkIndex(index, this.#lists.checkedLength(block))
    const isKept = this.#removed?.isReused(value | 0) !== true || this.#isKept(block, index)
    const at = this.#settleAt(eid, index, value)
    if (isKept) this.#lists.store(this.#handles.blockOf(eid), at, value)
    else this.#lists.insert(this.#handles.wordOf(eid), at, value)
    this.#removed?.note(value)
  }

  push(eid: number, value: number): number {
    this.#check(value)
    this.#removed?.settle(value)
    const length = this.#lists.push(this.#handles.wordToFill(eid), value)
    this.#removed?.note(value)
    return length
  }

  append(eid: number, values: Numbers): number {
    this.#write(eid, values, true)
    return this.length(eid)
  }

  pop(eid: number): number | undefined {
    const block = this.#handles.blockOf(eid)
    const last = this.#lists.length(block) - 1
    if (last < 0) return undefined
    const value = this.#lists.load(block, last)
    this.#lists.truncate(this.#handles.wordOf(eid), last)
    return value
  }

  insert(eid: number, index: number, value: number): void {
    this.#check(value)
    const word = this.#handles.wordToFill(eid) // first: until then another entity may have the row
    this.#checkIndex(index, this.length(eid) + 1)
    this.#lists.insert(word, this.#settleAt(eid, index, value), value)
    this.#removed?.note(value)
  }

  remove(eid: number, index: number): number {
    this.#checkIndex(index, this.length(eid))
    return this.#lists.remove(this.#handles.wordOf(eid), index, false)
  }

  swapRemove(eid: number, index: number): number {
    this.#checkIndex(index, this.length(eid))
    return this.#lists.remove(this.#handles.wordOf(eid), index, true)
  }

  indexOf(eid: number, value: number): number {
    const block = this.#handles.blockOf(eid)
    const length = this.#lists.checkedLength(block)
    for (let i = 0; i < length; i++) {
      const found = this.#lists.load(block, i)
      if (found === value || (Number.isNaN(found) && Number.isNaN(value))) return i
    }
    return -1
  }

  set(eid: number, values: Numbers): void {
    this.#write(eid, values, false)
  }

  resize(eid: number, length: number): void {
    this.#checkCount('the length', length)
    this.#lists.resize(this.#handles.wordToFill(eid), length)
  }

  reserve(eid: number, capacity: number): void {
    this.#checkCount('the capacity', capacity)
    this.#lists.reserve(this.#handles.wordToFill(eid), capacity)
  }

  clear(eid: number): void {
    if (this.#handles.blockOf(eid) !== 0) this.#lists.free(this.#handles.wordOf(eid))
  }

  offset(eid: number): number {
    return this.#lists.offset(this.#handles.blockOf(eid))
  }

  view(eid: number): A {
    return this.#lists.view(this.#handles.blockOf(eid))
  }

  toArray(eid: number): number[] {
    return this.#lists.toArray(this.#handles.blockOf(eid))
  }

  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void {
    if (typeof callback !== 'function') {
      throw invalidArgument(`the callback for ${this.#handles.name}`, callback, 'a function')
    }
    const count = this.length(eid)
    for (let i = 0; i < count; i++) {
      const block = this.#handles.blockOf(eid) // each time: callbacks may move the list
      if (i >= this.#lists.checkedLength(block)) return
      callback(this.#lists.load(block, i), i, eid)
    }
  }

  #write(eid: number, values: Numbers, isAppended: boolean): void {
    const staging = this.#staging
    const start = staging.length
    staging.take(values, this.#handles.name)
    const end = staging.length
    try {
      staging.settle(this.#removed, start, end)
      const word = this.#handles.wordToFill(eid)
      if (isAppended) this.#lists.append(word, staging.values, start, end)
      else this.#lists.set(word, staging.values, start, end)
      staging.note(this.#removed, start, end)
    } finally {
      staging.dropFrom(start)
    }
  }

  /** `StaleReferences.settle`, which may remove ids from the list. Returns the new index. */
  #settleAt(eid: number, index: number, value: number): number {
    if (this.#removed?.isReused(value | 0) !== true) return index
    const block = this.#handles.blockOf(eid)
    let settled = 0
    for (let i = 0; i < index; i++) if (this.#isKept(block, i)) settled++
    this.#removed.settle(value)
    return settled
  }

  #isKept(block: number, index: number): boolean {
    return this.#removed === undefined || this.#removed.isKept(this.#lists.load(block, index))
  }

  #check(value: number): void {
    if (typeof value === 'number') return
    throw invalidArgument(`a value for ${this.#handles.name}`, value, 'a number')
  }

  #checkIndex(index: number, length: number): void {
    if (isIndex(index, length)) return
    const expected = length === 0 ? 'none: the list is empty' : `a whole number below ${length}`
    throw invalidArgument(`an index of ${this.#handles.name}`, index, expected)
  }

  #checkCount(what: string, count: number): void {
    if (isLength(count)) return
    throw invalidArgument(`${what} of ${this.#handles.name}`, count, 'a whole number of elements')
  }
}

/** By type first: `>>>` throws for a bigint, and takes a string for a number. */
const isIndex = (index: number, length: number) =>
  typeof index === 'number' && index >>> 0 === index && index < length
