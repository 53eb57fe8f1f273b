/**
 * The values of a component's fields in a command. In 32-bit words:
 *
 *     a mask of the given fields, 32 a word, padded to an even number of words
 *     for each given field, in the order of the schema:
 *         scalar   f64
 *         list     count of elements | 0 | elements, each f64
 *         text     byte length | 0 | UTF-8, padded to 8 bytes
 *
 * Every number is an f64, which holds the numbers of all types; the column converts the number to
 * its own type. A command with two f32 is 12 bytes longer for this, but no type is a special case.
 */
import { isRecord } from '../base/arguments.ts'
import { invalidArgument, unknownField } from '../base/errors.ts'
import { byteLengthOfText, Utf8 } from '../base/utf8.ts'
import type { GivenValues } from '../lists/staging.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { Listed } from '../schema/component-registry.ts'
import type { Field, FieldType } from '../schema/schema.ts'
import { corruptCommands } from './command-blocks.ts'

/** Words of a scalar; for a list or text, the words before its elements: the length, and 0. */
const FIRST_WORD_COUNT = 2

const maskWordCount = (fields: readonly Field[]) => 2 * Math.ceil(fields.length / 64)

function hasField(fields: readonly Field[], name: string): boolean {
  for (let i = 0; i < fields.length; i++) if (fields[i].name === name) return true
  return false
}

const isEid = (type: FieldType) =>
  (type.kind === 'scalar' && type.name === 'eid') ||
  (type.kind === 'list' && type.element.name === 'eid')

/**
 * Checks an object that `given` was read from.
 * @throws StorageError 'invalid-argument' for keys that are no fields
 */
export function checkFields(
  { name, fields }: Listed,
  values: object,
  { isGiven }: GivenValues,
): void {
  for (const key in values) {
    if (!hasField(fields, key)) throw unknownField(name, key, namesOf(fields))
  }
  for (let i = 0; i < fields.length; i++) if (isGiven[i] !== 0) return
  // No field is given: refuses a Map or a Date, but not `{}`. Comes last, as `isRecord` is slow.
  if (isRecord(values)) return
  const expected = `an object with ${namesOf(fields).join(', ')}`
  throw invalidArgument(`the values for ${name}`, values, expected)
}

const namesOf = (fields: readonly Field[]) => fields.map(({ name }) => name)

const utf8 = new Utf8()

/** Word count of the given values and their mask. */
export function valuesWordCount(
  fields: readonly Field[],
  { isGiven, starts, ends, texts }: GivenValues,
): number {
  let wordCount = maskWordCount(fields)
  for (let i = 0; i < fields.length; i++) {
    if (isGiven[i] === 0) continue
    wordCount += FIRST_WORD_COUNT
    const { kind } = fields[i].type
    if (kind === 'list') wordCount += 2 * (ends[i] - starts[i])
    else if (kind === 'text') wordCount += 2 * Math.ceil(byteLengthOfText(texts[i]) / 8)
  }
  return wordCount
}

/** @param lists the staged numbers of lists: `given` has the start and end of each list */
export function writeValues(
  { i32: words, f64: numbers, u8: bytes }: MemoryViews,
  fields: readonly Field[],
  given: GivenValues,
  lists: Float64Array,
  at: number,
): void {
  let index = at + maskWordCount(fields)
  for (let word = at; word < index; word++) words[word] = 0
  for (let i = 0; i < fields.length; i++) {
    if (given.isGiven[i] === 0) continue
    words[at + (i >> 5)] |= 1 << (i & 31)
    const { type } = fields[i]
    if (type.kind === 'scalar') numbers[index >> 1] = given.numbers[i]
    else if (type.kind === 'text') {
      words[index] = byteLengthOfText(given.texts[i])
      utf8.write(given.texts[i], bytes, (index + FIRST_WORD_COUNT) * 4)
    } else {
      const start = given.starts[i]
      const count = given.ends[i] - start
      words[index] = count
      const first = (index + FIRST_WORD_COUNT) >> 1
      for (let j = 0; j < count; j++) numbers[first + j] = lists[start + j]
    }
    index += storedWordCount(words, index, type)
  }
}

const isGiven = (words: Int32Array, at: number, i: number) =>
  (words[at + (i >> 5)] & (1 << (i & 31))) !== 0

/** Word count of the value that is stored at an index. */
function storedWordCount(words: Int32Array, index: number, { kind }: FieldType): number {
  if (kind === 'scalar') return FIRST_WORD_COUNT
  return FIRST_WORD_COUNT + 2 * (kind === 'list' ? words[index] : Math.ceil(words[index] / 8))
}

/** Checks that values fill the words from `at` to `end`. @throws StorageError 'corrupt' */
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
    // If `index` is `end`, this reads the next record: with any count, `index` then passes `end`.
    if (!(wordCount >= FIRST_WORD_COUNT)) throw corruptCommands(words[index], 'a length')
    index += wordCount
  }
  if (index === end) return
  throw corruptCommands(index - at, `values of ${end - at} words`)
}

/** The argument of bitECS's `addComponent`, reused, as bitECS's `set` would allocate each time. */
interface Setting {
  readonly component: object
  readonly data: Record<string, unknown>
}

export class ValueReader {
  /** By number of the component. */
  readonly #settings: Setting[] = []
  readonly #views: MemoryViews
  /** The entity that an id in a command stands for. */
  readonly #resolve: (eid: number) => number

  constructor(views: MemoryViews, resolve: (eid: number) => number) {
    this.#views = views
    this.#resolve = resolve
  }

  /**
   * Reads the values of a component: each field becomes a property of `data`, undefined where no
   * value is given. A list becomes a new Float64Array, as observers may keep it.
   * @throws as `checkValues`
   */
  read({ number, component, fields }: Listed, at: number, end: number): Setting {
    const { i32: words, f64: numbers, u8: bytes } = this.#views
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
      const first = (index + FIRST_WORD_COUNT) >> 1
      if (type.kind === 'scalar') {
        const number = numbers[index >> 1]
        data[name] = unboxed(isEid(type) ? this.#resolve(number) : number)
      } else if (type.kind === 'list') {
        const list = numbers.slice(first, first + words[index])
        if (isEid(type)) for (let j = 0; j < list.length; j++) list[j] = this.#resolve(list[j])
        data[name] = list
      } else data[name] = utf8.read(bytes, first * 8, words[index])
      index += storedWordCount(words, index, type)
    }
    return setting
  }
}

/** V8 stores a number without a box if it knows the number to be a small integer. */
const unboxed = (value: number) =>
  (value | 0) === value && !Object.is(value, -0) ? value | 0 : value
