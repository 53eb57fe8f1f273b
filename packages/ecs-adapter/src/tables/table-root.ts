/**
 * The root block of a table: its description, the attached slots, and the list of its chunks.
 * Words:
 *
 *     0     magic
 *     1     epoch, incremented by each change of the list of chunks
 *     2     chunkLimit
 *     3     byte length of the description
 *     4     chunk number where the search for a free number begins
 *     5     serial number of the table
 *     8..   for each slot: generation + 1 of the attached pool, or 0
 *     264.. three words for each chunk number; if it has an owner, only the owner changes them:
 *           offset of the chunk's block, or 0
 *           owner, see `ownerOf`; 0 if there is none
 *           seed, see `table-ids.ts`
 *     ...   description, as JSON
 */
import type { Pool } from '@ashlar/core'
import {
  checkDetached,
  type RootHandle,
  rootByteLength,
  SLOT_CAPACITY,
} from '../shared/attachments.ts'

/** The argument of `attachTable` in another thread. You can send it with `postMessage`. */
export type TableHandle = RootHandle

export const MAGIC = 0x41535401
export const EPOCH = 1
export const CHUNK_LIMIT = 2
export const TEXT_BYTE_LENGTH = 3
export const NEXT_NUMBER = 4
const ATTACHMENTS = 8
const ENTRIES = ATTACHMENTS + SLOT_CAPACITY

/** The indices of the words for a chunk number, from the root's first word. */
export const entryWord = (chunkNumber: number) => ENTRIES + 3 * chunkNumber
export const ownerWord = (chunkNumber: number) => entryWord(chunkNumber) + 1
export const seedWord = (chunkNumber: number) => entryWord(chunkNumber) + 2

/**
 * Returns the owner of a chunk as one word, for compare-and-swap. The word holds the generation
 * and, in its low 8 bits, slot + 1.
 */
export const ownerOf = ({ slot, generation }: Pool) => (generation << 8) | (slot + 1)
export const generationOfOwner = (owner: number) => owner >>> 8
export const slotOfOwner = (owner: number) => (owner & 0xff) - 1

/** Returns whether a handle belongs to a table that is not disposed of. Accepts any value. */
export function isThere(pool: Pool, handle: TableHandle): boolean {
  const byteLength = rootByteLength(pool, handle, MAGIC)
  if (byteLength < entryWord(1) * 4) return false
  const words = pool.arena.i32
  const root = handle.offset >> 2
  const limit = words[root + CHUNK_LIMIT]
  return limit > 0 && byteLength === entryWord(limit) * 4 + words[root + TEXT_BYTE_LENGTH]
}

/**
 * Checks that no open pool other than this one is attached.
 * @throws StorageError 'still-attached' if one is
 */
export function checkAlone(pool: Pool, table: { handle: TableHandle; name: string }): void {
  const { handle, name } = table
  const wordOf = (slot: number) => attachedWord(handle, slot)
  checkDetached(pool, wordOf, shownTable(name), 'arena.adopt(slot)', pool.slot)
}

/** Returns the index of the word that says whether a slot is attached. */
export const attachedWord = ({ offset }: TableHandle, slot: number) =>
  (offset >> 2) + ATTACHMENTS + slot
export const shownTable = (name: string) => `table ${JSON.stringify(name)}`
