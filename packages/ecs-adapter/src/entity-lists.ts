/** What a component has for a list field: the lists of `lists.ts`, by entity, with every check. */
import type { Cells } from './cells.ts'
import { invalidArgument } from './errors.ts'
import type { ListField, Numbers } from './fields.ts'
import type { Handles } from './handles.ts'
import type { Lists } from './lists.ts'
import type { ScalarArray, ScalarArrayConstructor } from './schema.ts'
import type { Staging } from './staging.ts'

export interface EntityListsOptions<A extends ScalarArray> {
  /** Of component and field, for messages. */
  name: string
  type: ScalarArrayConstructor<A>
  cells: Cells
  handles: Handles
  lists: Lists
  staging: Staging
  /** Called with every number before it goes into a list. */
  admit?: ((value: number) => void) | undefined
}

export class EntityLists<A extends ScalarArray> implements ListField<A> {
  readonly #name: string
  readonly #type: ScalarArrayConstructor<A>
  readonly #cells: Cells
  readonly #handles: Handles
  readonly #lists: Lists
  readonly #staging: Staging
  readonly #admit: ((value: number) => void) | undefined

  constructor({ name, type, cells, handles, lists, staging, admit }: EntityListsOptions<A>) {
    this.#name = name
    this.#type = type
    this.#cells = cells
    this.#handles = handles
    this.#lists = lists
    this.#staging = staging
    this.#admit = admit
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
    this.#checkIndex(index, this.#lists.length(block))
    this.#lists.store(block, index, value)
  }

  push(eid: number, value: number): number {
    this.#check(value)
    return this.#lists.push(this.#handles.wordToFill(eid), value)
  }

  append(eid: number, values: Numbers): number {
    const start = this.#stage(values)
    try {
      this.#admitFrom(start)
      const word = this.#handles.wordToFill(eid)
      this.#lists.append(word, this.#staging.values, start, this.#staging.length)
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
    this.#lists.insert(word, index, value)
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
    const length = this.#lists.length(block)
    for (let i = 0; i < length; i++) {
      const found = this.#lists.load(block, i)
      if (found === value || (Number.isNaN(found) && Number.isNaN(value))) return i
    }
    return -1
  }

  set(eid: number, values: Numbers): void {
    const start = this.#stage(values)
    try {
      this.#admitFrom(start)
      const word = this.#handles.wordToFill(eid)
      this.#lists.set(word, this.#staging.values, start, this.#staging.length)
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
    return new this.#type(this.#cells.buffer, this.#lists.offset(block), this.#lists.length(block))
  }

  toArray(eid: number): number[] {
    return this.#lists.toArray(this.#handles.blockOf(eid))
  }

  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void {
    const count = this.length(eid)
    for (let i = 0; i < count; i++) {
      const block = this.#handles.blockOf(eid) // each time: callbacks may move the list
      if (i >= this.#lists.length(block)) return
      callback(this.#lists.load(block, i), i, eid)
    }
  }

  /** Takes numbers in; gives where they begin in `staging`. */
  #stage(values: Numbers): number {
    const start = this.#staging.length
    this.#staging.take(values, this.#name)
    return start
  }

  #admitFrom(start: number): void {
    const admit = this.#admit
    if (admit !== undefined) this.#staging.forEach(start, this.#staging.length, admit)
  }

  #check(value: number): void {
    if (typeof value !== 'number') throw invalidArgument(`a value for ${this.#name}`, value, NUMBER)
    this.#admit?.(value)
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
