/** The chunks of a table that one thread knows: it makes, finds, takes over and frees them. */
import type { Pool } from '@ashlar/core'
import { corrupt, tableFull } from '../base/errors.ts'
import { liveByteLength } from '../memory/live-block.ts'
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

  /** Whether chunks were linked or unlinked since the last `follow`. */
  get isBehind(): boolean {
    return this.#numbers.epoch !== this.#epoch
  }

  /** Makes an empty chunk of this thread. A thread that dies in it loses no more than the block. */
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

  /** Makes the known chunks those that the root lists now. */
  follow(): void {
    this.#epoch = this.#numbers.epoch
    for (let number = 0; number < this.#layout.chunkLimit; number++) this.#lookUp(number)
    this.#settle()
  }

  /**
   * Takes over the chunks whose pool is closed or was adopted, and repairs each, even if a thread died in
   * an earlier repair. A chunk whose block the dead thread had freed is unlinked.
   */
  takeOver(): number {
    const numbers = this.#numbers
    let count = 0
    let hasChanged = false
    let alive = 0
    for (let i = 0; i < this.all.length; i++) {
      const { number } = this.all[i]
      const owner = numbers.ownerAt(number)
      if (owner === alive || owner === numbers.self) continue
      if (!numbers.isGone(owner)) alive = owner
      else if (numbers.inherit(number, owner)) {
        hasChanged = true
        const chunk = this.#lookUp(number)
        chunk?.$repair()
        if (chunk === undefined) numbers.unlink(number)
        else count++
      }
    }
    if (hasChanged) this.#settle()
    return count
  }

  /** Frees this thread's empty chunks but one. A thread that dies in it loses at most one block. */
  trim(): number {
    let count = 0
    for (let i = this.own.length - 1; i >= 0 && this.own.length > 1; i--) {
      const chunk = this.own[i]
      if (chunk.rowCount > 0) continue
      this.own.splice(i, 1)
      this.byNumber[chunk.number] = undefined
      this.#numbers.setGenerationAt(chunk.number, this.#generationOf(chunk))
      this.#numbers.unlink(chunk.number)
      this.#pool.free(chunk.$offset)
      count++
    }
    if (count > 0) this.follow()
    return count
  }

  /** Makes all chunks stale before it frees the first. */
  free(): void {
    const offsets = this.all.map(({ $offset }) => $offset)
    this.forget()
    for (const offset of offsets) this.#pool.free(offset)
  }

  forget(): void {
    for (const chunk of this.all) chunk.$bind()
    this.all.length = 0
    this.own.length = 0
    this.byNumber.length = 0
  }

  /** Renews the views if a WebAssembly.Memory has grown; returns whether it has. */
  renew(): boolean {
    const { buffer } = this.#pool.arena
    if (buffer === this.#buffer) return false
    this.#buffer = buffer
    for (const chunk of this.all) chunk.$bind(buffer)
    return true
  }

  get isDetached(): boolean {
    return this.#buffer.byteLength === 0
  }

  /** Whatever generation a chunk without rows would give next is at most this one. */
  #generationOf({ ids }: TableChunk): number {
    let most = 0
    for (const id of ids) most = Math.max(most, id)
    return Math.floor(most / this.#layout.generationStep)
  }

  /** The chunk that a number has now, which may differ from the known one. */
  #lookUp(number: number): TableChunk | undefined {
    const offset = this.#numbers.offsetAt(number)
    const known = this.byNumber[number]
    if (known === undefined ? offset === 0 : known.$offset === offset) return known
    if (offset !== 0 && this.#isChunk(number, offset)) return this.#learn(number, offset)
    this.byNumber[number] = undefined
    return undefined
  }

  /**
   * Whether there is a block for a chunk. It may have been freed just now: then its thread has unlinked it.
   * @throws StorageError 'corrupt' if the root lists another block
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

  /** Drops chunks whose number has no chunk, or another one; lists the rest. */
  #settle(): void {
    const { all, own } = this
    let count = 0
    own.length = 0
    for (const chunk of all) {
      if (this.byNumber[chunk.number] !== chunk) {
        chunk.$bind()
        continue
      }
      all[count++] = chunk
      if (this.#numbers.ownerAt(chunk.number) === this.#numbers.self) own.push(chunk)
    }
    all.length = count
  }
}
