/**
 * The layout of a row's id, from the highest bit: generation, chunk number, slot.
 *
 * A slot is a number below the capacity of a chunk. When a row moves, it keeps its id, and so its
 * slot. When the row is removed, the generation of the slot increments. So the slots in `ids` are
 * always a permutation: the ids of the `rowCount` rows in use come first. After them come the next
 * ids of all other slots, which no row has had yet. `ids[rowBySlot[id & slotMask]] === id` holds
 * for each id in `ids`. So there is no list of free slots.
 *
 * When a chunk is freed, its greatest generation is kept as the seed of its number. All ids of the
 * next chunk of this number begin with the seed. Slots with fewer removals skip generations, but at
 * most half of all generations, because a number whose seed is past the half is used up. So no id
 * is given to another row before its slot has gone through the other half. If no other number is
 * free, a used-up number is used again, from generation 1 on.
 */
import { invalidArgument } from '../base/errors.ts'

/**
 * The number of bits in an id. In fields of objects, Chromium allocates memory for larger numbers.
 */
const ID_BITS = 30
const ID_LIMIT = 2 ** ID_BITS
const GENERATION_BITS_AT_LEAST = 6

export type IdLayout = ReturnType<typeof layOutIds>

const bitsFor = (count: number) => 32 - Math.clz32(count - 1)

/**
 * Returns how many bits each part of an id has.
 * @throws StorageError 'invalid-argument' if the ids would have too few generations
 */
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
    /** The last generation of a slot. The next one is generation 1 again. */
    lastGeneration: ID_LIMIT / generationStep - 1,
  }
}

/** Returns the id of slot 0 of a chunk, in a generation. */
export const firstIdOf = (ids: IdLayout, generation: number, chunkNumber: number) =>
  generation * ids.generationStep + chunkNumber * 2 ** ids.slotBits

/** Returns the id of the same slot in the next generation. */
export function idAfter(id: number, generationStep: number): number {
  const next = id + generationStep
  return next < ID_LIMIT ? next : (id & (generationStep - 1)) | generationStep
}

/** Returns the seed that a chunk with these ids leaves to the next chunk of its number. */
export function seedAfter(ids: Int32Array, { generationStep }: IdLayout): number {
  let lastId = 0
  for (const id of ids) lastId = Math.max(lastId, id)
  return Math.floor(lastId / generationStep)
}
