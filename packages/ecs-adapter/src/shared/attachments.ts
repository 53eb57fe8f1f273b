/**
 * Who looks at something that is shared: for each slot a word in its root, generation + 1 of the pool that is
 * attached, 0 of none.
 */
import type { Arena, Pool } from '@ashlar/core'
import { codeOf } from '../base/thrown.ts'

/** An arena has at most 254. */
export const SLOT_CAPACITY = 256

/** Tells something shared from all others, also from what is later in the same place: but for 1 in 2 ** 31. */
export const newSerial = () => crypto.getRandomValues(new Int32Array(1))[0] & 0x7fffffff

/** @param word of the pool's slot, as in what follows */
export const isAttachedAt = (words: Int32Array, word: number, pool: Pool): boolean =>
  Atomics.load(words, word) === pool.generation + 1

export function attachAt(words: Int32Array, word: number, pool: Pool): void {
  Atomics.store(words, word, pool.generation + 1)
}

/** Does nothing where another pool has the slot by now. */
export function detachAt(words: Int32Array, word: number, pool: Pool): void {
  Atomics.compareExchange(words, word, pool.generation + 1, 0)
}

/**
 * Whether a slot is open, in that generation. A slot that the arena has not is not: who is told to be attached
 * there stands in a word that was overwritten.
 */
export function isOpenSlot(arena: Arena, slot: number, generation: number): boolean {
  try {
    return arena.isOpen(slot, generation)
  } catch (error) {
    if (codeOf(error) === 'invalid-argument') return false
    throw error
  }
}

/** The slots that are attached by pools that are open: also of a thread that died, until its slot is adopted. */
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
