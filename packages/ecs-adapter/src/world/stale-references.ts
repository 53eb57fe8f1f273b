/**
 * Ids of entities that were removed, for the lists that are to drop them.
 *
 * They are dropped by one look at all those lists, at `sync`: the look costs a load and a compare an
 * element, where counting references to find them at once would cost every write of a list. But
 * bitECS gives an id out again at once, and a list may get it anew before `sync`; then the look comes
 * before that, and what is in a list and is one of these ids means the entity that was removed.
 *
 * Such a look drops all that is due by then. An id that nobody has may yet be written after it, as a copy of
 * what a list had: then it is due once more. An id that nobody has had yet is a number like any other.
 */
import type { Query } from 'bitecs'
import { onLeave, registerEveryone } from './bitecs-internals.ts'
import type { Worlds } from './worlds.ts'

export class StaleReferences {
  readonly #worlds: Worlds
  readonly #drop: (isKept: (eid: number) => boolean) => void
  /** By row: the id that was removed since the last `sync`, 0 of none; and whether lists may have it. */
  #removed = new Int32Array(256)
  #isDue = new Uint8Array(256)
  /** Those rows. */
  #rows = new Int32Array(64)
  #count = 0
  /** With versions, a row may have had several ids since then: those but the first, all of them due. */
  #twins = new Int32Array(8)
  #twinCount = 0
  #hasDue = false
  #entityMask = 0
  /** By world. */
  #everyone: readonly Query[] = []

  /** @param drop takes ids that are not to be kept out of every list */
  constructor(worlds: Worlds, drop: (isKept: (eid: number) => boolean) => void) {
    this.#worlds = worlds
    this.#drop = drop
  }

  /** Begins anew; gives what ends it. */
  subscribe(): () => void {
    this.#forget()
    this.#entityMask = this.#worlds.entityMask
    this.#everyone = this.#worlds.all.map(registerEveryone)
    const ends = this.#everyone.map((everyone) => onLeave(everyone, this.#add))
    return () => {
      for (const end of ends) end()
    }
  }

  /** Whether an id in a list is not to be dropped. */
  readonly isKept = (eid: number): boolean => {
    if (eid === 0) return true
    const row = eid & this.#entityMask
    if (this.#removed[row] === eid) return this.#isDue[row] === 0
    return this.#twinCount === 0 || !this.#isTwin(eid)
  }

  /** Whether a look has to come before an id goes into a list: it is somebody else's now. */
  isReused(eid: number): boolean {
    return this.#hasDue && !this.isKept(eid) && this.#worlds.isAlive(eid, this.#everyone)
  }

  /** To be called with every id, before the first of them goes into a list. */
  settle(eid: number): void {
    if (this.isReused(eid | 0)) this.#look()
  }

  /** To be called with each id that goes into a list, after any look. */
  note(eid: number): void {
    const id = eid | 0
    const row = id & this.#entityMask
    if (this.#count === 0 || this.#removed[row] !== id || id === 0) return
    if (this.#worlds.isAlive(id, this.#everyone)) this.#removed[row] = 0
    else this.#setDue(row)
  }

  /** An id goes into a list as a number: it stays there, though it may be that of somebody who was removed. */
  take(eid: number): void {
    if (!this.isKept(eid)) this.#look()
  }

  /** An id that was removed is that of somebody after all. */
  keep(eid: number): void {
    const row = eid & this.#entityMask
    if (this.#removed[row] === eid) this.#removed[row] = 0
    for (let i = 0; i < this.#twinCount; i++) if (this.#twins[i] === eid) this.#twins[i] = 0
  }

  /** Drops what was removed. */
  sync(): void {
    if (this.#count === 0) return
    if (this.#hasDue) this.#drop(this.isKept)
    this.#forget()
  }

  #look(): void {
    this.#drop(this.isKept)
    for (let i = 0; i < this.#count; i++) this.#isDue[this.#rows[i]] = 0
    this.#hasDue = this.#twinCount > 0
  }

  readonly #add = (eid: number): void => {
    const row = eid & this.#entityMask
    if (row >= this.#removed.length) this.#cover(row)
    const before = this.#removed[row]
    if (before === 0) this.#enqueue(eid, row)
    if (before === 0 || before === eid) this.#setDue(row)
    else this.#addTwin(eid)
  }

  #setDue(row: number): void {
    this.#isDue[row] = 1
    this.#hasDue = true
  }

  #enqueue(eid: number, row: number): void {
    if (this.#count === this.#rows.length) this.#rows = lengthened(this.#rows, 0)
    this.#removed[row] = eid
    this.#rows[this.#count++] = row
  }

  #addTwin(eid: number): void {
    if (this.#isTwin(eid)) return
    if (this.#twinCount === this.#twins.length) this.#twins = lengthened(this.#twins, 0)
    this.#twins[this.#twinCount++] = eid
    this.#hasDue = true
  }

  #isTwin(eid: number): boolean {
    for (let i = 0; i < this.#twinCount; i++) if (this.#twins[i] === eid) return true
    return false
  }

  #cover(row: number): void {
    this.#removed = lengthened(this.#removed, row + 1)
    const isDue = new Uint8Array(this.#removed.length)
    isDue.set(this.#isDue)
    this.#isDue = isDue
  }

  #forget(): void {
    while (this.#count > 0) this.#removed[this.#rows[--this.#count]] = 0
    this.#twinCount = 0
    this.#hasDue = false
  }
}

function lengthened(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(Math.max(least, 2 * array.length))
  longer.set(array)
  return longer
}
