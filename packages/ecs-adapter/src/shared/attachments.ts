/**
 * Which slots are attached to something shared. Its root has a word for each slot: generation + 1
 * of the attached pool, or 0.
 */
import type { Arena, Pool } from '@ashlar/core'
import { stillAttached } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import { liveByteLength } from '../memory/blocks.ts'

/** An arena has at most 254. */
export const SLOT_CAPACITY = 256

/** Word of every root that has its serial number. */
export const ROOT_SERIAL = 5

/** What another thread attaches to a storage or a table with. It survives postMessage. */
export interface RootHandle {
  /** Of the root block in the arena. */
  readonly offset: number
  /** Distinguishes it from a later one in the same block: but for 1 in 2 ** 31. */
  readonly serial: number
}

export const newSerial = () => crypto.getRandomValues(new Int32Array(1))[0] & 0x7fffffff

/**
 * Byte length of the root block that a handle names; -1 if there is no such root, whatever is
 * given. Word 0 of each kind of root is its magic, word 5 its serial number.
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
 * @param word of the pool's slot, as in what follows
 * @returns false if the pool is attached already
 */
export function attachAt(pool: Pool, word: number): boolean {
  const attached = pool.generation + 1
  return Atomics.exchange(pool.arena.i32, word, attached) !== attached
}

/** Does nothing if another pool has the slot by now. */
export function detachAt(pool: Pool, word: number): void {
  Atomics.compareExchange(pool.arena.i32, word, pool.generation + 1, 0)
}

/**
 * Whether a slot is open, in that generation. False if the arena has no such slot: then the word
 * that named it was overwritten.
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
 * Throws if pools that are open are attached. A thread that died counts until its slot is adopted.
 *
 * @param wordOf the word of a slot
 * @param remedy what ends the attachment of a dead thread
 * @param except a slot that does not count
 * @throws StorageError 'still-attached'
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
