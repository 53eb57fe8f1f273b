/** The chunks of a table, as one thread knows them: what it makes, sees, takes over and frees. */
import type { Pool } from '@ashlar/core'
import { corrupt, tableFull } from '../base/errors.ts'
import { liveByteLength } from '../memory/blocks.ts'
import { ChunkRegistry } from './chunk-registry.ts'
import { TableChunk, writeChunk } from './table-chunk.ts'
import type { TableLayout } from './table-layout.ts'

export class TableChunks {
  readonly all: TableChunk[] = []
  readonly own: TableChunk[] = []
  readonly byNumber: (TableChunk | undefined)[] = []
  readonly #pool: Pool
  readonly #layout: TableLayout
  readonly #numbers: ChunkRegistry
  #epoch = 0
  #buffer: ArrayBufferLike

  constructor(pool: Pool, layout: TableLayout, root: number) {
    this.#pool = pool
    this.#layout = layout
    this.#numbers = new ChunkRegistry(pool, layout, root)
    this.#buffer = pool.arena.buffer
  }

  /** Whether there is something new to follow. */
  get isBehind(): boolean {
    return this.#numbers.epoch !== this.#epoch
  }

  /**
   * An empty chunk of this thread. Of one that dies before others see it the block is lost, and nothing
   * else.
   */
  make(): TableChunk {
    const { name, chunkByteLength, chunkLimit } = this.#layout
    const offset = this.#pool.alloc(chunkByteLength)
    const number = this.#numbers.claimFree()
    if (number === -1) {
      this.#pool.free(offset)
      throw tableFull(name, chunkLimit)
    }
    const generation = this.#numbers.generationAt(number)
    writeChunk(this.#layout, this.#pool.arena.i32, offset, number, generation)
    this.#numbers.link(number, offset)
    const isStale = this.byNumber[number] !== undefined
    const chunk = this.#learn(number, offset)
    this.own.push(chunk)
    if (isStale) this.#settle()
    return chunk
  }

  /** Knows the chunks that the root has now, and no others. */
  follow(): void {
    this.#epoch = this.#numbers.epoch
    for (let number = 0; number < this.#layout.chunkLimit; number++) this.#lookUp(number)
    this.#settle()
  }

  /**
   * Takes over those whose pool is closed or was adopted. Each is repaired: again, where that was cut.
   * What a thread was freeing that died is told as freed, as it may not have told it.
   */
  takeOver(): number {
    const numbers = this.#numbers
    let count = 0
    let lostCount = 0
    let alive = 0
    for (let i = 0; i < this.all.length; i++) {
      const { number } = this.all[i]
      const owner = numbers.ownerAt(number)
      if (owner === alive || owner === numbers.self) continue
      if (!numbers.isGone(owner)) alive = owner
      else if (numbers.inherit(number, owner)) {
        const chunk = this.#lookUp(number)
        if (chunk !== undefined) {
          chunk.$repair()
          count++
        } else {
          numbers.unlink(number)
          lostCount++
        }
      }
    }
    if (count + lostCount > 0) this.#settle()
    return count
  }

  /** Frees own ones that are empty, but one. A thread that dies meanwhile loses one block at most. */
  trim(): number {
    let count = 0
    for (let i = this.own.length - 1; i >= 0 && this.own.length > 1; i--) {
      const chunk = this.own[i]
      if (chunk.rowCount > 0) continue
      this.own.splice(i, 1)
      this.byNumber[chunk.number] = undefined
      this.#numbers.setGenerationAt(chunk.number, chunk.$generation)
      this.#numbers.unlink(chunk.number)
      this.#pool.free(chunk.$offset)
      count++
    }
    if (count > 0) this.follow()
    return count
  }

  /** Nothing can be done with any of them from when the first is freed. */
  free(): void {
    const offsets = this.all.map(({ $offset }) => $offset)
    this.forget()
    for (const offset of offsets) this.#pool.free(offset)
  }

  forget(): void {
    for (const chunk of this.all) chunk.$drop()
    this.all.length = 0
    this.own.length = 0
    this.byNumber.length = 0
  }

  /** Takes up the buffer that a WebAssembly.Memory has after it has grown: whether it has. */
  renew(): boolean {
    const { buffer } = this.#pool.arena
    if (buffer === this.#buffer) return false
    this.#buffer = buffer
    for (const chunk of this.all) chunk.$bind(buffer)
    return true
  }

  /** Whether the buffer is gone. */
  get isDetached(): boolean {
    return this.#buffer.byteLength === 0
  }

  /** The chunk that a number has now, which need not be the one that we knew. */
  #lookUp(number: number): TableChunk | undefined {
    const offset = this.#numbers.offsetAt(number)
    const known = this.byNumber[number]
    if (known === undefined ? offset === 0 : known.$offset === offset) return known
    if (offset !== 0 && this.#isChunk(number, offset)) return this.#learn(number, offset)
    this.byNumber[number] = undefined
    return undefined
  }

  /**
   * Whether a block for a chunk is at an offset; not when its thread has just freed it, which takes it out of the
   * root before.
   * @throws StorageError 'corrupt' where the root has another block
   */
  #isChunk(number: number, offset: number): boolean {
    const { name, chunkByteLength } = this.#layout
    if (liveByteLength(this.#pool, offset) === chunkByteLength) return true
    if (this.#numbers.offsetAt(number) !== offset) return false
    const expected = `the offset of a block of ${chunkByteLength} bytes, or 0`
    throw corrupt(`chunk ${number} of table ${JSON.stringify(name)}`, offset, expected)
  }

  #learn(number: number, offset: number): TableChunk {
    const chunk = new TableChunk(this.#layout, this.#pool.arena.buffer, offset, number)
    while (this.byNumber.length < number) this.byNumber.push(undefined) // an array with gaps is slow
    this.byNumber[number] = chunk
    this.all.push(chunk)
    return chunk
  }

  /** Drops those whose number is another's, or nobody's. */
  #settle(): void {
    const { all, own } = this
    let count = 0
    own.length = 0
    for (const chunk of all) {
      if (this.byNumber[chunk.number] !== chunk) {
        chunk.$drop()
        continue
      }
      all[count++] = chunk
      if (this.#numbers.ownerAt(chunk.number) === this.#numbers.self) own.push(chunk)
    }
    all.length = count
  }
}
