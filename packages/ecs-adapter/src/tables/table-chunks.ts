/**
 * Makes, finds, adopts and frees the chunks of a table, for one thread.
 *
 * The table's root lists the block and the owner of each chunk number. The owner is not stored in
 * the block, because another thread may free the block while this one reads its owner.
 */
import type { Pool } from '@ashlar/core'
import { corrupt, tableFull } from '../base/errors.ts'
import { liveByteLength } from '../memory/blocks.ts'
import { isOpenSlot } from '../shared/attachments.ts'
import { type Chunk, TableChunk, type TableSchema, writeChunk } from './table-chunk.ts'
import { seedAfter } from './table-ids.ts'
import type { TableLayout } from './table-layout.ts'
import * as rootLayout from './table-root.ts'

/** A chunk with its columns and public members, and with the $ members, which its table uses. */
export type KnownChunk<S extends TableSchema> = TableChunk & Chunk<S>

export class TableChunks<S extends TableSchema> {
  readonly all: KnownChunk<S>[] = []
  readonly own: KnownChunk<S>[] = []
  readonly byNumber: (KnownChunk<S> | undefined)[] = []
  /** The index in `own` where the next search for a chunk that is not full begins. */
  cursor = 0
  readonly #pool: Pool
  readonly #layout: TableLayout
  /** The word index of the table's root block. */
  readonly #root: number
  /** The owner word of this thread: see `ownerOf`. */
  readonly #self: number
  #epoch = 0
  #buffer: ArrayBufferLike

  constructor(pool: Pool, layout: TableLayout, root: number) {
    this.#pool = pool
    this.#layout = layout
    this.#root = root >> 2
    this.#self = rootLayout.ownerOf(pool)
    this.#buffer = pool.arena.buffer
  }

  /**
   * Returns a chunk of `own` that is not full. It searches `own` once around, from the cursor on.
   * If all chunks are full, it makes a chunk.
   */
  withRoom(): KnownChunk<S> {
    const { own } = this
    for (let left = own.length; left > 0; left--, this.cursor++) {
      if (this.cursor >= own.length) this.cursor = 0
      if (own[this.cursor].$hasRoom) return own[this.cursor]
    }
    const chunk = this.#make()
    this.cursor = own.length - 1
    return chunk
  }

