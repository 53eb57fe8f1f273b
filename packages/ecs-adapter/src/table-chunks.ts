/** The chunks of a table, as one thread knows them: what it makes, sees, takes over and frees. */
import type { Pool } from '@ashlar/core'
import { tableFull } from './errors.ts'
import { TableChunk, writeChunk } from './table-chunk.ts'
import {
  entryWord,
  generationOfOwner,
  ownerOf,
  seedWord,
  slotOfOwner,
  TABLE_EPOCH,
  type TableLayout,
} from './table-layout.ts'

export class TableChunks {
  readonly all: TableChunk[] = []
  readonly own: TableChunk[] = []
  readonly byNumber: (TableChunk | undefined)[] = []
  readonly #pool: Pool
  readonly #layout: TableLayout
  readonly #root: number
  readonly #owner: number
  #epoch = 0
  #buffer: ArrayBufferLike

  constructor(pool: Pool, layout: TableLayout, root: number) {
    this.#pool = pool
    this.#layout = layout
    this.#root = root
    this.#owner = ownerOf(pool.slot, pool.generation)
    this.#buffer = pool.arena.buffer
  }

  /** Whether there is something new to follow. */
  get isBehind(): boolean {
    return this.#loadEpoch() !== this.#epoch
  }

  /**
   * An empty chunk of this thread. Others see it from when its offset is in the root; of a thread that
   * dies before, the block is lost, and nothing else.
   */
  make(): TableChunk {
    const { name, chunkByteLength, chunkLimit } = this.#layout
    const offset = this.#pool.alloc(chunkByteLength)
    const words = this.#pool.arena.i32
    const first = this.#root >> 2
    for (let number = 0; number < chunkLimit; number++) {
      if (Atomics.load(words, first + entryWord(number)) !== 0) continue
      const generation = Math.max(1, words[first + seedWord(number)])
      const chunk = { root: this.#root, number, owner: this.#owner, generation }
      writeChunk(this.#layout, words, offset, chunk)
      if (Atomics.compareExchange(words, first + entryWord(number), 0, offset) !== 0) continue
      this.#raiseEpoch()
      return this.#learn(number, offset)
    }
    this.#pool.free(offset)
    throw tableFull(name, chunkLimit)
  }

  /** Knows the chunks that the root has now, and no others. */
  follow(): void {
    this.#epoch = this.#loadEpoch()
    const words = this.#pool.arena.i32
    const first = this.#root >> 2
    let isShorter = false
    for (let number = 0; number < this.#layout.chunkLimit; number++) {
      const offset = Atomics.load(words, first + entryWord(number))
      const known = this.byNumber[number]
      if (known === undefined ? offset === 0 : known.$offset === offset) continue
      this.byNumber[number] = undefined
      isShorter ||= known !== undefined
      if (offset !== 0) this.#learn(number, offset)
    }
    if (isShorter) keep(this.all, (chunk) => this.byNumber[chunk.number] === chunk)
    keep(this.own, (chunk) => this.byNumber[chunk.number] === chunk && chunk.$owner === this.#owner)
  }

  /** Takes over those whose pool is closed or was adopted. Each is repaired: again, where that was cut. */
  takeOver(): number {
    let count = 0
    let alive = this.#owner
    for (let i = 0; i < this.all.length; i++) {
      const chunk = this.all[i]
      const owner = chunk.$owner
      if (owner === alive || owner === this.#owner) continue
      if (this.#pool.arena.isOpen(slotOfOwner(owner), generationOfOwner(owner))) {
        alive = owner
        continue
      }
      if (!chunk.$claim(owner, this.#owner)) continue
      chunk.$repair()
      this.own.push(chunk)
      count++
    }
    return count
  }

  /** Frees own ones that are empty, but one. */
  trim(): number {
    const words = this.#pool.arena.i32
    const first = this.#root >> 2
    let count = 0
    for (let i = this.own.length - 1; i >= 0 && this.own.length > 1; i--) {
      const chunk = this.own[i]
      if (chunk.rowCount > 0) continue
      words[first + seedWord(chunk.number)] = chunk.$generation
      Atomics.store(words, first + entryWord(chunk.number), 0)
      this.own.splice(i, 1)
      this.#pool.free(chunk.$offset)
      count++
    }
    if (count === 0) return 0
    this.#raiseEpoch()
    this.follow()
    return count
  }

  free(): void {
    for (const chunk of this.all) this.#pool.free(chunk.$offset)
    this.forget()
  }

  forget(): void {
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

  #learn(number: number, offset: number): TableChunk {
    const chunk = new TableChunk(this.#layout, this.#pool.arena.buffer, offset)
    this.byNumber[number] = chunk
    this.all.push(chunk)
    if (chunk.$owner === this.#owner) this.own.push(chunk)
    return chunk
  }

  #loadEpoch(): number {
    return Atomics.load(this.#pool.arena.i32, (this.#root >> 2) + TABLE_EPOCH)
  }

  #raiseEpoch(): void {
    Atomics.add(this.#pool.arena.i32, (this.#root >> 2) + TABLE_EPOCH, 1)
  }
}

/** Drops the others, in place. */
function keep(chunks: TableChunk[], isKept: (chunk: TableChunk) => boolean): void {
  let count = 0
  for (const chunk of chunks) if (isKept(chunk)) chunks[count++] = chunk
  chunks.length = count
}
