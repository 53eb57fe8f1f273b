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
import type { Given } from './command-api.ts'

/** What values are checked against. */
type Described = Pick<Listed, 'name' | 'fields'>

const SCALAR_WORD_COUNT = 2
/** The length of a list or text, and padding. */
const LENGTH_WORD_COUNT = 2

const namesOf = ({ fields }: Described) => fields.map(({ name }) => name)

export const noField = (component: Described, given: unknown) =>
  unknownField(component.name, given, namesOf(component))

export const maskWordCount = (fields: readonly Field[]) => 2 * Math.ceil(fields.length / 64)

/** -1 if there is no such field. */
export function indexOfField(fields: readonly Field[], name: string): number {
  for (let i = 0; i < fields.length; i++) if (fields[i].name === name) return i
  return -1
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
  for (const key in values) if (indexOfField(fields, key) < 0) throw noField(component, key)
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

/** Word count of one field's value, with the mask. @throws as `valuesWordCount` */
export function fieldWordCount(component: Described, index: number, value: unknown): number {
  const { name, fields } = component
  if (value === undefined) throw invalid(name, fields[index].name, value, 'a value')
  return maskWordCount(fields) + valueWordCount(name, fields[index], value)
}

export class ValueWriter {
  readonly #views: Cells
  readonly #utf8 = new Utf8()

  constructor(views: Cells) {
    this.#views = views
  }

  /** Writes what `valuesWordCount` has checked. */
  writeAll(component: Described, values: Given, at: number, end: number): void {
    const { fields } = component
    let index = this.#clearMask(fields, at)
    for (let i = 0; i < fields.length; i++) {
      const value = values[fields[i].name]
      if (value !== undefined) index = this.#write(component, i, value, at, index, end)
    }
    if (index !== end) throw hasChanged(component)
  }

  /** Writes what `fieldWordCount` has checked. */
  writeOne(component: Described, i: number, value: unknown, at: number, end: number): void {
    const index = this.#clearMask(component.fields, at)
    if (this.#write(component, i, value, at, index, end) !== end) throw hasChanged(component)
  }

  /** Prepares the mask for one number, which the caller stores. */
  markOne(fields: readonly Field[], i: number, at: number): void {
    this.#clearMask(fields, at)
    this.#mark(i, at)
  }

  /** Word index of the first value. */
  #clearMask(fields: readonly Field[], at: number): number {
    const end = at + maskWordCount(fields)
    const { signedWords: words } = this.#views
    for (let word = at; word < end; word++) words[word] = 0
    return end
  }

  #mark(field: number, at: number): void {
    this.#views.signedWords[at + (field >> 5)] |= 1 << (field & 31)
  }

  /** Writes one value; returns the word index of the next one. */
  #write(
    component: Described,
    i: number,
    value: unknown,
    at: number,
    index: number,
    end: number,
  ): number {
    const { name, type } = component.fields[i]
    // A getter may return another value than when it was measured, and make the memory grow.
    const next = index + valueWordCount(component.name, component.fields[i], value)
    if (next > end) throw hasChanged(component)
    this.#mark(i, at)
    const { signedWords: words, numbers, bytes } = this.#views
    switch (type.kind) {
      case 'scalar':
        numbers[index >> 1] = value as number
        return next
      case 'list': {
        const list = value as ArrayLike<unknown>
        const count = (next - index - LENGTH_WORD_COUNT) >> 1
        const first = (index + LENGTH_WORD_COUNT) >> 1
        words[index] = count
        for (let j = 0; j < count; j++) {
          const element = list[j]
          if (typeof element !== 'number') {
            throw invalid(component.name, `${name}[${j}]`, element, 'a number')
          }
          this.#views.numbers[first + j] = element // may be a new view: elements may be getters
        }
        return next
      }
      case 'text': {
        const text = value as string
        words[index] = byteLengthOfText(text)
        this.#utf8.write(text, bytes, (index + LENGTH_WORD_COUNT) * 4)
        return next
      }
    }
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

export class ValueReader {
  readonly #views: Cells
  readonly #utf8 = new Utf8()
  /** The entity that an id in a command stands for. */
  readonly #resolve: (eid: number) => number

  constructor(views: Cells, resolve: (eid: number) => number) {
    this.#views = views
    this.#resolve = resolve
  }

  /**
   * Reads values into an object: each field becomes a property, undefined where no value is given.
   * A list becomes a new Float64Array, as observers may keep it.
   * @throws as `checkValues`
   */
  readAll(fields: readonly Field[], at: number, end: number, into: Record<string, unknown>): void {
    const { signedWords: words, numbers, bytes } = this.#views
    checkValues(words, fields, at, end)
    let index = at + maskWordCount(fields)
    for (let i = 0; i < fields.length; i++) {
      const { name, type } = fields[i]
      if (!isGiven(words, at, i)) {
        into[name] = undefined
        continue
      }
      const first = (index + LENGTH_WORD_COUNT) >> 1
      if (type.kind === 'scalar') {
        const number = numbers[index >> 1]
        into[name] = unboxed(isEid(type) ? this.#resolve(number) : number)
      } else if (type.kind === 'list') {
        const list = numbers.slice(first, first + words[index])
        if (isEid(type)) for (let j = 0; j < list.length; j++) list[j] = this.#resolve(list[j])
        into[name] = list
      } else into[name] = this.#utf8.read(bytes, first * 8, words[index])
      index += storedWordCount(words, index, type)
    }
  }
}

const isObject = (value: unknown): value is Given => typeof value === 'object' && value !== null

const invalid = (component: string, field: string, value: unknown, expected: string) =>
  invalidArgument(`what is given ${component}${field && `.${field}`}`, value, expected)

const hasChanged = ({ name }: Described) =>
  invalid(name, '', 'different at each read', 'values that stay the same')

/**
 * V8 stores a number without a box if it knows it to be a small integer, for all later readers too.
 */
const unboxed = (value: number) =>
  (value | 0) === value && !Object.is(value, -0) ? value | 0 : value
