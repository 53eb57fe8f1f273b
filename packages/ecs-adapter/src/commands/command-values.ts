/**
 * The values of a component's fields in a command. Words:
 *
 *     a mask of the fields that are given, 32 a word, padded to an even number of words
 *     of each given field, in the order of the schema:
 *         scalar   f64
 *         list     count of elements | 0 | elements, each f64
 *         text     byte length | 0 | UTF-8, padded to 8 bytes
 *
 * Every number is a f64, which holds those of all types: the column that it comes to makes of it what
 * it makes of any number. It costs a command of two f32 12 bytes, and spares a case for each type.
 */
import { isRecord } from '../base/arguments.ts'
import { corrupt, invalidArgument, unknownField } from '../base/errors.ts'
import { isLength, isListOfNumbers } from '../base/typed-arrays.ts'
import { byteLengthOfText, Utf8 } from '../base/utf8.ts'
import type { Cells } from '../memory/cells.ts'
import type { Field, FieldType, ScalarType } from '../schema/schema.ts'
import type { Given } from './command-api.ts'

/** What a field may be of: those of variable length hold an array of numbers, or a text. */
type ValueType =
  | FieldType
  | { readonly kind: 'list'; readonly element: ScalarType }
  | { readonly kind: 'text' }

export interface ValueField {
  readonly name: string
  readonly type: ValueType
}

const SCALAR_WORD_COUNT = 2
/** Of a list and of a text: how long it is, and padding. */
const LENGTH_WORD_COUNT = 2

export const namesOf = (fields: readonly ValueField[]) => fields.map(({ name }) => name)

export const maskWordCount = (fields: readonly unknown[]) => 2 * Math.ceil(fields.length / 64)

const isEid = (type: ValueType) =>
  (type.kind === 'scalar' && type.name === 'eid') ||
  (type.kind === 'list' && type.element.name === 'eid')

/** Word count of a value; 0 of undefined. @throws StorageError 'invalid-argument' */
function valueWordCount(component: string, { name, type }: ValueField, value: unknown): number {
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
 * Word count of values, their masks included.
 * @throws StorageError 'invalid-argument' where they are not what the fields can hold, or of no field
 */
export function valuesWordCount(
  component: string,
  fields: readonly Field[],
  values: unknown,
): number {
  if (!isObject(values)) throw noValues(component, fields, values)
  for (const name in values) {
    if (!hasField(fields, name)) throw unknownField(component, name, namesOf(fields))
  }
  let wordCount = maskWordCount(fields)
  for (let i = 0; i < fields.length; i++) {
    wordCount += valueWordCount(component, fields[i], values[fields[i].name])
  }
  // A Map or a Date has no field either; looked at only here, as it takes longer than the rest.
  if (wordCount === maskWordCount(fields) && !isRecord(values))
    throw noValues(component, fields, values)
  return wordCount
}

const noValues = (component: string, fields: readonly ValueField[], given: unknown) =>
  invalidArgument(
    `what is given ${component}`,
    given,
    `an object with ${namesOf(fields).join(', ')}`,
  )

/** Word count of one field's value, masks included. @throws as `valuesWordCount` */
export function fieldWordCount(
  component: string,
  fields: readonly Field[],
  index: number,
  value: unknown,
): number {
  if (value === undefined) throw invalid(component, fields[index].name, value, 'a value')
  return maskWordCount(fields) + valueWordCount(component, fields[index], value)
}

export class ValueWriter {
  readonly #views: Cells
  readonly #utf8 = new Utf8()

  constructor(views: Cells) {
    this.#views = views
  }

  /** Writes what `valuesWordCount` has checked. */
  writeAll(component: string, fields: readonly Field[], values: Given, at: number, end: number) {
    this.#clearMask(fields, at)
    let index = at + maskWordCount(fields)
    for (let i = 0; i < fields.length; i++) {
      const value = values[fields[i].name]
      if (value !== undefined) index = this.#write(component, fields, i, value, at, index, end)
    }
    if (index !== end) throw hasChanged(component)
  }

  /** Writes what `fieldWordCount` has checked. */
  writeOne(
    component: string,
    fields: readonly Field[],
    i: number,
    value: unknown,
    at: number,
    end: number,
  ): void {
    this.#clearMask(fields, at)
    const index = at + maskWordCount(fields)
    if (this.#write(component, fields, i, value, at, index, end) !== end) {
      throw hasChanged(component)
    }
  }

  /** Prepares the masks for one number, that is the caller's to store. */
  markOne(fields: readonly Field[], i: number, at: number): void {
    this.#clearMask(fields, at)
    this.#mark(i, at)
  }

  #clearMask(fields: readonly Field[], at: number): void {
    const count = maskWordCount(fields)
    for (let word = 0; word < count; word++) this.#views.signedWords[at + word] = 0
  }

  #mark(field: number, at: number): void {
    this.#views.signedWords[at + (field >> 5)] |= 1 << (field & 31)
  }

  /** Writes one value, and gives where the next one goes. */
  #write(
    component: string,
    fields: readonly ValueField[],
    i: number,
    value: unknown,
    at: number,
    index: number,
    end: number,
  ): number {
    const { name, type } = fields[i]
    // A getter may give another value now than when it was measured, and make the memory grow.
    const next = index + valueWordCount(component, fields[i], value)
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
            throw invalid(component, `${name}[${j}]`, element, 'a number')
          }
          this.#views.numbers[first + j] = element // of now: elements may be getters
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

