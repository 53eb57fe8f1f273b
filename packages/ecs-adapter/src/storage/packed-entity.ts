/**
 * An entity on its way from one world to another: a block of the arena that any thread can read.
 *
 *     word 0    magic
 *          1    number of lists and texts
 *          2    number of scalars
 *          3    byte length of the JSON
 *          4    serial number of the storage
 *          6..  as f64: offsets of the blocks of lists and texts, 0 for an empty one; the scalars
 *          ..   JSON: signatures of the components, see `Listed.signature`
 *
 * Lists and texts stay in their blocks, which belong to the packed entity. Interned texts are
 * packed as plain texts.
 */
import type { Pool } from '@ashlar/core'
import { checkPool } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { codeOf } from '../base/thrown.ts'
import { isLiveBlock } from '../memory/blocks.ts'

const PACKED_MAGIC = 0x41534805
/** The magic while a thread unpacks the entity. */
const UNPACKING_MAGIC = 0x41534806
const BLOCK_COUNT = 1
const SCALAR_COUNT = 2
const JSON_BYTE_LENGTH = 3
const STORAGE = 4
const HEAD_BYTE_LENGTH = 24

/** Each array is in the order of the components, then of their fields. */
export interface PackedEntity {
  /** Distinguishes the storage from others. */
  readonly serial: number
  readonly signatures: readonly string[]
  /** Offsets of the blocks of lists and texts; 0 for an empty list or text. */
  readonly blocks: readonly number[]
  readonly scalars: readonly number[]
}

/** Writes a packed entity. Returns the offset of its block. @throws ArenaError 'out-of-memory' */
export function writePacked(pool: Pool, packed: PackedEntity): number {
  const { serial, signatures, blocks, scalars } = packed
  const json = encodeJson(signatures)
  const numbers = [...blocks, ...scalars]
  const jsonByteOffset = HEAD_BYTE_LENGTH + numbers.length * 8
  const offset = pool.alloc(jsonByteOffset + json.length)
  const { i32 } = pool.arena
  const word = offset >> 2
  i32[word + BLOCK_COUNT] = blocks.length
  i32[word + SCALAR_COUNT] = scalars.length
  i32[word + JSON_BYTE_LENGTH] = json.length
  i32[word + STORAGE] = serial
  new Float64Array(i32.buffer, offset + HEAD_BYTE_LENGTH, numbers.length).set(numbers)
  storeBytes(i32, offset + jsonByteOffset, json)
  i32[word] = PACKED_MAGIC
  return offset
}

/**
 * Claims a packed entity, so that no other thread unpacks it, and returns what it holds.
 * @throws StorageError 'invalid-argument' if there is none, or if a part of it was overwritten
 */
export function claimPacked(pool: Pool, offset: number): PackedEntity {
  if (typeof offset !== 'number') throw notPacked(offset)
  const { i32 } = pool.arena
  const word = offset >> 2
  const blockCount = i32[word + BLOCK_COUNT]
  const scalarCount = i32[word + SCALAR_COUNT]
  const jsonByteLength = i32[word + JSON_BYTE_LENGTH]
  const jsonByteOffset = HEAD_BYTE_LENGTH + (blockCount + scalarCount) * 8
  const isPacked =
    isLiveBlock(pool, offset) &&
    pool.byteLengthOf(offset) === jsonByteOffset + jsonByteLength &&
    Math.min(blockCount, scalarCount) >= 0 &&
    Atomics.compareExchange(i32, word, PACKED_MAGIC, UNPACKING_MAGIC) === PACKED_MAGIC
  if (!isPacked) throw notPacked(offset)
  try {
    const signatures = loadJson(i32, offset + jsonByteOffset, jsonByteLength)
    const numbers = new Float64Array(
      i32.buffer,
      offset + HEAD_BYTE_LENGTH,
      blockCount + scalarCount,
    )
    const blocks = [...numbers.subarray(0, blockCount)]
    const scalars = [...numbers.subarray(blockCount)]
    const areLive = blocks.every((block) => block === 0 || isLiveBlock(pool, block))
    if (areLive && Array.isArray(signatures)) {
      return { serial: i32[word + STORAGE], signatures, blocks, scalars }
    }
  } catch (error) {
    if (codeOf(error) !== 'corrupt') throw error
  }
  releasePacked(pool, offset)
  throw notPacked(offset)
}

/** Gives up a claim: the entity stays packed, and can be claimed again. */
export function releasePacked({ arena }: Pool, offset: number): void {
  Atomics.store(arena.i32, offset >> 2, PACKED_MAGIC)
}

/** Frees the block of a claimed entity, but not the blocks of its lists and texts. */
export function endPacked(pool: Pool, offset: number): void {
  pool.arena.i32[offset >> 2] = 0
  pool.free(offset)
}

/**
 * Frees a packed entity, its lists and its texts, instead of unpacking it. Any thread may do so,
 * with its own pool.
 * @param offset what `moveOut` returned
 * @throws StorageError 'invalid-argument'
 */
export function freePacked(pool: Pool, offset: number): void {
  checkPool(pool)
  for (const block of claimPacked(pool, offset).blocks) pool.free(block)
  endPacked(pool, offset)
}

const notPacked = (offset: unknown) =>
  invalidArgument('the packed entity', offset, 'what moveOut() gave, not yet moved in')
