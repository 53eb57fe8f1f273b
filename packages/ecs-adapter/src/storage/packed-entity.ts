/**
 * An entity on its way from one world to another: a block of the arena that any thread reads. By
 * 32-bit words, then by 8-byte numbers:
 *
 *     0   magic                                          for each component:
 *     1   how many components                            0     bytes of its signature
 *     2   byte length                                    1     how many scalars
 *     3   -                                              2     how many lists and texts
 *     4   components                                     3     -
 *                                                        4     signature, UTF-8, to whole 8 bytes
 *                                                        ..    scalars, then offsets of blocks
 *
 * Lists and texts are handed over in the blocks that they are in: whoever has the offset of the packed
 * entity has them. Interned texts are packed as plain ones.
 */
import type { Pool } from '@ashlar/core'
import { checkPool } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { byteLengthOfText, Utf8 } from '../base/utf8.ts'
import { isLiveBlock } from '../memory/blocks.ts'
import { Cells } from '../memory/cells.ts'

const PACKED_MAGIC = 0x41534805
/** While somebody unpacks it. */
const UNPACKING_MAGIC = 0x41534806
const COMPONENT_COUNT = 1
const BYTE_LENGTH = 2
/** Of the block's head, and of each component's. */
const HEAD_BYTE_LENGTH = 16

/** One component of a packed entity. */
export interface PackedComponent {
  /** Its name, and what its fields are: see `Listed`. */
  readonly signature: string
  readonly scalars: readonly number[]
  /** Of lists and texts: 0 of an empty one. */
  readonly blocks: readonly number[]
}

export class PackedEntities {
  readonly #pool: Pool
  readonly #cells: Cells
  readonly #utf8: Utf8

  constructor(pool: Pool, cells: Cells, utf8: Utf8) {
    this.#pool = pool
    this.#cells = cells
    this.#utf8 = utf8
  }

  /** Gives the block's offset. @throws ArenaError 'out-of-memory' */
  write(components: readonly PackedComponent[]): number {
    let byteLength = HEAD_BYTE_LENGTH
    for (const component of components) byteLength += byteLengthOf(component)
    const offset = this.#pool.alloc(byteLength)
    const { words } = this.#cells
    words[(offset >> 2) + COMPONENT_COUNT] = components.length
    words[(offset >> 2) + BYTE_LENGTH] = byteLength
    let at = offset + HEAD_BYTE_LENGTH
    for (const component of components) at = this.#writeComponent(at, component)
    words[offset >> 2] = PACKED_MAGIC
    return offset
  }

  /**
   * Claims a packed entity, so that nobody else unpacks it, and gives what it holds.
   * @throws StorageError 'invalid-argument'
   */
  claim(offset: number): PackedComponent[] {
    const word = this.#find(offset) >> 2
    const words = this.#cells.signedWords
    const before = Atomics.compareExchange(words, word, PACKED_MAGIC, UNPACKING_MAGIC)
    if (before !== PACKED_MAGIC) throw notPacked(offset)
    try {
      return this.#read(offset)
    } catch (error) {
      this.release(offset)
      throw error
    }
  }

  /** It stays packed. */
  release(offset: number): void {
    Atomics.store(this.#cells.signedWords, offset >> 2, PACKED_MAGIC)
  }

  /** Frees the block; what it held is somebody's. */
  end(offset: number): void {
    this.#cells.words[offset >> 2] = 0
    this.#pool.free(offset)
  }

  #find(offset: unknown): number {
    if (typeof offset !== 'number' || !isLiveBlock(this.#pool, offset)) throw notPacked(offset)
    const byteLength = this.#cells.words[(offset >> 2) + BYTE_LENGTH]
    if (this.#pool.byteLengthOf(offset) !== byteLength) throw notPacked(offset)
    return offset
  }

  #writeComponent(at: number, component: PackedComponent): number {
    const { signature, scalars, blocks } = component
    const { words, bytes } = this.#cells
    words[at >> 2] = byteLengthOfText(signature)
    words[(at >> 2) + 1] = scalars.length
    words[(at >> 2) + 2] = blocks.length
    this.#utf8.write(signature, bytes, at + HEAD_BYTE_LENGTH)
    const end = at + byteLengthOf(component)
    let index = (end >> 3) - scalars.length - blocks.length
    const numbers = this.#numbers
    for (const scalar of scalars) numbers[index++] = scalar
    for (const block of blocks) numbers[index++] = block
    return end
  }

  #read(offset: number): PackedComponent[] {
    const { words } = this.#cells
    const end = offset + words[(offset >> 2) + BYTE_LENGTH]
    const components: PackedComponent[] = []
    let at = offset + HEAD_BYTE_LENGTH
    for (let count = words[(offset >> 2) + COMPONENT_COUNT]; count > 0; count--) {
      const component = this.#readComponent(at, end)
      components.push(component)
      at += byteLengthOf(component)
    }
    if (at !== end) throw notPacked(offset)
    return components
  }

  /** Other threads have the memory, too: what was overwritten leads nowhere. */
  #readComponent(at: number, end: number): PackedComponent {
    const [textByteLength, scalarCount, blockCount] = this.#cells.words.subarray(
      at >> 2,
      (at >> 2) + 3,
    )
    const first = at + HEAD_BYTE_LENGTH + Math.ceil(textByteLength / 8) * 8
    const componentEnd = first + 8 * (scalarCount + blockCount)
    if (at + HEAD_BYTE_LENGTH > end || componentEnd > end) throw notPacked(at)
    const signature = this.#utf8.read(this.#cells.bytes, at + HEAD_BYTE_LENGTH, textByteLength)
    const numbers = this.#numbers.subarray(first >> 3, componentEnd >> 3)
    const blocks = [...numbers.subarray(scalarCount)]
    if (!blocks.every((block) => block === 0 || isLiveBlock(this.#pool, block))) throw notPacked(at)
    return { signature, scalars: [...numbers.subarray(0, scalarCount)], blocks }
  }

  get #numbers(): Float64Array {
    return new Float64Array(this.#cells.buffer, 0, this.#cells.words.length >> 1)
  }
}

function byteLengthOf({ signature, scalars, blocks }: PackedComponent): number {
  const textByteLength = Math.ceil(byteLengthOfText(signature) / 8) * 8
  return HEAD_BYTE_LENGTH + textByteLength + 8 * (scalars.length + blocks.length)
}

/**
 * Frees an entity that was packed, and that nobody is going to unpack, with its lists and texts; by the
 * pool of any thread.
 * @param offset what `storage.pack` gave
 * @throws StorageError 'invalid-argument'
 */
export function freePacked(pool: Pool, offset: number): void {
  checkPool(pool)
  const packed = new PackedEntities(pool, new Cells(pool), new Utf8())
  for (const { blocks } of packed.claim(offset)) for (const block of blocks) pool.free(block)
  packed.end(offset)
}

const notPacked = (offset: unknown) =>
  invalidArgument('the packed entity', offset, 'what storage.pack() gave, not yet unpacked')
