/**
 * Ids of entities that were removed, for the lists that are to drop them.
 *
 * They are dropped by one look at all those lists, at `sync`: the look costs a load and a compare an
 * element, where counting references to find them at once would cost every write of a list. But
 * bitECS gives an id out again at once, and a list may get it anew before `sync`; then the look comes
 * before that, and what is in a list and is one of these ids means the entity that was removed. An id
 * that nobody has yet may be copied from list to list: the next look drops the copies too.
 */
import { Not, type Query, registerQuery } from 'bitecs'
import type { Worlds } from './worlds.ts'

/** A component that nobody has: whoever has it not is every entity there is. */
const Nobody = {}

export class RemovedIds {
  readonly #drop: (isKept: (eid: number) => boolean) => void
  /** By row: the id that was removed, 0 of none. */
  #removedAs = new Int32Array(256)
  #rows = new Int32Array(64)
  #count = 0
  #entityMask = 0
  /** By world. */
  #everyone: Query[] = []

  /** @param drop takes ids that are not to be kept out of every list */
  constructor(drop: (isKept: (eid: number) => boolean) => void) {
    this.#drop = drop
  }

  /** Begins anew; gives what ends it. */
  subscribe(worlds: Worlds): () => void {
    this.#forget()
    this.#entityMask = worlds.entityIndex.entityMask
    this.#everyone = worlds.all.map((world) => registerQuery(world, [Not(Nobody)]))
    const ends = this.#everyone.map(({ removeObservable }) => removeObservable.subscribe(this.#add))
    return () => {
      for (const end of ends) end()
    }
  }

  /** To be called with each id before it goes into a list. */
  readonly admit = (eid: number): void => {
    if (this.#count > 0 && !this.#isKept(eid | 0) && this.#isAlive(eid | 0)) this.sync()
  }

  /** An id that was removed is that of somebody after all. */
  keep(eid: number): void {
    const row = eid & this.#entityMask
    if (this.#removedAs[row] === eid) this.#removedAs[row] = 0
  }

  /** Drops what was removed. */
  sync(): void {
    if (this.#count === 0) return
    this.#drop(this.#isKept)
    this.#forget()
  }

  readonly #isKept = (eid: number): boolean =>
    eid === 0 || this.#removedAs[eid & this.#entityMask] !== eid

  /** Not so of one that is just being removed, which bitECS takes for alive in onRemove observers. */
  #isAlive(eid: number): boolean {
    return this.#everyone.some((everyone) => everyone.has(eid) && !everyone.toRemove.has(eid))
  }

  readonly #add = (eid: number): void => {
    const row = eid & this.#entityMask
    if (row >= this.#removedAs.length) this.#removedAs = lengthened(this.#removedAs, row + 1)
    if (this.#removedAs[row] === eid) return
    // With versions, a row may end as another id: one of it at a time.
    if (this.#removedAs[row] !== 0) this.sync()
    if (this.#count === this.#rows.length) this.#rows = lengthened(this.#rows, this.#count + 1)
    this.#removedAs[row] = eid
    this.#rows[this.#count++] = row
  }

  #forget(): void {
    while (this.#count > 0) this.#removedAs[this.#rows[--this.#count]] = 0
  }
}

function lengthened(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(Math.max(least, 2 * array.length))
  longer.set(array)
  return longer
}
