/**
 * How the id of a row is made up, from the highest bit: generation, chunk number, slot.
 *
 * A slot is a number below the capacity of a chunk. It goes from row to row with its id, and its
 * generation increments when the row is removed. So the ids of a chunk are a permutation: the first
 * `rowCount` are in use; the others are given next, in a generation that nobody has seen. The
 * equation `ids[rowBySlot[id & slotMask]] === id` holds for each id in use, and there is no list of
 * free slots.
 *
 * The ids of a number's next chunk begin with the greatest generation of its last one, the seed.
 * Most slots have used few generations, so the ids may skip up to half of all: then no id comes
 * again before its slot went through the other half. A number past the half is used up. Its
 * generations begin at 1 again when all other numbers are used up.
 */
import { invalidArgument } from '../base/errors.ts'

/** Chromium boxes larger numbers in fields of objects. */
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
    /** The step from an id to that of the next generation. */
    generationStep,
    /** Generation 1 follows it. */
    lastGeneration: ID_LIMIT / generationStep - 1,
  }
}

/** The id of slot 0. */
export const firstIdOf = (ids: IdLayout, generation: number, chunkNumber: number) =>
  generation * ids.generationStep + chunkNumber * 2 ** ids.slotBits

/** The next id of the same slot. */
export function idAfter(id: number, generationStep: number): number {
  const next = id + generationStep
  return next < ID_LIMIT ? next : (id & (generationStep - 1)) | generationStep
}

/** The seed for the chunk that follows one with these ids. */
export function seedAfter(ids: Int32Array, { generationStep }: IdLayout): number {
  let lastId = 0
  for (const id of ids) lastId = Math.max(lastId, id)
  return Math.floor(lastId / generationStep)
}
