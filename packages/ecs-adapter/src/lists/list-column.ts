/**
 * A list field of a component. Users access it by entity, with every check. The storage accesses it
 * by row.
 */
import { invalidArgument } from '../base/errors.ts'
import { isLength, type ScalarArray, type ScalarArrayConstructor } from '../base/typed-arrays.ts'
import type { GivenValues } from '../fields/staging.ts'
import {
  NO_ROW,
  type PackedBlock,
  VariableColumn,
  type VariableColumnOptions,
} from '../fields/variable-column.ts'
import type { ListField, Numbers } from '../schema/fields.ts'
import type { StaleReferences } from '../world/stale-references.ts'
import { Lists } from './lists.ts'
import type { StagedNumbers } from './staged-numbers.ts'

export class ListColumn<A extends ScalarArray> extends VariableColumn implements ListField<A> {
  readonly #lists: Lists<A>
  readonly #staged: StagedNumbers
  readonly #removed: StaleReferences | undefined

  /** @param removed the removed ids; only for lists that drop removed entities */
  constructor(
    options: VariableColumnOptions,
    array: ScalarArrayConstructor<A>,
    staged: StagedNumbers,
    removed: StaleReferences | undefined,
  ) {
    super(options)
    this.#lists = new Lists(options.memory.views, array)
    this.#staged = staged
    this.#removed = removed
  }

  length(eid: number): number {
    return this.#lists.length(this.$blockOf(eid))
  }

  capacity(eid: number): number {
    return this.#lists.capacity(this.$blockOf(eid))
  }

  get(eid: number, index: number): number {
    const block = this.$blockOf(eid)
    this.#checkIndex(index, this.#lists.length(block))
    return this.#lists.load(block, index)
  }

  set(eid: number, index: number, value: number): void {
    this.#check(value)
    const block = this.$blockOf(eid)
    this.#checkIndex(index, this.#lists.checkedLength(block))
    const at = this.#indexAfterSweep(eid, index, value)
    const isKept = this.#indexAfterSweep(eid, index + 1, value) > at
    this.#removed?.settle(value)
    if (isKept) this.#lists.store(this.$blockOf(eid), at, value)
    else this.#lists.insert(this.$wordOf(eid), at, value)
    this.#removed?.note(value)
  }

  push(eid: number, value: number): number {
    this.#check(value)
    this.#removed?.settle(value)
    const length = this.#lists.push(this.$wordToFill(eid), value)
    this.#removed?.note(value)
    return length
  }

  append(eid: number, values: Numbers): number {
    this.#write(eid, values, true)
    return this.length(eid)
  }

  pop(eid: number): number | undefined {
    const block = this.$blockOf(eid)
    const last = this.#lists.length(block) - 1
    if (last < 0) return undefined
    const value = this.#lists.load(block, last)
    this.#lists.truncate(this.$wordOf(eid), last)
    return value
  }

  insert(eid: number, index: number, value: number): void {
    this.#check(value)
    const word = this.$wordToFill(eid) // first: this may free the list of an earlier entity
    this.#checkIndex(index, this.length(eid) + 1)
    const at = this.#indexAfterSweep(eid, index, value)
    this.#removed?.settle(value)
    this.#lists.insert(word, at, value)
    this.#removed?.note(value)
  }

  removeAt(eid: number, index: number): number {
    this.#checkIndex(index, this.length(eid))
    return this.#lists.remove(this.$wordOf(eid), index, false)
  }

  swapRemoveAt(eid: number, index: number): number {
    this.#checkIndex(index, this.length(eid))
    return this.#lists.remove(this.$wordOf(eid), index, true)
  }

  indexOf(eid: number, value: number): number {
    const block = this.$blockOf(eid)
    const length = this.#lists.checkedLength(block)
    for (let i = 0; i < length; i++) {
      const found = this.#lists.load(block, i)
      if (found === value || (Number.isNaN(found) && Number.isNaN(value))) return i
    }
    return -1
  }

  replace(eid: number, values: Numbers): void {
    this.#write(eid, values, false)
  }

  resize(eid: number, length: number): void {
    this.#checkCount('the length', length)
    this.#lists.resize(this.$wordToFill(eid), length)
  }

  reserve(eid: number, capacity: number): void {
    this.#checkCount('the capacity', capacity)
    this.#lists.reserve(this.$wordToFill(eid), capacity)
  }

  clear(eid: number): void {
    if (this.$blockOf(eid) !== 0) this.#lists.free(this.$wordOf(eid))
  }

  offset(eid: number): number {
    return this.#lists.offset(this.$blockOf(eid))
  }

  view(eid: number): A {
    return this.#lists.view(this.$blockOf(eid))
  }

