/**
 * Stages the values that are to be written to fields: checks and copies them first.
 *
 * The values may come from an object whose getters run the user's code. After the copy, only the
 * allocation can fail, and no code sees half-written values. Getters may call `set` again, even for
 * the same component. Inner calls end before outer ones, so the frames are a stack.
 */

/**
 * A frame holds the values that one `set` gives to a component. Each array has an element for each
 * field.
 */
export class GivenValues {
  readonly isGiven: Uint8Array
  /** The values of scalars, in the form that their columns hold. */
  readonly numbers: Float64Array
  readonly texts: string[]
  /** The index of each list's first number among the staged numbers. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The blocks for lists and texts that no row has yet; 0 for none. */
  readonly blocks: Int32Array
  /** How many numbers were staged when the frame began. */
  first = 0
  fieldCount = 0

  constructor(fieldCount: number) {
    this.isGiven = new Uint8Array(fieldCount)
    this.numbers = new Float64Array(fieldCount)
    this.texts = new Array(fieldCount).fill('')
    this.starts = new Int32Array(fieldCount)
    this.ends = new Int32Array(fieldCount)
    this.blocks = new Int32Array(fieldCount)
  }
}

/** A stack of the numbers that are given to lists. */
export interface NumberStack {
  readonly length: number
  /** Drops the numbers from this index on. */
  dropFrom(start: number): void
}

export class Staging {
  /** The staged numbers of lists; undefined until there is a list. */
  numbers: NumberStack | undefined
  readonly #frames: GivenValues[] = []
  #depth = 0

  /** Returns an empty frame for at least `fieldCount` fields. Return it by `leave`. */
  enter(fieldCount: number): GivenValues {
    const depth = this.#depth++
    if (!(this.#frames[depth]?.isGiven.length >= fieldCount)) {
      this.#frames[depth] = new GivenValues(fieldCount)
    }
    const given = this.#frames[depth]
    given.first = this.numbers === undefined ? 0 : this.numbers.length
    given.fieldCount = fieldCount
    return given
  }

  /** @param given the frame that was entered last */
  leave(given: GivenValues): void {
    this.#depth--
    if (this.numbers !== undefined) this.numbers.dropFrom(given.first)
    // A loop, because two calls of `fill` take 30 ns, as long as this loop takes for four fields.
    for (let i = 0; i < given.fieldCount; i++) {
      given.isGiven[i] = 0
      given.texts[i] = '' // releases the string
    }
  }
}
