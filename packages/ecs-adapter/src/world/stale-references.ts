/**
 * Tracks ids of removed entities that weak lists may still hold.
 *
 * At `sync`, one sweep over all weak lists drops these ids. The sweep costs a load and a compare
 * for each element. Counting references instead would slow down every write to a list. But bitECS
 * may give a removed id to a new entity before the next `sync`. If the new entity's id goes into a
 * list before `sync`, a sweep comes first, because until then the id in a list means the removed
 * entity.
 *
 * A removed id is due until a sweep has dropped it. If the id goes into a list after that, copied
 * from an old value, the id is due again. An id that no entity has had yet stays in lists, like any
 * number.
 */
import type { Query } from 'bitecs'
import { lengthened } from '../base/typed-arrays.ts'
import { onLeave, registerEveryone } from './bitecs-internals.ts'
import type { Worlds } from './worlds.ts'

export class StaleReferences {
  readonly #worlds: Worlds
  readonly #drop: (isKept: (eid: number) => boolean) => void
  /**
   * For each row, the id that was removed since the last `sync`, or 0. `#due` says whether the id
   * is due.
   */
  #removed = new Int32Array(256)
  #isDue = new Uint8Array(256)
  /**
   * The rows with a removed id are the first `#count` elements. The array never shrinks, to make no
   * garbage.
   */
  readonly #rows: number[] = []
  #count = 0
  /**
   * With versioned ids, a row may lose several ids before `sync`. This set has all but the first;
   * all of them are due.
   */
  readonly #twins = new Set<number>()
  #hasDue = false
  #entityMask = 0
  /** For each world, a query for all of its entities. */
  #everyone: readonly Query[] = []

  /** @param drop removes the ids from every list for which `isKept` returns false */
  constructor(worlds: Worlds, drop: (isKept: (eid: number) => boolean) => void) {
    this.#worlds = worlds
    this.#drop = drop
  }

  /**
   * Forgets all ids, and subscribes to removals of entities.
   * @returns a function that unsubscribes
   */
  subscribe(): () => void {
    this.#forget()
    this.#entityMask = this.#worlds.entityMask
    this.#everyone = this.#worlds.all.map(registerEveryone)
    const ends = this.#everyone.map((everyone) => onLeave(everyone, this.#add))
    return () => {
      for (const end of ends) end()
    }
  }

  /** Returns whether a sweep leaves an id in lists. */
  readonly isKept = (eid: number): boolean => {
    if (eid === 0) return true
    const row = eid & this.#entityMask
    if (this.#removed[row] === eid) return this.#isDue[row] === 0
    return this.#twins.size === 0 || !this.#twins.has(eid)
  }

  /**
   * Returns whether an id is due although a new entity has it. If so, a sweep must come before the
   * id goes into a list.
   */
  isReused(eid: number): boolean {
    return this.#hasDue && !this.isKept(eid) && this.#worlds.isAlive(eid, this.#everyone)
  }

  /**
   * Sweeps if a new entity has the id of a removed one. Call `settle` for all ids before the first
   * of them goes into a list.
   */
  settle(eid: number): void {
    if (this.isReused(eid | 0)) this.#sweep()
  }

  /** Call this for each id that has gone into a list, after any sweep. */
  note(eid: number): void {
    const id = eid | 0
    const row = id & this.#entityMask
    if (this.#count === 0 || this.#removed[row] !== id || id === 0) return
    if (this.#worlds.isAlive(id, this.#everyone)) this.#removed[row] = 0
    else this.#setDue(row)
  }

  /**
   * Call this for an id in a list that enters the world. It sweeps if the id is due, so that the id
   * stays in that list.
   */
  take(eid: number): void {
    if (this.isKept(eid)) return
    this.#sweep()
    this.#twins.delete(eid)
    this.#hasDue = this.#twins.size > 0
  }

  /** Call this if the removal of an entity has failed, so that the entity keeps its id. */
  keep(eid: number): void {
    const row = eid & this.#entityMask
    if (this.#removed[row] === eid) this.#removed[row] = 0
    this.#twins.delete(eid)
  }

  /** Drops the removed ids from all lists. */
  sync(): void {
    if (this.#count === 0) return
    if (this.#hasDue) this.#drop(this.isKept)
    this.#forget()
  }

  #sweep(): void {
    this.#drop(this.isKept)
    for (let i = 0; i < this.#count; i++) this.#isDue[this.#rows[i]] = 0
    this.#hasDue = this.#twins.size > 0
  }

  readonly #add = (eid: number): void => {
    const row = eid & this.#entityMask
    if (row >= this.#removed.length) {
      this.#removed = lengthened(this.#removed, row + 1)
      this.#isDue = lengthened(this.#isDue, row + 1)
    }
    const before = this.#removed[row]
    if (before === 0) {
      this.#removed[row] = eid
      this.#rows[this.#count++] = row
    }
    if (before === 0 || before === eid) this.#setDue(row)
    else {
      this.#twins.add(eid)
      this.#hasDue = true
    }
  }

  #setDue(row: number): void {
    this.#isDue[row] = 1
    this.#hasDue = true
  }

  #forget(): void {
    while (this.#count > 0) this.#removed[this.#rows[--this.#count]] = 0
    if (this.#twins.size > 0) this.#twins.clear()
    this.#hasDue = false
  }
}