  /**
   * Makes an empty chunk of this thread. If the thread dies during the call, at most one block
   * leaks.
   */
  #make(): KnownChunk<S> {
    const { name, chunkByteLength, chunkLimit } = this.#layout
    const offset = this.#pool.alloc(chunkByteLength)
    const number = this.#claimFree()
    if (number === -1) {
      this.#pool.free(offset)
      throw tableFull(name, chunkLimit)
    }
    const generation = this.#isUsedUp(number)
      ? 1
      : Math.max(1, this.#load(rootLayout.seedWord(number)))
    writeChunk(this.#layout, this.#pool.arena.i32, offset, number, generation)
    this.#link(number, offset)
    const isStale = this.byNumber[number] !== undefined
    const chunk = this.#learn(number, offset)
    this.own.push(chunk)
    if (isStale) this.#settle()
    return chunk
  }

  /**
   * Whether the list of chunks has changed since the last `follow`. It is not reliable if a thread
   * died in `#link`.
   */
  get isBehind(): boolean {
    return this.#load(rootLayout.EPOCH) !== this.#epoch
  }

  /** Updates the known chunks from the list in the root. */
  follow(): void {
    this.#epoch = this.#load(rootLayout.EPOCH)
    for (let number = 0; number < this.#layout.chunkLimit; number++) this.#lookUp(number)
    this.#settle()
  }

  /**
   * Adopts the chunks of pools that are closed, or whose slot was adopted. It repairs these chunks,
   * even if a thread died during an earlier repair. It unlinks a chunk if its owner has freed its
   * block already.
   * @returns how many chunks it adopted
   */
  adoptChunks(): number {
    let count = 0
    let hasChanged = false
    let alive = 0
    for (let i = 0; i < this.all.length; i++) {
      const { number } = this.all[i]
      const owner = this.#load(rootLayout.ownerWord(number))
      if (owner === alive || owner === this.#self) continue
      if (!this.#isGone(owner)) alive = owner
      else if (this.#inherit(number, owner)) {
        hasChanged = true
        const chunk = this.#lookUp(number)
        chunk?.$repair()
        if (chunk === undefined) this.#unlink(number)
        else count++
      }
    }
    if (hasChanged) this.#settle()
    return count
  }

  /**
   * Frees empty chunks: see `Table.trim`. If the thread dies during the call, at most one block
   * leaks.
   */
  trim(): number {
    const { own } = this
    const before = own.length
    for (let i = before - 1; i >= 0 && own.length > 1; i--) {
      const { rowCount, number, ids, $offset } = own[i]
      if (rowCount > 0) continue
      own.splice(i, 1) // here: `rowCount` of the next chunk may throw
      this.byNumber[number] = undefined // or `follow` keeps it if a new chunk gets its block
      this.#store(rootLayout.seedWord(number), seedAfter(ids, this.#layout))
      this.#unlink(number)
      this.#pool.free($offset)
    }
    const count = before - own.length
    if (count > 0) this.follow()
    return count
  }

  /** Makes all chunks stale, and then frees their blocks. */
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

  /** Makes new views if a WebAssembly.Memory has grown. Returns whether it has. */
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

  /**
   * Returns the chunk that the root now lists for a number: the known chunk, a new object, or
   * undefined.
   */
  #lookUp(number: number): KnownChunk<S> | undefined {
    const offset = this.#load(rootLayout.entryWord(number))
    const known = this.byNumber[number]
    if (known === undefined ? offset === 0 : known.$offset === offset) return known
    if (offset !== 0 && this.#isChunk(number, offset)) return this.#learn(number, offset)
    this.byNumber[number] = undefined
    return undefined
  }

  /**
   * Returns whether the listed block of a chunk is live. If it is not, its owner has unlinked the
   * chunk in the meantime.
   * @throws StorageError 'corrupt' if the root still lists an offset at which there is no block of
   * a chunk
   */
  #isChunk(number: number, offset: number): boolean {
    const { name, chunkByteLength } = this.#layout
    if (liveByteLength(this.#pool, offset) === chunkByteLength) return true
    if (this.#load(rootLayout.entryWord(number)) !== offset) return false
    const expected = `the offset of a block of ${chunkByteLength} bytes, or 0`
    throw corrupt(`chunk ${number} of table ${JSON.stringify(name)}`, offset, expected)
  }

  #learn(number: number, offset: number): KnownChunk<S> {
    const { buffer } = this.#pool.arena
    const chunk = new TableChunk(this.#layout, buffer, offset, number) as KnownChunk<S>
    // Filled without gaps, because engines access an array with gaps slowly.
    while (this.byNumber.length < number) this.byNumber.push(undefined)
    this.byNumber[number] = chunk
    this.all.push(chunk)
    return chunk
  }

  /** Drops the chunks that are no longer in `byNumber`, and builds the list `own` again. */
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
      if (this.#load(rootLayout.ownerWord(chunk.number)) === this.#self) own.push(chunk)
    }
    all.length = count
  }

  /**
   * Claims a number without a chunk, and returns it. Claims a used-up number only if no other is
   * free. Returns -1 if there is none.
   */
  #claimFree(): number {
    const { chunkLimit } = this.#layout
    const next = this.#load(rootLayout.NEXT_NUMBER) >>> 0
    for (const mayBeUsedUp of [false, true]) {
      for (let i = 0; i < chunkLimit; i++) {
        const number = (next + i) % chunkLimit
        if (this.#isUsedUp(number) !== mayBeUsedUp || !this.#claimIfFree(number)) continue
        this.#store(rootLayout.NEXT_NUMBER, number + 1)
        return number
      }
    }
    return -1
  }

  /** Returns whether half of the generations of a number are used: see `table-ids.ts`. */
  #isUsedUp(number: number): boolean {
    return this.#load(rootLayout.seedWord(number)) > this.#layout.lastGeneration >> 1
  }

  /**
   * Claims a number if it has no chunk. That includes a number whose owner died before `#link` or
   * in `#unlink`. Returns whether this thread now owns the number.
   */
  #claimIfFree(number: number): boolean {
    const owner = this.#load(rootLayout.ownerWord(number))
    if (owner !== 0) {
      if (this.#load(rootLayout.entryWord(number)) !== 0) return false
      if (owner === this.#self) return true
      if (!this.#isGone(owner) || this.#load(rootLayout.entryWord(number)) !== 0) return false
    }
    return this.#inherit(number, owner)
  }

  /** Returns whether the pool of an owner is closed, or its slot was adopted. */
  #isGone(owner: number): boolean {
    if (owner === 0 || owner === this.#self) return false
    return !isOpenSlot(
      this.#pool.arena,
      rootLayout.slotOfOwner(owner),
      rootLayout.generationOfOwner(owner),
    )
  }

  /**
   * Claims a number from `owner`, which is gone, or 0 for no owner. Returns false if another thread
   * was faster.
   */
  #inherit(number: number, owner: number): boolean {
    const word = this.#root + rootLayout.ownerWord(number)
    return Atomics.compareExchange(this.#pool.arena.i32, word, owner, this.#self) === owner
  }

  /** Publishes the block of a chunk whose number this thread owns. */
  #link(number: number, offset: number): void {
    this.#store(rootLayout.entryWord(number), offset)
    Atomics.add(this.#pool.arena.i32, this.#root + rootLayout.EPOCH, 1)
  }

  /** Releases a number. Free its block only after this call. */
  #unlink(number: number): void {
    this.#link(number, 0)
    this.#store(rootLayout.ownerWord(number), 0)
  }

  #load(word: number): number {
    return Atomics.load(this.#pool.arena.i32, this.#root + word)
  }

  #store(word: number, value: number): void {
    Atomics.store(this.#pool.arena.i32, this.#root + word, value)
  }
}
