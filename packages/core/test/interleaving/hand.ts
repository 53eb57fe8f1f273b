/**
 * What an agent calls the library with. It notes in a journal what it holds, and what it is about.
 */

import { ArenaError } from '../../src/base/errors.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import type { ArenaMemory } from '../../src/memory/memory.ts'
import type { PoolOf as Pool } from '../../src/memory/pool-api.ts'
import { createPool } from '../../src/pool/pool.ts'
import { adoptSlot } from '../../src/recovery/adopt.ts'
import { openSlot } from '../../src/spans/slots.ts'

/** A call that began: what may exist or be gone if its caller dies in it. */
export interface Call {
  readonly name: string
  /** The block that it frees or resizes. */
  readonly offset: number
  /** Of a block that it makes, or resizes to. */
  readonly byteLength: number
}

export type Entry =
  | { readonly calls: Call }
  | { readonly gained: number; readonly byteLength: number }
  | { readonly lost: number }
  | { readonly opened: number }
  | { readonly closed: number }
  /** The call is over. */
  | { readonly returned: unknown }

export class Hand {
  readonly memory: ArenaMemory
  readonly journal: Entry[]

  constructor(memory: ArenaMemory, journal: Entry[]) {
    this.memory = memory
    this.journal = journal
  }

  /** Any call; `note` says what a result means. An ArenaError is a result. */
  call<T>(call: Call, body: () => T, note: (result: T) => void): T | ArenaError {
    this.journal.push({ calls: call })
    let returned: T | ArenaError
    try {
      returned = body()
      note(returned)
    } catch (error) {
      if (!(error instanceof ArenaError)) throw error
      returned = error
    }
    this.journal.push({ returned })
    return returned
  }

  /** A call that allocates and frees nothing that the caller holds. */
  do<T>(name: string, body: () => T): T | ArenaError {
    return this.call({ name, offset: 0, byteLength: 0 }, body, () => {})
  }

  open(reserved?: number): Grip | undefined {
    const slot = this.call(
      { name: 'open', offset: 0, byteLength: 0 },
      () => openSlot(this.memory, reserved),
      (opened) => this.journal.push({ opened }),
    )
    return slot instanceof ArenaError ? undefined : this.grip(slot)
  }

  /** Of a slot that is open and the agent's own. */
  grip(slot: number): Grip {
    return new Grip(this, createPool(this.memory, slot as SlotIndex, undefined))
  }

  adopt(slot: number, generation?: number): boolean {
    const result = this.call(
      { name: 'adopt', offset: 0, byteLength: 0 },
      () => adoptSlot(this.memory, slot as SlotIndex, generation),
      () => this.journal.push({ opened: slot }),
    )
    return !(result instanceof ArenaError)
  }
}

/** A pool, with notes of what is done with it. */
export class Grip {
  readonly #hand: Hand
  readonly pool: Pool

  constructor(hand: Hand, pool: Pool) {
    this.#hand = hand
    this.pool = pool
  }

  alloc(byteLength: number, alignment?: number): number {
    return this.#alloc(byteLength, () => this.pool.tryAlloc(byteLength, alignment))
  }

  free(offset: number): void {
    this.#free(offset, this.pool)
  }

  /** A typed pool, with the same notes. */
  of(byteLength: number) {
    const typed = this.pool.of(byteLength)
    return {
      alloc: () => this.#alloc(byteLength, () => typed.tryAlloc()),
      free: (offset: number) => this.#free(offset, typed),
    }
  }

  #alloc(byteLength: number, tryAlloc: () => number): number {
    const { journal } = this.#hand
    const offset = this.#hand.call({ name: 'alloc', offset: 0, byteLength }, tryAlloc, (gained) => {
      if (gained !== 0) journal.push({ gained, byteLength })
    })
    return offset instanceof ArenaError ? 0 : offset
  }

  #free(offset: number, by: Pick<Pool, 'free'>): void {
    const { journal } = this.#hand
    this.#hand.call(
      { name: 'free', offset, byteLength: 0 },
      () => by.free(offset),
      () => journal.push({ lost: offset }),
    )
  }

  realloc(offset: number, byteLength: number): number {
    const { journal } = this.#hand
    const moved = this.#hand.call(
      { name: 'realloc', offset, byteLength },
      () => this.pool.realloc(offset, byteLength),
      (gained) => journal.push({ lost: offset }, { gained, byteLength }),
    )
    return moved instanceof ArenaError ? offset : moved
  }

  flush(): void {
    this.#hand.do('flush', () => this.pool.flush())
  }

  collect(): void {
    this.#hand.do('collect', () => this.pool.collect())
  }

  close(): void {
    const { journal } = this.#hand
    this.#hand.call(
      { name: 'close', offset: 0, byteLength: 0 },
      () => this.pool.close(),
      () => journal.push({ closed: this.pool.slot }),
    )
  }
}
