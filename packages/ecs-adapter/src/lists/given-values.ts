/**
 * The values that `set` gives to the fields of a component: read once, checked and copied, before
 * anything is written.
 *
 * A value may be a getter, so reading runs the user's code, which may call `set` again, also for
 * the same component. So each `set` has a frame of its own. Nested frames end first, because the
 * numbers of lists are a stack in `staging`.
 */
import type { Staging } from './staging.ts'

/** A frame: arrays by field. Each but `isGiven` is for the fields of one kind. */
export class GivenValues {
  readonly isGiven: Uint8Array
  /** Of scalars. */
  readonly numbers: Float64Array
  readonly texts: string[]
  /** Where the numbers of lists are in `staging`. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Blocks for lists and texts that no row has yet; 0 for none. */
  readonly blocks: Int32Array
  /** The length of `staging` when the frame began. */
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

/** The frames of a component, and the numbers of its lists in them. */
export class GivenFrames {
  readonly #fieldCount: number
  readonly #staging: Staging
  readonly #frames: GivenValues[] = []
  #depth = 0

  constructor(fieldCount: number, staging: Staging) {
    this.#fieldCount = fieldCount
    this.#staging = staging
  }

  /** A free frame, to be given back by `leave`. */
  enter(): GivenValues {
    const depth = this.#depth++
    if (depth === this.#frames.length) this.#frames.push(new GivenValues(this.#fieldCount))
    const given = this.#frames[depth]
    given.first = this.#staging.length
    return given
  }

  /** @param given the frame that was entered last */
  leave(given: GivenValues): void {
    this.#depth--
    this.#staging.dropFrom(given.first)
    given.isGiven.fill(0)
    given.texts.fill('') // releases the strings
  }
}
