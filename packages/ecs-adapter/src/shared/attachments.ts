/**
 * Records which slots are attached to a shared storage or table. Its root block has a word for each
 * slot. The word is the attached pool's generation + 1, or 0 if no pool is attached.
 */
import type { Arena, Pool } from '@ashlar/core'
import { stillAttached } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import { liveByteLength } from '../memory/blocks.ts'

/** How many slots a root has words for. (An arena has at most 254 slots.) */
export const SLOT_CAPACITY = 256

/** The index of the word in which every root holds its serial number. */
export const ROOT_SERIAL = 5

/** What a thread needs to attach to a storage or table. You can send it with `postMessage`. */
export interface RootHandle {
  /** The byte offset of the root block in the arena. */
  readonly offset: number
  /** A random number that distinguishes the root from a later root at the same offset. */
  readonly serial: number
}

export const newSerial = () => crypto.getRandomValues(new Int32Array(1))[0] & 0x7fffffff

/**
 * Returns the byte length of the root block for a handle. Returns -1 if there is no such root.
 * @param handle any value: this function checks it
 * @param magic word 0 of a root: a number that says what kind of root it is
 */
export function rootByteLength(pool: Pool, handle: RootHandle, magic: number): number {
  const { offset, serial } = handle ?? {}
  const byteLength = typeof offset === 'number' ? liveByteLength(pool, offset) : -1
  if (byteLength <= ROOT_SERIAL * 4) return -1
  const { i32 } = pool.arena
  const root = offset >> 2
  return i32[root] === magic && i32[root + ROOT_SERIAL] === serial ? byteLength : -1
}

/**
 * Attaches a pool.
 * @param word the index of the word for the pool's slot in the root
 * @returns false if the pool is attached already
 */
export function attachAt(pool: Pool, word: number): boolean {
  const attached = pool.generation + 1
  return Atomics.exchange(pool.arena.i32, word, attached) !== attached
}

/** Detaches a pool. Does nothing if another pool with the same slot has attached since. */
export function detachAt(pool: Pool, word: number): void {
  Atomics.compareExchange(pool.arena.i32, word, pool.generation + 1, 0)
}

/**
 * Returns whether a slot is open in the given generation. Returns false for an impossible slot or
 * generation, because the word from the root was then overwritten.
 */
export function isOpenSlot(arena: Arena, slot: number, generation: number): boolean {
  try {
    return arena.isOpen(slot, generation)
  } catch (error) {
    if (codeOf(error) === 'invalid-argument') return false
    throw error
  }
}

/**
 * Checks that no open pools are attached. A dead thread's pool counts as open until its slot is
 * adopted.
 *
 * @param wordOf returns the index of the word for a slot in the root
 * @param remedy the call that ends the attachment of a dead thread's slot
 * @param except a slot that may be attached
 * @throws StorageError 'still-attached' if others are
 */
export function checkDetached(
  { arena }: Pool,
  wordOf: (slot: number) => number,
  what: string,
  remedy: string,
  except = -1,
): void {
  const slots: number[] = []
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    const attached = slot === except ? 0 : Atomics.load(arena.i32, wordOf(slot))
    if (attached !== 0 && isOpenSlot(arena, slot, attached - 1)) slots.push(slot)
  }
  if (slots.length > 0) throw stillAttached(slots, what, remedy)
}
