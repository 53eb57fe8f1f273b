/**
 * The values of a component's fields in a command. Words:
 *
 *     a mask of the given fields, 32 a word, padded to an even number of words
 *     for each given field, in the order of the schema:
 *         scalar   f64
 *         list     count of elements | 0 | elements, each f64
 *         text     byte length | 0 | UTF-8, padded to 8 bytes
 *
 * Every number is an f64, which holds the numbers of all types; the column converts it as it
 * converts any number. This costs a command of two f32 12 bytes more, and saves a case for each
 * type.
 */
import { isRecord } from '../base/arguments.ts'
import { corrupt, invalidArgument, unknownField } from '../base/errors.ts'
import { isLength, isListOfNumbers } from '../base/typed-arrays.ts'
import { byteLengthOfText, Utf8 } from '../base/utf8.ts'
import type { Cells } from '../memory/cells.ts'
import type { Listed } from '../schema/component-registry.ts'
import type { Field, FieldType } from '../schema/schema.ts'

/** Values by field, of a component that may be named by a string. */
export type GivenFields = Readonly<Record<string, unknown>>

/** What values are checked against. */
type Described = Pick<Listed, 'name' | 'fields'>

const SCALAR_WORD_COUNT = 2
/** The length of a list or text, and padding. */
const LENGTH_WORD_COUNT = 2

const namesOf = ({ fields }: Described) => fields.map(({ name }) => name)

const maskWordCount = (fields: readonly Field[]) => 2 * Math.ceil(fields.length / 64)

function hasField(fields: readonly Field[], name: string): boolean {
  for (let i = 0; i < fields.length; i++) if (fields[i].name === name) return true
  return false
}

const isEid = (type: FieldType) =>
  (type.kind === 'scalar' && type.name === 'eid') ||
  (type.kind === 'list' && type.element.name === 'eid')

/** Word count of a value; 0 of undefined. @throws StorageError 'invalid-argument' */
function valueWordCount(component: string, { name, type }: Field, value: unknown): number {
  if (value === undefined) return 0
  switch (type.kind) {
    case 'scalar':
      if (typeof value !== 'number') throw invalid(component, name, value, 'a number')
      return SCALAR_WORD_COUNT
    case 'list':
      if (!isListOfNumbers(value)) throw invalid(component, name, value, 'an array of numbers')
      return LENGTH_WORD_COUNT + 2 * lengthOf(component, name, value)
    case 'text':
      if (typeof value !== 'string') throw invalid(component, name, value, 'a string')
      return LENGTH_WORD_COUNT + 2 * Math.ceil(byteLengthOfText(value) / 8)
  }
}

function lengthOf(component: string, name: string, list: ArrayLike<unknown>): number {
  const length: unknown = list.length
  if (isLength(length)) return length
  throw invalid(component, `${name}.length`, length, 'a whole number of elements')
}

/**
 * Word count of values, with their mask.
 * @throws StorageError 'invalid-argument' where a field cannot hold its value, or there is no such
 * field
 */
export function valuesWordCount(component: Described, values: unknown): number {
  const { name, fields } = component
  if (!isObject(values)) throw noValues(component, values)
  for (const key in values) {
    if (!hasField(fields, key)) throw unknownField(name, key, namesOf(component))
  }
  const wordCountOfMask = maskWordCount(fields)
  let wordCount = wordCountOfMask
  for (let i = 0; i < fields.length; i++) {
    wordCount += valueWordCount(name, fields[i], values[fields[i].name])
  }
  // A Map or a Date has no field either. Checked only here: the check takes longer than the rest.
  if (wordCount === wordCountOfMask && !isRecord(values)) throw noValues(component, values)
  return wordCount
}

const noValues = (component: Described, given: unknown) =>
  invalid(component.name, '', given, `an object with ${namesOf(component).join(', ')}`)

export class ValueWriter {
  readonly #views: Cells
  readonly #utf8 = new Utf8()

  constructor(views: Cells) {
    this.#views = views
  }

