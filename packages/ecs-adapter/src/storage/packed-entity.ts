/**
 * A packed entity is on its way from one world to another. It is a block of the arena, which any
 * thread can read:
 *
 *     word 0    magic
 *          1    number of components
 *          2    number of lists and texts
 *          3    number of scalars
 *          4    serial number of the storage
 *          6..  as f64: offsets of the blocks of lists and texts, 0 for an empty one; the scalars
 *          ..   byte length of each component's signature
 *          ..   the signatures in UTF-8, see `Listed.signature`
 *
 * Lists and texts stay in their blocks, which belong to the packed entity. Interned texts are
 * packed as plain texts.
 */
import type { Pool } from '@ashlar/core'
import { checkPool } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { isLiveBlock } from '../memory/blocks.ts'

const PACKED_MAGIC = 0x41534805
/** The magic of a packed entity while a thread moves the entity into a world. */
const CLAIMED_MAGIC = 0x41534806
const COMPONENT_COUNT = 1
const BLOCK_COUNT = 2
const SCALAR_COUNT = 3
const STORAGE = 4
const HEAD_BYTE_LENGTH = 24

/**
 * The contents of a packed entity. Each array is in the order of the components, and then of their
 * fields.
 */
export interface PackedEntity {
  /** A random number that distinguishes the storage from others. */
  readonly serial: number
  readonly signatures: readonly Uint8Array[]
  /** The offsets of the blocks of lists and texts. The offset is 0 for an empty list or text. */
  readonly blocks: readonly number[]
  readonly scalars: readonly number[]
}

/**
 * Writes a packed entity, and returns the offset of its block.
 * @throws ArenaError 'out-of-memory'
 */
export function writePacked(pool: Pool, packed: PackedEntity): number {
  const { serial, signatures, blocks, scalars } = packed
  const lengths = HEAD_BYTE_LENGTH + 8 * (blocks.length + scalars.length)
  let byteLength = lengths + 4 * signatures.length
  for (let i = 0; i < signatures.length; i++) byteLength += signatures[i].length
  const offset = pool.alloc(byteLength)
  const { i32, f64, u8 } = pool.arena
  const word = offset >> 2
  i32[word + COMPONENT_COUNT] = signatures.length
  i32[word + BLOCK_COUNT] = blocks.length
  i32[word + SCALAR_COUNT] = scalars.length
  i32[word + STORAGE] = serial
  const numbers = (offset + HEAD_BYTE_LENGTH) >> 3
  for (let i = 0; i < blocks.length; i++) f64[numbers + i] = blocks[i]
  for (let i = 0; i < scalars.length; i++) f64[numbers + blocks.length + i] = scalars[i]
  let byteOffset = offset + lengths + 4 * signatures.length
  for (let i = 0; i < signatures.length; i++) {
    i32[((offset + lengths) >> 2) + i] = signatures[i].length
    u8.set(signatures[i], byteOffset)
    byteOffset += signatures[i].length
  }
  i32[word] = PACKED_MAGIC
  return offset
}

/**
 * Claims a packed entity, so that no other thread moves it in. Returns its contents. The signatures
 * are views of the block.
 * @throws StorageError 'invalid-argument' if there is none, or if a part of it was overwritten
 */
export function claimPacked(pool: Pool, offset: number): PackedEntity {
  if (typeof offset !== 'number' || !isLiveBlock(pool, offset)) throw notPacked(offset)
  const { i32 } = pool.arena
  const word = offset >> 2
  if (Atomics.compareExchange(i32, word, PACKED_MAGIC, CLAIMED_MAGIC) !== PACKED_MAGIC) {
    throw notPacked(offset)
  }
  const packed = readPacked(pool, offset)
  if (packed !== undefined) return packed
  releasePacked(pool, offset)
  throw notPacked(offset)
}

/**
 * Reads a packed entity. Returns undefined if the counts do not fit the block, or if a list or text
 * has no block.
 */
function readPacked(pool: Pool, offset: number): PackedEntity | undefined {
  const { i32, f64, u8 } = pool.arena
  const word = offset >> 2
  const end = offset + pool.byteLengthOf(offset)
  const signatureCount = i32[word + COMPONENT_COUNT]
  const blockCount = i32[word + BLOCK_COUNT]
  const scalarCount = i32[word + SCALAR_COUNT]
  const numbers = offset + HEAD_BYTE_LENGTH
  const lengths = numbers + 8 * (blockCount + scalarCount)
  let byteOffset = lengths + 4 * signatureCount
  if (Math.min(signatureCount, blockCount, scalarCount) < 0 || byteOffset > end) return undefined
  const blocks: number[] = []
  for (let i = 0; i < blockCount; i++) {
    const block = f64[(numbers >> 3) + i]
    if (block !== 0 && !isLiveBlock(pool, block)) return undefined
    blocks.push(block)
  }
  const scalars: number[] = []
  for (let i = 0; i < scalarCount; i++) scalars.push(f64[(numbers >> 3) + blockCount + i])
  const signatures: Uint8Array[] = []
  for (let i = 0; i < signatureCount; i++) {
    const byteLength = i32[(lengths >> 2) + i]
    if (byteLength < 0 || byteOffset + byteLength > end) return undefined
    signatures.push(u8.subarray(byteOffset, byteOffset + byteLength))
    byteOffset += byteLength
  }
  return byteOffset === end
    ? { serial: i32[word + STORAGE], signatures, blocks, scalars }
    : undefined
}

/** Gives up a claim. The entity stays packed, and a thread can claim it again. */
export function releasePacked({ arena }: Pool, offset: number): void {
  Atomics.store(arena.i32, offset >> 2, PACKED_MAGIC)
}

/** Frees the block of a claimed entity, but not the blocks of its lists and texts. */
export function endPacked(pool: Pool, offset: number): void {
  pool.arena.i32[offset >> 2] = 0
  pool.free(offset)
}

/**
 * Frees a packed entity with its lists and texts, if no world wants it. Any thread may call it.
 * @param pool a pool of the calling thread
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