/**
 * Checks that values fill the words from `at` to `end`: whoever reads them stays within.
 * @throws StorageError 'corrupt'
 */
export function checkValues(
  words: Int32Array,
  fields: readonly ValueField[],
  at: number,
  end: number,
): void {
  let index = at + maskWordCount(fields)
  for (let i = 0; i < fields.length && index <= end; i++) {
    if ((words[at + (i >> 5)] & (1 << (i & 31))) === 0) continue
    const { kind } = fields[i].type
    // What is behind the end is no length: it is added, and then the end is passed.
    const length = kind === 'scalar' ? 0 : words[index]
    if (!(length >= 0))
      throw corrupt(`the length of ${fields[i].name}`, length, 'no negative number')
    if (kind === 'scalar') index += SCALAR_WORD_COUNT
    else index += LENGTH_WORD_COUNT + 2 * (kind === 'list' ? length : Math.ceil(length / 8))
  }
  if (index === end) return
  throw corrupt('the length of values in a command', index - at, `${end - at} words`)
}

export class ValueReader {
  readonly #views: Cells
  readonly #utf8 = new Utf8()
  /** What an id in a command stands for. */
  readonly #resolve: (eid: number) => number

  constructor(views: Cells, resolve: (eid: number) => number) {
    this.#views = views
    this.#resolve = resolve
  }

  /**
   * Reads values into an object: every field becomes a property, undefined where it is not given. A
   * list is a Float64Array of its own, for observers may keep it.
   * @throws as `checkValues`
   */
  readAll(
    fields: readonly ValueField[],
    at: number,
    end: number,
    into: Record<string, unknown>,
  ): void {
    const { signedWords: words, numbers, bytes } = this.#views
    checkValues(words, fields, at, end)
    let index = at + maskWordCount(fields)
    for (let i = 0; i < fields.length; i++) {
      const { name, type } = fields[i]
      if ((words[at + (i >> 5)] & (1 << (i & 31))) === 0) {
        into[name] = undefined
        continue
      }
      switch (type.kind) {
        case 'scalar':
          into[name] = unboxed(
            isEid(type) ? this.#resolve(numbers[index >> 1]) : numbers[index >> 1],
          )
          index += SCALAR_WORD_COUNT
          break
        case 'list': {
          const first = (index + LENGTH_WORD_COUNT) >> 1
          const list = numbers.slice(first, first + words[index])
          if (isEid(type)) for (let j = 0; j < list.length; j++) list[j] = this.#resolve(list[j])
          into[name] = list
          index += LENGTH_WORD_COUNT + 2 * list.length
          break
        }
        case 'text': {
          const byteLength = words[index]
          into[name] = this.#utf8.read(bytes, (index + LENGTH_WORD_COUNT) * 4, byteLength)
          index += LENGTH_WORD_COUNT + 2 * Math.ceil(byteLength / 8)
        }
      }
    }
  }
}

const isObject = (value: unknown): value is Given => typeof value === 'object' && value !== null

function hasField(fields: readonly ValueField[], name: string): boolean {
  for (let i = 0; i < fields.length; i++) if (fields[i].name === name) return true
  return false
}

const invalid = (component: string, field: string, value: unknown, expected: string) =>
  invalidArgument(`what is given ${component}.${field}`, value, expected)

const hasChanged = (component: string) =>
  invalidArgument(`what is given ${component}`, 'other at each look', 'values that stay the same')

/** V8 stores a whole number that it knows to be one without a box, for it and for all who read it. */
const unboxed = (value: number) =>
  (value | 0) === value && !Object.is(value, -0) ? value | 0 : value
