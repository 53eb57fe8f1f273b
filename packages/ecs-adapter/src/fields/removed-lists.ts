/**
 * The rows of one dense component whose lists and texts `sync` may free. A row is lost if its
 * entity has lost the component. A row is untracked if bitECS will not report when its entity loses
 * the component: the row of a prefab, or of an entity that lacks the component.
 */
import { lengthened } from '../base/typed-arrays.ts'

/** The bits of a row's state. */
const QUEUED = 1
const LOST = 2

/** The least number of rows that can count as a long queue. */
const LONG_AT_LEAST = 1024

export class RemovedLists {
  #states = new Uint8Array(0)
  /**
   * The rows for `sync` are the first `#queueLength` elements. The array never shrinks, to make no
   * garbage.
   */
  readonly #queue: number[] = []
  #queueLength = 0
  /** The entity of each untracked row. */
  readonly #untracked = new Map<number, number>()
  readonly #free: (row: number) => void
  readonly #hasComponent: (eid: number) => boolean
  readonly #byteLengthOf: (row: number) => number
  /** If the queue has more rows than this, `isLong` returns true. */
  #longLength = LONG_AT_LEAST

  /**
   * @param free frees the lists and texts of a row
   * @param hasComponent returns whether an entity has the component
   * @param byteLengthOf returns how many bytes the lists and texts of a row have
   */
  constructor(
    free: (row: number) => void,
    hasComponent: (eid: number) => boolean,
    byteLengthOf: (row: number) => number,
  ) {
    this.#free = free
    this.#hasComponent = hasComponent
    this.#byteLengthOf = byteLengthOf
  }

  /** How many bytes wait for `sync`. */
  get byteLength(): number {
    let sum = 0
    for (let i = 0; i < this.#queueLength; i++) {
      const row = this.#queue[i]
      if ((this.#states[row] & LOST) !== 0) sum += this.#byteLengthOf(row)
    }
    return sum
  }

  /**
   * Returns whether the queue is twice as long as when this method last returned true. Use it to
   * avoid calls of `byteLength`, which take time.
   */
  isLong(): boolean {
    if (this.#queueLength < this.#longLength) return false
    this.#longLength = 2 * this.#queueLength
    return true
  }

  /** Call it when the entity of a row has lost the component. */
  add(row: number): void {
    if (row >= this.#states.length) this.#states = lengthened(this.#states, Math.max(row + 1, 256))
    const state = this.#states[row]
    this.#states[row] = QUEUED | LOST
    if ((state & QUEUED) === 0) this.#queue[this.#queueLength++] = row
  }

  /**
   * Call it when a row may get blocks, and bitECS will not report that its entity loses the
   * component.
   */
  addUntracked(eid: number, row: number): void {
    this.#untracked.set(row, eid)
  }

  /**
   * Undoes `add`, so that `sync` does not free the row.
   * @returns whether the row was lost
   */
  takeLost(row: number): boolean {
    if (row >= this.#states.length || (this.#states[row] & LOST) === 0) return false
    this.#states[row] &= ~LOST
    return true
  }

  /** Returns whether a row is untracked because of another entity. */
  hasAnotherUntracked(eid: number, row: number): boolean {
    return this.#untracked.size > 0 && (this.#untracked.get(row) ?? eid) !== eid
  }

  /** Returns whether `sync` may free the blocks of a row. `verifyStorage` calls it. */
  has(row: number): boolean {
    return (this.#states[row] & LOST) !== 0 || this.#untracked.has(row)
  }

  /**
   * Call it when an entity has got the component. The old lists and texts in its row must be freed
   * already.
   */
  renew(row: number): void {
    if (row < this.#states.length) this.#states[row] &= ~LOST
    if (this.#untracked.size > 0) this.#untracked.delete(row)
  }

  /** Frees the blocks of lost rows, and of untracked rows whose entities lack the component. */
  sync(): void {
    this.#longLength = LONG_AT_LEAST
    while (this.#queueLength > 0) {
      const row = this.#queue[--this.#queueLength]
      const isLost = (this.#states[row] & LOST) !== 0
      this.#states[row] = 0
      if (isLost) this.#free(row)
    }
    if (this.#untracked.size > 0) this.#untracked.forEach(this.#syncUntracked)
  }

  readonly #syncUntracked = (eid: number, row: number): void => {
    if (this.#hasComponent(eid)) return
    this.#untracked.delete(row)
    this.#free(row)
  }

  /** Forgets all rows, without freeing their blocks. */
  clear(): void {
    this.#states.fill(0)
    this.#queueLength = 0
    this.#untracked.clear()
  }
}
