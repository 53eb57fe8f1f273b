/**
 * What `set` gives the fields of one component: read once, checked and copied, before anything is written.
 *
 * Reading runs the user's code, for a value may be a getter, and that may set other values meanwhile, of the
 * same component too. So each `set` has a frame of its own. Those of nested ones end first, as the numbers of
 * lists stand one batch above the other in `staging`.
 */
import { invalidArgument } from '../base/errors.ts'
import type { Field } from '../schema/schema.ts'
import type { Staging } from './staging.ts'

/** One frame. All but `isGiven` is by field as well, and of those fields that it is for. */
export class GivenValues {
  readonly isGiven: Uint8Array
  /** Of scalars. */
  readonly numbers: Float64Array
  readonly texts: string[]
  /** Of lists: where their numbers are in `staging`. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Blocks that were made for lists and texts and are no row's yet; 0 of none. */
  readonly blocks: Int32Array
  /** Where `staging` was when the frame began. */
  first = 0

  constructor(fieldCount: number) {
    this.isGiven = new Uint8Array(fieldCount)
    this.numbers = new Float64Array(fieldCount)
    this.texts = new Array(fieldCount).fill('')
    this.starts = new Int32Array(fieldCount)
    this.ends = new Int32Array(fieldCount)
    this.blocks = new Int32Array(fieldCount)
  }
}

export class GivenFrames {
  readonly staging: Staging
  readonly #name: string
  readonly #fields: readonly Field[]
  /** By field, for messages. */
  readonly #labels: readonly string[]
  readonly #frames: GivenValues[] = []
  #depth = 0

  /** @param name of the component, for messages */
  constructor(name: string, fields: readonly Field[], staging: Staging) {
    this.staging = staging
    this.#name = name
    this.#fields = fields
    this.#labels = fields.map((field) => `${name}.${field.name}`)
  }

  /** A frame that is nobody's, until `leave`. */
  enter(): GivenValues {
    const depth = this.#depth++
    if (depth === this.#frames.length) this.#frames.push(new GivenValues(this.#fields.length))
    const given = this.#frames[depth]
    given.first = this.staging.length
    return given
  }

  /** The frame that was entered last is done with. */
  leave(given: GivenValues): void {
    this.#depth--
    this.staging.dropFrom(given.first)
    given.isGiven.fill(0)
    given.texts.fill('') // so that none is held on to
  }

  /** @throws StorageError 'invalid-argument', and what getters throw */
  read(values: unknown, given: GivenValues): void {
    const fields = this.#fields
    if (typeof values !== 'object' || values === null) {
      const names = fields.map(({ name }) => name).join(', ')
      throw invalidArgument(`what set() gives ${this.#name}`, values, `an object with ${names}`)
    }
    for (let i = 0; i < fields.length; i++) {
      const value = (values as Record<string, unknown>)[fields[i].name]
      if (value !== undefined) this.#take(i, value, given)
    }
  }

  #take(i: number, value: unknown, given: GivenValues): void {
    const { type } = this.#fields[i]
    if (type.kind === 'scalar') {
      if (typeof value !== 'number') {
        throw invalidArgument(`what set() gives ${this.#labels[i]}`, value, 'a number')
      }
      given.numbers[i] = value
    } else if (type.kind === 'list') {
      const start = this.staging.length
      this.staging.take(value, this.#labels[i])
      given.starts[i] = start
      given.ends[i] = this.staging.length
    } else {
      if (typeof value !== 'string') throw invalidArgument(this.#labels[i], value, 'a string')
      given.texts[i] = value
    }
    given.isGiven[i] = 1
  }
}
