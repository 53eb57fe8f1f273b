/**
 * Which pools are attached to something shared. Its root has a word for each slot: generation + 1
 * of the attached pool, else 0.
 */
import type { Arena, Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'

/** An arena has at most 254. */
export const SLOT_CAPACITY = 256

/**
 * Distinguishes a root from every other one, also from a later one in its place: but for 1 in 2 **
 * 31.
 */
export const newSerial = () => crypto.getRandomValues(new Int32Array(1))[0] & 0x7fffffff

/** @param word of the pool's slot, as in what follows */
export const isAttachedAt = (words: Int32Array, word: number, pool: Pool): boolean =>
  Atomics.load(words, word) === pool.generation + 1

export function attachAt(words: Int32Array, word: number, pool: Pool): void {
  Atomics.store(words, word, pool.generation + 1)
}

/** Does nothing if another pool has the slot by now. */
export function detachAt(words: Int32Array, word: number, pool: Pool): void {
  Atomics.compareExchange(words, word, pool.generation + 1, 0)
}

/** False also for a slot that the arena does not have: a word was overwritten. */
export function isOpenSlot(arena: Arena, slot: number, generation: number): boolean {
  try {
    return arena.isOpen(slot, generation)
  } catch (error) {
    if (codeOf(error) === 'invalid-argument') return false
    throw error
  }
}

/**
 * The slots whose attached pools are open. A dead thread's pool is open until its slot is adopted.
 */
export function attachedSlots(
  words: Int32Array,
  wordOf: (slot: number) => number,
  arena: Arena,
): number[] {
  const slots: number[] = []
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    const attached = Atomics.load(words, wordOf(slot))
    if (attached !== 0 && isOpenSlot(arena, slot, attached - 1)) slots.push(slot)
  }
  return slots
}
