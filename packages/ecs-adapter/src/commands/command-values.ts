/**
 * The values of a component's fields in a command, as 32-bit words:
 *
 *     a mask of the given fields, 32 a word, padded to an even number of words
 *     for each given field, in the order of the schema:
 *         scalar   f64
 *         list     count of elements | 0 | elements, each f64
 *         text     byte length | 0 | UTF-8, padded to 8 bytes
 *
 * Every number is an f64, which can hold the numbers of all types. The column converts the number
 * to its own type. This makes a command with two f32 12 bytes longer, but no type is a special
 * case.
 */
import { isRecord } from '../base/arguments.ts'
import { invalidArgument, unknownField } from '../base/errors.ts'
import { FIRST_WORD_COUNT } from '../fields/field-code.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { GivenValues } from '../fields/staging.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { Listed } from '../schema/component-registry.ts'
import type { Field } from '../schema/schema.ts'
import { corruptCommands } from './command-blocks.ts'

const maskWordCount = (fields: readonly Field[]) => 2 * Math.ceil(fields.length / 64)

function hasField(fields: readonly Field[], name: string): boolean {
  for (let i = 0; i < fields.length; i++) if (fields[i].name === name) return true
  return false
}

/**
 * Checks that all keys of an object are fields.
 * @param given the values that were read from the object
 * @throws StorageError 'invalid-argument' if a key is no field
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
  // No field is given: refuses a Map or a Date, but not `{}`. This check is last, because
  // `isRecord` is slow.
  if (isRecord(values)) return
  const expected = `an object with ${namesOf(fields).join(', ')}`
  throw invalidArgument(`the values for ${name}`, values, expected)
}

const namesOf = (fields: readonly Field[]) => fields.map(({ name }) => name)

/** Returns the word count of the given values and their mask. */
export function valuesWordCount(fields: readonly Field[], given: GivenValues): number {
  let wordCount = maskWordCount(fields)
  for (let i = 0; i < fields.length; i++) {
    if (given.isGiven[i] === 0) continue
    wordCount += FIRST_WORD_COUNT + fields[i].code.moreWordCount(given, i)
  }
  return wordCount
}

/**
 * Writes the given values and their mask.
 * @param memory the memory to which the frame `given` belongs
 */
export function writeValues(
  views: MemoryViews,
  fields: readonly Field[],
  given: GivenValues,
  memory: FieldMemory,
  at: number,
): void {
  const { i32: words } = views
  let index = at + maskWordCount(fields)
  for (let word = at; word < index; word++) words[word] = 0
  for (let i = 0; i < fields.length; i++) {
    if (given.isGiven[i] === 0) continue
    words[at + (i >> 5)] |= 1 << (i & 31)
    const { code } = fields[i]
    code.store(views, given, i, index, memory)
    index += storedWordCount(words, index, code)
  }
}

const isGiven = (words: Int32Array, at: number, i: number) =>
  (words[at + (i >> 5)] & (1 << (i & 31))) !== 0

/** Returns the word count of the value that is stored at an index. */
const storedWordCount = (words: Int32Array, index: number, code: Field['code']) =>
  FIRST_WORD_COUNT + code.storedMoreWordCount(words, index)

/** Checks that values fill exactly the words from `at` to `end`. @throws StorageError 'corrupt' */
export function checkValues(
  words: Int32Array,
  fields: readonly Field[],
  at: number,
  end: number,
): void {
  let index = at + maskWordCount(fields)
  for (let i = 0; i < fields.length && index <= end; i++) {
    if (!isGiven(words, at, i)) continue
    const wordCount = storedWordCount(words, index, fields[i].code)
    // If `index` is `end`, this line reads the next record. Whatever it reads, `index` then passes
    // `end`.
    if (!(wordCount >= FIRST_WORD_COUNT)) throw corruptCommands(words[index], 'a length')
    index += wordCount
  }
  if (index === end) return
  throw corruptCommands(index - at, `values of ${end - at} words`)
}

/**
 * The argument of bitECS's `addComponent`. It is reused, because bitECS's `set` would allocate an
 * object each time.
 */
interface Setting {
  readonly component: object
  readonly data: Record<string, unknown>
}

export class ValueReader {
  /** The setting of each component, by its number. */
  readonly #settings: Setting[] = []
  readonly #memory: FieldMemory
  /** Returns the entity for an id in a command. */
  readonly #resolve: (eid: number) => number

  constructor(memory: FieldMemory, resolve: (eid: number) => number) {
    this.#memory = memory
    this.#resolve = resolve
  }

  /**
   * Reads the values of a component. Each field becomes a property of `data`. The property is
   * undefined if no value is given.
   * @throws as `checkValues`
   */
  read({ number, component, fields }: Listed, at: number, end: number): Setting {
    const { views } = this.#memory
    const { i32: words } = views
    checkValues(words, fields, at, end)
    this.#settings[number] ??= { component, data: {} }
    const setting = this.#settings[number]
    const { data } = setting
    let index = at + maskWordCount(fields)
    for (let i = 0; i < fields.length; i++) {
      const { name, code } = fields[i]
      if (!isGiven(words, at, i)) {
        data[name] = undefined
        continue
      }
      data[name] = code.read(views, index, this.#resolve, this.#memory)
      index += storedWordCount(words, index, code)
    }
    return setting
  }
}
