/**
 * Numbers on their way into a list: checked and copied here first.
 *
 * They may come from the very list that they go to, or from an object that runs its own code when it
 * is read. Once they are here, nothing that follows can fail but the allocation, nor see a list
 * half-way. Copying takes 1.3 ns a number, and a Float64Array holds those of all types.
 */
import { invalidArgument } from '../base/errors.ts'
import { isLength, isListOfNumbers } from '../base/typed-arrays.ts'

const LENGTH_AT_FIRST = 1024
/** Above it, the room is given to the garbage collector after use. */
const LENGTH_KEPT = 2 ** 16

export class Staging {
  readonly #lengthMax: number
  values = new Float64Array(LENGTH_AT_FIRST)
  /** Numbers that are here. Those of a nested use stand above those of the one around it. */
  length = 0

  /** @param lengthMax numbers that a list can have: an arena has as many bytes */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  /**
   * Takes numbers in, above those that are here.
   * @param what for messages
   * @throws StorageError 'invalid-argument'; none of them is here then
   */
  take(given: unknown, what: string): void {
    const before = this.length
    try {
      if (!isListOfNumbers(given)) throw invalidArgument(what, given, EXPECTED)
      const count: unknown = given.length
      if (!isLength(count) || count > this.#lengthMax) {
        const expected = `a whole number of elements that the arena can hold: ${this.#lengthMax} at most`
        throw invalidArgument(`the length of ${what}`, count, expected)
      }
      this.#makeRoom(count)
      this.length = before + count // first: what elements run may take in others
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

  /** Forgets the numbers from a place on. */
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

const EXPECTED = 'an array or typed array of numbers'
