/**
 * Numbers on their way into a list are checked and copied here first.
 *
 * They may come from the same list, or from an object that runs its own code when it is read. After
 * the copy only the allocation can fail, and no code sees a half-written list. Copying takes 1.3 ns
 * a number, and a Float64Array holds the numbers of every type.
 */
import { invalidArgument } from '../base/errors.ts'
import { isLength, isListOfNumbers } from '../base/typed-arrays.ts'
import type { StaleReferences } from '../world/stale-references.ts'

const LENGTH_AT_FIRST = 1024
/** A longer array is dropped after use. */
const LENGTH_KEPT = 2 ** 16

export class Staging {
  readonly #lengthMax: number
  values = new Float64Array(LENGTH_AT_FIRST)
  /** A nested use stacks its numbers on those of the outer one. */
  length = 0

  /** @param lengthMax the bytes of the arena: no list has more elements */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  /**
   * Pushes all of the numbers, or none.
   * @param what for messages
   * @throws StorageError 'invalid-argument'
   */
  take(given: unknown, what: string): void {
    const before = this.length
    try {
      if (!isListOfNumbers(given)) {
        throw invalidArgument(what, given, 'an array or typed array of numbers')
      }
      const count: unknown = given.length
      if (!isLength(count) || count > this.#lengthMax) {
        const expected = `a whole number up to ${this.#lengthMax}, the arena's bytes`
        throw invalidArgument(`the length of ${what}`, count, expected)
      }
      this.#makeRoom(count)
      this.length = before + count // first: a getter of an element may start a nested use
      for (let i = 0; i < count; i++) {
        const value: unknown = given[i]
        if (typeof value !== 'number') throw invalidArgument(`${what}[${i}]`, value, 'a number')
        this.values[before + i] = value
      }
    } catch (error) {
      this.dropFrom(before)
      throw error
    }
  }

  /** Calls `settle` for the numbers from `start` to `end`. */
  settle(references: StaleReferences | undefined, start: number, end: number): void {
    for (let i = start; i < end; i++) references?.settle(this.values[i])
  }

  /** Calls `note` for the numbers from `start` to `end`. */
  note(references: StaleReferences | undefined, start: number, end: number): void {
    for (let i = start; i < end; i++) references?.note(this.values[i])
  }

  /** Pops the numbers from an index on. */
  dropFrom(start: number): void {
    this.length = start
    if (start === 0 && this.values.length > LENGTH_KEPT) {
      this.values = new Float64Array(LENGTH_AT_FIRST)
    }
  }

  #makeRoom(count: number): void {
    const needed = this.length + count
    if (needed <= this.values.length) return
    const grown = new Float64Array(Math.max(needed, 2 * this.values.length))
    grown.set(this.values.subarray(0, this.length))
    this.values = grown
  }
}