  toArray(eid: number): number[] {
    return this.#lists.toArray(this.$blockOf(eid))
  }

  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void {
    if (typeof callback !== 'function') {
      throw invalidArgument(`the callback for ${this.$name}`, callback, 'a function')
    }
    const count = this.length(eid)
    for (let i = 0; i < count; i++) {
      const block = this.$blockOf(eid) // read each time, because callbacks may move the list
      if (i >= this.#lists.checkedLength(block)) return
      callback(this.#lists.load(block, i), i, eid)
    }
  }

  /**
   * Returns the elements without the removed ids that bitECS has reused. Otherwise, a prefab's
   * instances would refer to new entities.
   */
  override $readRow(row: number): number[] {
    const values = this.#lists.toArray(this.$blockAt(row))
    const removed = this.#removed
    return removed === undefined ? values : values.filter((eid) => !removed.isReused(eid))
  }

  override $settle({ starts, ends }: GivenValues, i: number): void {
    this.#settle(starts[i], ends[i])
  }

  override $prepare(row: number, { starts, ends, blocks }: GivenValues, i: number): void {
    const count = ends[i] - starts[i]
    if (row === NO_ROW) blocks[i] = this.#lists.create(count)
    else this.#lists.reserve(this.$wordAt(row), count)
  }

  override $commit(row: number, { starts, ends, blocks }: GivenValues, i: number): void {
    const word = this.$wordAt(row)
    if (blocks[i] !== 0) this.#lists.replace(word, blocks[i])
    blocks[i] = 0
    this.#lists.set(word, this.#staged.values, starts[i], ends[i])
    this.#note(starts[i], ends[i])
  }

  override $freeRow(row: number): void {
    this.#lists.free(this.$wordAt(row))
  }

  /** Removes, from all lists of a weak field, the ids for which `isKept` returns false. */
  $filterRows(isKept: (eid: number) => boolean): void {
    for (let row = 0; row < this.$rowCount; row++) this.#lists.filter(this.$wordAt(row), isKept)
  }

  /** Packs a list. A weak list is packed without the ids of removed entities. */
  override $pack(row: number): PackedBlock {
    if (this.#removed !== undefined) this.#lists.filter(this.$wordAt(row), this.#removed.isKept)
    return super.$pack(row)
  }

  override $takeIn(block: number): void {
    const count = this.#removed === undefined ? 0 : this.#lists.checkedLength(block)
    for (let i = 0; i < count; i++) this.#removed?.take(this.#lists.load(block, i))
  }

  override $freeBlock(block: number): void {
    this.#lists.freeBlock(block)
  }

  #write(eid: number, values: Numbers, isAppended: boolean): void {
    const staged = this.#staged
    const start = staged.length
    staged.take(values, this.$name)
    const end = staged.length
    try {
      this.#settle(start, end)
      const word = this.$wordToFill(eid)
      if (isAppended) this.#lists.append(word, staged.values, start, end)
      else this.#lists.set(word, staged.values, start, end)
      this.#note(start, end)
    } finally {
      staged.dropFrom(start)
    }
  }

  #settle(start: number, end: number): void {
    const removed = this.#removed
    if (removed === undefined) return
    for (let i = start; i < end; i++) removed.settle(this.#staged.values[i])
  }

  #note(start: number, end: number): void {
    const removed = this.#removed
    if (removed === undefined) return
    for (let i = start; i < end; i++) removed.note(this.#staged.values[i])
  }

  /**
   * Returns the index of the element at `index` for a write of `value`. A sweep may come first, and
   * move the element.
   */
  #indexAfterSweep(eid: number, index: number, value: number): number {
    if (this.#removed?.isReused(value | 0) !== true) return index
    const block = this.$blockOf(eid)
    let kept = 0
    for (let i = 0; i < index; i++) if (this.#removed.isKept(this.#lists.load(block, i))) kept++
    return kept
  }

  #check(value: number): void {
    if (typeof value === 'number') return
    throw invalidArgument(`a value for ${this.$name}`, value, 'a number')
  }

  #checkIndex(index: number, length: number): void {
    if (isIndex(index, length)) return
    const expected = length === 0 ? 'none: the list is empty' : `a whole number below ${length}`
    throw invalidArgument(`an index of ${this.$name}`, index, expected)
  }

  #checkCount(what: string, count: number): void {
    if (isLength(count)) return
    throw invalidArgument(`${what} of ${this.$name}`, count, 'a whole number of elements')
  }
}

/**
 * Returns whether an index is valid. Checks its type first, because `>>>` throws for a bigint, and
 * accepts a string.
 */
const isIndex = (index: number, length: number) =>
  typeof index === 'number' && index >>> 0 === index && index < length
