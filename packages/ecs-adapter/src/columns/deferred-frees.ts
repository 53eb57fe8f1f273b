/**
 * Rows of one component whose blocks are to be freed at `sync`: those of entities that lost it, for
 * their values stay until then, and strays, of which nothing will tell when they end: prefabs, and
 * entities that a list was written for though they have not the component.
 */

/** Bits of a row's state. */
const QUEUED = 1
const LOST = 2
const STRAY = 4

export class DeferredFrees {
  #states = new Uint8Array(0)
  /** Rows that were queued; grows, and is never emptied of its room, so as to make no garbage. */
  #queue = new Int32Array(64)
  #queueLength = 0
  readonly #strayRows: number[] = []
  /** By row: where its stray is, if `#strayRows` has the row there. */
  #places = new Int32Array(0)
  readonly #strayEids: number[] = []

  /** The entity of a row has lost the component. */
  add(row: number): void {
    this.#cover(row)
    const state = this.#states[row]
    this.#states[row] = state | QUEUED | LOST
    if ((state & QUEUED) !== 0) return
    if (this.#queueLength === this.#queue.length) {
      const longer = new Int32Array(2 * this.#queueLength)
      longer.set(this.#queue)
      this.#queue = longer
    }
    this.#queue[this.#queueLength++] = row
  }

  /** A row may get blocks, and nothing will tell when it ends. */
  addStray(eid: number, row: number): void {
    this.#cover(row)
    const place = this.#placeOfStray(row)
    this.#states[row] |= STRAY
    this.#places[row] = place
    this.#strayRows[place] = row
    this.#strayEids[place] = eid
  }

  /** Whether a row is to be freed for whoever lost the component; not any more, from now on. */
  takeLost(row: number): boolean {
    if (row >= this.#states.length || (this.#states[row] & LOST) === 0) return false
    this.#states[row] &= ~LOST
    return true
  }

  /** Whether a row holds what a stray that is not this entity has left. */
  hasAnotherStray(eid: number, row: number): boolean {
    if (this.#strayRows.length === 0 || (this.#states[row] & STRAY) === 0) return false
    return this.#strayEids[this.#placeOfStray(row)] !== eid
  }

  /** For `verifyStorage`: whether `sync` may free what a row has. */
  has(row: number): boolean {
    return (this.#states[row] & (LOST | STRAY)) !== 0
  }

  /** The blocks of a row were freed, as an entity got the component. */
  renew(row: number): void {
    if (row < this.#states.length) this.#states[row] &= QUEUED
  }

  /** Frees the rows of those that lost the component, and of strays that have it no more. */
  sync(free: (row: number) => void, hasComponent: (eid: number) => boolean): void {
    while (this.#queueLength > 0) {
      const row = this.#queue[--this.#queueLength]
      const isLost = (this.#states[row] & LOST) !== 0
      this.#states[row] &= STRAY
      if (isLost) free(row)
    }
    for (let place = this.#strayRows.length - 1; place >= 0; place--) {
      const row = this.#strayRows[place]
      const isStray = (this.#states[row] & STRAY) !== 0
      if (isStray && hasComponent(this.#strayEids[place])) continue
      this.#removeStray(place)
      if (isStray) free(row)
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#states.fill(0)
    this.#queueLength = 0
    this.#strayRows.length = 0
    this.#strayEids.length = 0
  }

  /** Where a row's stray is, or the next one is to be. */
  #placeOfStray(row: number): number {
    const place = this.#places[row]
    return this.#strayRows[place] === row ? place : this.#strayRows.length
  }

  #removeStray(place: number): void {
    this.#states[this.#strayRows[place]] &= ~STRAY
    const row = this.#strayRows.pop()!
    const eid = this.#strayEids.pop()!
    if (place === this.#strayRows.length) return
    this.#strayRows[place] = row
    this.#strayEids[place] = eid
    this.#places[row] = place
  }

  #cover(row: number): void {
    if (row < this.#states.length) return
    const rowCount = Math.max(row + 1, 2 * this.#states.length, 256)
    const states = new Uint8Array(rowCount)
    states.set(this.#states)
    this.#states = states
    const places = new Int32Array(rowCount)
    places.set(this.#places)
    this.#places = places
  }
}
