/**
 * How the id of a row is made up, from the highest bit: generation, chunk number, slot.
 *
 * A slot is a number below the capacity of a chunk. A row keeps its id, and with it the slot, when
 * it moves. When the row is removed, the generation of the slot increments. So the slots in `ids`
 * are a permutation: the first `rowCount` ids are in use; the next rows get the others, which no
 * row has had. `ids[rowBySlot[id & slotMask]] === id` holds for each, without a list of free slots.
 *
 * When a chunk is freed, its greatest generation is kept as the seed of its number: all ids of the
 * next chunk of this number begin with it. Slots with fewer removals skip generations, but at most
 * half of all, because a number with a seed past the half is used up. So no id comes again before
 * its slot went through the other half. A used-up number is used again, from generation 1 on, when
 * no other number is free.
 */
import { invalidArgument } from '../base/errors.ts'

/** In fields of objects, Chromium boxes larger numbers. */
const ID_BITS = 30
const ID_LIMIT = 2 ** ID_BITS
const GENERATION_BITS_AT_LEAST = 6

export type IdLayout = ReturnType<typeof layOutIds>

const bitsFor = (count: number) => 32 - Math.clz32(count - 1)

/** @throws StorageError 'invalid-argument' if the ids would have too few generations */
export function layOutIds(chunkCapacity: number, chunkLimit: number) {
  const slotBits = bitsFor(chunkCapacity)
  const chunkBits = bitsFor(Math.max(chunkLimit, 2))
  const chunkBitsMax = ID_BITS - GENERATION_BITS_AT_LEAST - slotBits
  if (chunkBits > chunkBitsMax) {
    const rows = `chunks of ${chunkCapacity} rows: ids are of ${ID_BITS} bits`
    throw invalidArgument('chunkLimit', chunkLimit, `at most ${2 ** chunkBitsMax} for ${rows}`)
  }
  const generationStep = 2 ** (slotBits + chunkBits)
  return {
    slotBits,
    slotMask: 2 ** slotBits - 1,
    chunkMask: 2 ** chunkBits - 1,
    /** The difference between an id and the id of its slot in the next generation. */
    generationStep,
    /** After this generation, a slot begins again with generation 1. */
    lastGeneration: ID_LIMIT / generationStep - 1,
  }
}

/** The id of slot 0 of a chunk. */
export const firstIdOf = (ids: IdLayout, generation: number, chunkNumber: number) =>
  generation * ids.generationStep + chunkNumber * 2 ** ids.slotBits

/** The id of the same slot in the next generation. */
export function idAfter(id: number, generationStep: number): number {
  const next = id + generationStep
  return next < ID_LIMIT ? next : (id & (generationStep - 1)) | generationStep
}

/** The seed that a chunk with these ids leaves to the next chunk of its number. */
export function seedAfter(ids: Int32Array, { generationStep }: IdLayout): number {
  let lastId = 0
  for (const id of ids) lastId = Math.max(lastId, id)
  return Math.floor(lastId / generationStep)
}
