/**
 * An entity on its way from one world to another: a block of the arena that any thread can read.
 *
 *     words     0    magic
 *               1    number of 8-byte numbers
 *               2    byte length of the JSON
 *               3    -
 *     bytes     16   JSON: [number of scalars, number of lists and texts, signature] by component
 *     numbers   ..   from the next 8 bytes on: by component its scalars, then offsets of blocks
 *
 * Lists and texts stay in their blocks, which belong to the packed entity. Interned texts are
 * packed as plain ones.
 */
import type { Pool } from '@ashlar/core'
import { checkPool } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { encodeJson, loadJson, storeBytes } from '../base/json.ts'
import { codeOf } from '../base/thrown.ts'
import { isLiveBlock } from '../memory/blocks.ts'
import { MemoryViews } from '../memory/memory-views.ts'

const PACKED_MAGIC = 0x41534805
/** While a thread unpacks it. */
const UNPACKING_MAGIC = 0x41534806
const NUMBER_COUNT = 1
const JSON_BYTE_LENGTH = 2
const HEAD_BYTE_LENGTH = 16

/** One component of a packed entity. */
export interface PackedComponent {
  /** See `Listed`. */
  readonly signature: string
  readonly scalars: readonly number[]
  /** Of lists and texts; 0 for an empty one. */
  readonly blocks: readonly number[]
}

export class PackedEntities {
  readonly #pool: Pool
  readonly #cells: MemoryViews

  constructor(cells: MemoryViews) {
    this.#pool = cells.pool
    this.#cells = cells
  }

  /** Returns the block's offset. @throws ArenaError 'out-of-memory' */
  write(components: readonly PackedComponent[]): number {
    const json = encodeJson(
      components.map(({ signature, scalars, blocks }) => [
        scalars.length,
        blocks.length,
        signature,
      ]),
    )
    const numbers = components.flatMap(({ scalars, blocks }) => [...scalars, ...blocks])
    const offset = this.#pool.alloc(byteLengthOf(json.length, numbers.length))
    const { words, signedWords } = this.#cells
    const word = offset >> 2
    words[word + NUMBER_COUNT] = numbers.length
    words[word + JSON_BYTE_LENGTH] = json.length
    storeBytes(signedWords, offset + HEAD_BYTE_LENGTH, json)
    this.#numbers(offset).set(numbers)
    words[word] = PACKED_MAGIC
    return offset
  }

  /**
   * Claims a packed entity, so that no other thread unpacks it, and returns what it holds.
   * @throws StorageError 'invalid-argument'
   */
  claim(offset: number): PackedComponent[] {
    if (!this.#isPacked(offset)) throw notPacked(offset)
    const words = this.#cells.signedWords
    const before = Atomics.compareExchange(words, offset >> 2, PACKED_MAGIC, UNPACKING_MAGIC)
    if (before !== PACKED_MAGIC) throw notPacked(offset)
    const components = this.#read(offset)
    if (components !== undefined) return components
    this.release(offset)
    throw notPacked(offset)
  }

  /** It stays packed. */
  release(offset: number): void {
    Atomics.store(this.#cells.signedWords, offset >> 2, PACKED_MAGIC)
  }

  /** Frees the block, but not those of lists and texts. */
  end(offset: number): void {
    this.#cells.words[offset >> 2] = 0
    this.#pool.free(offset)
  }

  #isPacked(offset: unknown): boolean {
    if (typeof offset !== 'number' || !isLiveBlock(this.#pool, offset)) return false
    const word = offset >> 2
    const { words } = this.#cells
    const byteLength = byteLengthOf(words[word + JSON_BYTE_LENGTH], words[word + NUMBER_COUNT])
    return this.#pool.byteLengthOf(offset) === byteLength
  }

  /** Undefined if any part was overwritten: other threads can write to the block. */
  #read(offset: number): PackedComponent[] | undefined {
    const numbers = this.#numbers(offset)
    const heads = this.#readHeads(offset)
    if (!Array.isArray(heads)) return undefined
    const components: PackedComponent[] = []
    let at = 0
    for (const head of heads) {
      const [scalarCount, blockCount, signature] = Array.isArray(head) ? head : []
      if (!(scalarCount >= 0 && blockCount >= 0)) return undefined
      const scalars = [...numbers.subarray(at, at + scalarCount)]
      const blocks = [...numbers.subarray(at + scalarCount, at + scalarCount + blockCount)]
      if (!blocks.every((block) => block === 0 || isLiveBlock(this.#pool, block))) return undefined
      components.push({ signature, scalars, blocks })
      at += scalarCount + blockCount
    }
    return at === numbers.length ? components : undefined
  }

  #readHeads(offset: number): unknown {
    const { words, signedWords } = this.#cells
    const byteLength = words[(offset >> 2) + JSON_BYTE_LENGTH]
    try {
      return loadJson(signedWords, offset + HEAD_BYTE_LENGTH, byteLength)
    } catch (error) {
      if (codeOf(error) !== 'corrupt') throw error
    }
  }

  #numbers(offset: number): Float64Array {
    const { buffer, words } = this.#cells
    const jsonByteLength = words[(offset >> 2) + JSON_BYTE_LENGTH]
    const count = words[(offset >> 2) + NUMBER_COUNT]
    return new Float64Array(buffer, offset + byteLengthOf(jsonByteLength, 0), count)
  }
}

const byteLengthOf = (jsonByteLength: number, numberCount: number) =>
  HEAD_BYTE_LENGTH + Math.ceil(jsonByteLength / 8) * 8 + numberCount * 8

/**
 * Frees an entity that was packed, with its lists and texts, instead of unpacking it. Any thread
 * may do so, by its pool.
 * @param offset what `storage.pack` gave
 * @throws StorageError 'invalid-argument'
 */
export function freePacked(pool: Pool, offset: number): void {
  checkPool(pool)
  const packed = new PackedEntities(new MemoryViews(pool))
  for (const { blocks } of packed.claim(offset)) for (const block of blocks) pool.free(block)
  packed.end(offset)
}

const notPacked = (offset: unknown) =>
  invalidArgument('the packed entity', offset, 'what storage.pack() gave, not yet unpacked')
