/**
 * The lists and texts of removed entities, which `sync` frees, by row of one dense component. A row
 * is lost if its entity has lost the component: the values stay until `sync`. A row is untracked if
 * bitECS will not report its end: a prefab's, or that of an entity which lacks the component.
 */
import { lengthened } from '../base/typed-arrays.ts'

/** Bits of a row's state. */
const QUEUED = 1
const LOST = 2

export class RemovedLists {
  #states = new Uint8Array(0)
  /** Rows: the first `#queueLength`, so that the array keeps its room and makes no garbage. */
  readonly #queue: number[] = []
  #queueLength = 0
  /** By row: its entity. */
  readonly #untracked = new Map<number, number>()
  readonly #free: (row: number) => void
  readonly #hasComponent: (eid: number) => boolean

  constructor(free: (row: number) => void, hasComponent: (eid: number) => boolean) {
    this.#free = free
    this.#hasComponent = hasComponent
  }

  /** The entity of a row has lost the component. */
  add(row: number): void {
    if (row >= this.#states.length) this.#states = lengthened(this.#states, Math.max(row + 1, 256))
    const state = this.#states[row]
    this.#states[row] = QUEUED | LOST
    if ((state & QUEUED) === 0) this.#queue[this.#queueLength++] = row
  }

  /** A row may get blocks, and its end will not be reported. */
  addUntracked(eid: number, row: number): void {
    this.#untracked.set(row, eid)
  }

  /** Cancels the free for an entity that lost the component. @returns whether there was one */
  takeLost(row: number): boolean {
    if (row >= this.#states.length || (this.#states[row] & LOST) === 0) return false
    this.#states[row] &= ~LOST
    return true
  }

  /** Whether an untracked row holds values of another entity. */
  hasAnotherUntracked(eid: number, row: number): boolean {
    return this.#untracked.size > 0 && (this.#untracked.get(row) ?? eid) !== eid
  }

  /** For `verifyStorage`: whether `sync` may free the blocks of a row. */
  has(row: number): boolean {
    return (this.#states[row] & LOST) !== 0 || this.#untracked.has(row)
  }

  /** An entity has got the component: the blocks of its row were freed. */
  renew(row: number): void {
    if (row < this.#states.length) this.#states[row] &= ~LOST
    if (this.#untracked.size > 0) this.#untracked.delete(row)
  }

  /** Frees lost rows, and the untracked rows of entities that lack the component. */
  sync(): void {
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

  /** Forgets everything. */
  clear(): void {
    this.#states.fill(0)
    this.#queueLength = 0
    this.#untracked.clear()
  }
}
