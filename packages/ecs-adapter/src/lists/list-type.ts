/** `t.list`, and the code for its fields. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import type { ScalarArray } from '../base/typed-arrays.ts'
import { FIRST_WORD_COUNT, FieldCode, type FieldObjectOptions } from '../fields/field-code.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { GivenValues } from '../fields/staging.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import { scalarCode } from '../schema/code-names.ts'
import { ScalarCode } from '../schema/scalar-code.ts'
import type { ListOptions, ListType, ScalarType } from '../schema/schema.ts'
import { codeOf, makeType, registerKind } from '../schema/type-codes.ts'
import { ListColumn } from './list-column.ts'
import { createStagedNumbers } from './staged-numbers.ts'
import { createWeakLists } from './weak-lists.ts'

class ListCode extends FieldCode {
  readonly array = Uint32Array
  readonly #element: ScalarCode
  readonly #isWeak: boolean

  constructor(element: ScalarCode, isWeak: boolean) {
    super()
    this.#element = element
    this.#isWeak = isWeak
  }

  get name(): string {
    return this.#isWeak ? `${this.signature} weak` : this.signature
  }

  override get signature(): string {
    return `list ${this.#element.name}`
  }

  override createColumn(options: FieldObjectOptions): ListColumn<ScalarArray> {
    const { memory } = options
    // Only a world's thread sweeps: attached threads do not know which ids are removed.
    const isSwept = this.#isWeak && memory.owner !== undefined
    const weak = isSwept ? memory.get(createWeakLists) : undefined
    const numbers = memory.get(createStagedNumbers)
    const column = new ListColumn(options, this.#element.array, numbers, weak)
    weak?.columns.push(column)
    return column
  }

  take(
    memory: FieldMemory,
    value: unknown,
    { starts, ends }: GivenValues,
    i: number,
    component: string,
    field: string,
  ): void {
    const numbers = memory.get(createStagedNumbers)
    starts[i] = numbers.length
    numbers.take(value, `${component}.${field}`)
    ends[i] = numbers.length
  }

  valueOf(): number[] {
    return []
  }

  override moreWordCount({ starts, ends }: GivenValues, i: number): number {
    return 2 * (ends[i] - starts[i])
  }

  override storedMoreWordCount(words: Int32Array, index: number): number {
    return 2 * words[index]
  }

  override store(
    { i32, f64 }: MemoryViews,
    { starts, ends }: GivenValues,
    i: number,
    index: number,
    memory: FieldMemory,
  ): void {
    const { values } = memory.get(createStagedNumbers)
    const start = starts[i]
    const count = ends[i] - start
    i32[index] = count
    const first = (index + FIRST_WORD_COUNT) >> 1
    for (let j = 0; j < count; j++) f64[first + j] = values[start + j]
  }

  /** Returns the elements as a new array, because observers may keep it. */
  read({ i32, f64 }: MemoryViews, index: number, resolve: (eid: number) => number): Float64Array {
    const first = (index + FIRST_WORD_COUNT) >> 1
    const list = f64.slice(first, first + i32[index])
    if (this.#element.isReference) {
      for (let j = 0; j < list.length; j++) list[j] = resolve(list[j])
    }
    return list
  }
}

/**
 * Makes the type of a field that holds a list of numbers for each entity. The component has a
 * `ListField` for it.
 *
 * ```ts
 * const Squad = storage.component('Squad', { members: t.list(t.eid, { weak: true }) })
 * ```
 * @param element the type of the elements: a number type without a default, such as `t.f32` or
 * `t.eid`
 * @throws StorageError 'invalid-argument'
 */
export function list<E extends ScalarType>(
  element: E & NoBool<E>,
  options: OptionsOf<E> = {},
): ListType<E> {
  const code = codeOf(element)
  if (!(code instanceof ScalarCode) || !isElement(code)) {
    const given = code === undefined ? element : `t.${code.name}`
    const expected = 't.f32 or another number type of t, without a default'
    throw invalidArgument('the element type of a list', given, expected)
  }
  checkOptions('the options of a list', options, ['weak'])
  const { weak = false }: { weak?: unknown } = options
  if (typeof weak !== 'boolean' || (weak && !code.isReference)) {
    const expected = 'false, or true for a list of t.eid'
    throw invalidArgument(`weak of a list of t.${code.name}`, weak, expected)
  }
  return makeType({ kind: 'list', element, isWeak: weak }, new ListCode(code, weak))
}

/** Lists of booleans do not compile. */
type NoBool<E extends ScalarType> = E['name'] extends 'bool' ? never : unknown
/** Only lists of ids can be weak. */
type OptionsOf<E extends ScalarType> = 'eid' extends E['name']
  ? ListOptions
  : { readonly weak?: false }

const isElement = ({ name, initial }: ScalarCode) =>
  name !== 'bool' && name !== 'eid weak' && Object.is(initial, 0)

registerKind('list', (rest) => {
  const [name, weak, ...others] = rest.split(' ')
  const element = scalarCode(name)
  const isWeak = weak === 'weak' && name === 'eid'
  if (element === undefined || !isElement(element) || others.length > 0) return undefined
  return weak === undefined || isWeak ? new ListCode(element, isWeak) : undefined
})