  /** Writes what `valuesWordCount` has measured, to the words from `at` to `end`. */
  writeAll({ name, fields }: Described, values: GivenFields, at: number, end: number): void {
    let index = at + maskWordCount(fields)
    const mask = this.#views.signedWords
    for (let word = at; word < index; word++) mask[word] = 0
    for (let i = 0; i < fields.length; i++) {
      const value = values[fields[i].name]
      if (value === undefined) continue
      // A getter may return another value than when it was measured, and make the memory grow.
      const next = index + valueWordCount(name, fields[i], value)
      if (next > end) throw hasChanged(name)
      const { signedWords: words, numbers, bytes } = this.#views
      words[at + (i >> 5)] |= 1 << (i & 31)
      if (typeof value === 'number') numbers[index >> 1] = value
      else if (typeof value === 'string') {
        words[index] = byteLengthOfText(value)
        this.#utf8.write(value, bytes, (index + LENGTH_WORD_COUNT) * 4)
      } else {
        const list = value as ArrayLike<unknown>
        const count = (next - index - LENGTH_WORD_COUNT) >> 1
        words[index] = count
        const first = (index + LENGTH_WORD_COUNT) >> 1
        for (let j = 0; j < count; j++) {
          const element = list[j]
          if (typeof element !== 'number') {
            throw invalid(name, `${fields[i].name}[${j}]`, element, 'a number')
          }
          this.#views.numbers[first + j] = element // may be a new view: elements may be getters
        }
      }
      index = next
    }
    if (index !== end) throw hasChanged(name)
  }
}

const isGiven = (words: Int32Array, at: number, i: number) =>
  (words[at + (i >> 5)] & (1 << (i & 31))) !== 0

/** Word count of the value that is stored at an index. */
function storedWordCount(words: Int32Array, index: number, { kind }: FieldType): number {
  if (kind === 'scalar') return SCALAR_WORD_COUNT
  return LENGTH_WORD_COUNT + 2 * (kind === 'list' ? words[index] : Math.ceil(words[index] / 8))
}

/**
 * Checks that values fill the words from `at` to `end`, so that a reader stays within them.
 * @throws StorageError 'corrupt'
 */
export function checkValues(
  words: Int32Array,
  fields: readonly Field[],
  at: number,
  end: number,
): void {
  let index = at + maskWordCount(fields)
  for (let i = 0; i < fields.length && index <= end; i++) {
    if (!isGiven(words, at, i)) continue
    const wordCount = storedWordCount(words, index, fields[i].type)
    // At `end` stands another record's word: any count there leads past the end.
    if (!(wordCount >= SCALAR_WORD_COUNT)) {
      throw corrupt(`the length of ${fields[i].name}`, words[index], 'no negative number')
    }
    index += wordCount
  }
  if (index === end) return
  throw corrupt('the length of values in a command', index - at, `${end - at} words`)
}

/** The argument of bitECS's `addComponent`, reused for all commands: `set` would allocate. */
interface Setting {
  readonly component: object
  readonly data: Record<string, unknown>
}

export class ValueReader {
  /** By number of the component. */
  readonly #settings: Setting[] = []
  readonly #views: Cells
  readonly #utf8 = new Utf8()
  /** The entity that an id in a command stands for. */
  readonly #resolve: (eid: number) => number

  constructor(views: Cells, resolve: (eid: number) => number) {
    this.#views = views
    this.#resolve = resolve
  }

  /**
   * Reads the values of a component: each field becomes a property of `data`, undefined where no
   * value is given. A list becomes a new Float64Array, as observers may keep it.
   * @throws as `checkValues`
   */
  read({ number, component, fields }: Listed, at: number, end: number): Setting {
    const { signedWords: words, numbers, bytes } = this.#views
    checkValues(words, fields, at, end)
    this.#settings[number] ??= { component, data: {} }
    const setting = this.#settings[number]
    const { data } = setting
    let index = at + maskWordCount(fields)
    for (let i = 0; i < fields.length; i++) {
      const { name, type } = fields[i]
      if (!isGiven(words, at, i)) {
        data[name] = undefined
        continue
      }
      const first = (index + LENGTH_WORD_COUNT) >> 1
      if (type.kind === 'scalar') {
        const number = numbers[index >> 1]
        data[name] = unboxed(isEid(type) ? this.#resolve(number) : number)
      } else if (type.kind === 'list') {
        const list = numbers.slice(first, first + words[index])
        if (isEid(type)) for (let j = 0; j < list.length; j++) list[j] = this.#resolve(list[j])
        data[name] = list
      } else data[name] = this.#utf8.read(bytes, first * 8, words[index])
      index += storedWordCount(words, index, type)
    }
    return setting
  }
}

const isObject = (value: unknown): value is GivenFields =>
  typeof value === 'object' && value !== null

const invalid = (component: string, field: string, value: unknown, expected: string) =>
  invalidArgument(`what is given ${component}${field && `.${field}`}`, value, expected)

const hasChanged = (component: string) =>
  invalid(component, '', 'different at each read', 'values that stay the same')

/**
 * V8 stores a number without a box if it knows it to be a small integer, for all later readers too.
 */
const unboxed = (value: number) =>
  (value | 0) === value && !Object.is(value, -0) ? value | 0 : value
