/** What a component has for a list field: the lists of `lists.ts`, by entity, with every check. */

import { invalidArgument } from '../base/errors.ts'
import type { Cells } from '../memory/cells.ts'
import type { ListField, Numbers } from '../schema/fields.ts'
import type { ScalarArray, ScalarArrayConstructor } from '../schema/schema.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import type { HandleColumn } from './handle-column.ts'
import type { Lists } from './lists.ts'
import type { Staging } from './staging.ts'

export interface ListColumnOptions<A extends ScalarArray> {
  /** Of component and field, for messages. */
  name: string
  type: ScalarArrayConstructor<A>
  cells: Cells
  handles: HandleColumn
  lists: Lists
  staging: Staging
  /** Of lists that drop removed entities. */
  removed?: StaleReferences | undefined
}

export class ListColumn<A extends ScalarArray> implements ListField<A> {
  readonly #name: string
  readonly #type: ScalarArrayConstructor<A>
  readonly #cells: Cells
  readonly #handles: HandleColumn
  readonly #lists: Lists
  readonly #staging: Staging
  readonly #removed: StaleReferences | undefined

  constructor({ name, type, cells, handles, lists, staging, removed }: ListColumnOptions<A>) {
    this.#name = name
    this.#type = type
    this.#cells = cells
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
    const isThere = this.#removed?.isReused(value | 0) !== true || this.#isKept(block, index)
    const at = this.#settleAt(eid, index, value)
    if (isThere) this.#lists.store(this.#handles.blockOf(eid), at, value)
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
    const start = this.#stage(values)
    try {
      this.#settleFrom(start)
      const word = this.#handles.wordToFill(eid)
      this.#lists.append(word, this.#staging.values, start, this.#staging.length)
      this.#noteFrom(start)
    } finally {
      this.#staging.dropFrom(start)
    }
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
    const word = this.#handles.wordToFill(eid) // first: the row may be that of another one until then
    this.#checkIndex(index, this.length(eid) + 1)
    this.#lists.insert(word, this.#settleAt(eid, index, value), value)
    this.#removed?.note(value)
  }

  remove(eid: number, index: number): number {
    const block = this.#handles.blockOf(eid)
    this.#checkIndex(index, this.#lists.length(block))
    const value = this.#lists.load(block, index)
    this.#lists.remove(this.#handles.wordOf(eid), index)
    return value
  }

  swapRemove(eid: number, index: number): number {
    const block = this.#handles.blockOf(eid)
    this.#checkIndex(index, this.#lists.length(block))
    const value = this.#lists.load(block, index)
    this.#lists.swapRemove(this.#handles.wordOf(eid), index)
    return value
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
    const start = this.#stage(values)
    try {
      this.#settleFrom(start)
      const word = this.#handles.wordToFill(eid)
      this.#lists.set(word, this.#staging.values, start, this.#staging.length)
      this.#noteFrom(start)
    } finally {
      this.#staging.dropFrom(start)
    }
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
    const block = this.#handles.blockOf(eid)
    const length = this.#lists.checkedLength(block)
    return new this.#type(this.#cells.buffer, this.#lists.offset(block), length)
  }

  toArray(eid: number): number[] {
    return this.#lists.toArray(this.#handles.blockOf(eid))
  }

  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void {
    if (typeof callback !== 'function') {
      throw invalidArgument(`the callback for ${this.#name}`, callback, 'a function')
    }
    const count = this.length(eid)
    for (let i = 0; i < count; i++) {
      const block = this.#handles.blockOf(eid) // each time: callbacks may move the list
      if (i >= this.#lists.checkedLength(block)) return
      callback(this.#lists.load(block, i), i, eid)
    }
  }

  /** Takes numbers in; gives where they begin in `staging`. */
  #stage(values: Numbers): number {
    const start = this.#staging.length
    this.#staging.take(values, this.#name)
    return start
  }

  #settleFrom(start: number): void {
    const { values, length } = this.#staging
    for (let i = start; i < length; i++) this.#removed?.settle(values[i])
  }

  #noteFrom(start: number): void {
    const { values, length } = this.#staging
    for (let i = start; i < length; i++) this.#removed?.note(values[i])
  }

  /** As `StaleReferences.settle`. Gives what has become of an index, where that has taken ids out of the list. */
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
    if (typeof value !== 'number') throw invalidArgument(`a value for ${this.#name}`, value, NUMBER)
  }

  #checkIndex(index: number, length: number): void {
    if (isIndex(index, length)) return
    const expected = length === 0 ? 'none: the list is empty' : `a whole number below ${length}`
    throw invalidArgument(`an index of ${this.#name}`, index, expected)
  }

  #checkCount(what: string, count: number): void {
    if (Number.isSafeInteger(count) && count >= 0) return
    throw invalidArgument(`${what} of ${this.#name}`, count, 'a whole number of elements')
  }
}

const NUMBER = 'a number'

/** By type first: `>>>` throws for a bigint, and takes a string for a number. */
const isIndex = (index: number, length: number) =>
  typeof index === 'number' && index >>> 0 === index && index < length
