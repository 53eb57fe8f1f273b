/**
 * Lists in blocks of an arena: each is known by a handle word, which holds its block's offset, or 0
 * of an empty one. Knows nothing of entities, so that any thread can work on the lists of another.
 *
 *     -8       0        4                          8                8 + 16 * granules
 *     | header | length | granules << 4 | type id  | elements ...   |
 *
 * `list-room.ts` tells how much room that is, and when it changes.
 */
import type { Pool } from '@ashlar/core'
import { corrupt } from '../base/errors.ts'
import type { Blocks } from '../memory/blocks.ts'
import { typeIdOf } from '../memory/cells.ts'
import type { ScalarArrayConstructor } from '../schema/schema.ts'
import {
  GRANULE_SHIFT,
  isRun,
  leastRoomFor,
  leastRunRoomFor,
  PREFIX_BYTE_LENGTH,
  roomFor,
  shrunkRoom,
} from './list-capacity.ts'

export const TYPE_BITS = 4
/** No arena has as many bytes: a list that long is out of memory. */
const BYTE_LENGTH_MAX = 2 ** 31

export class Lists {
  readonly #blocks: Blocks
  readonly #typeId: number
  /** Elements to bytes. */
  readonly #shift: number

  constructor(blocks: Blocks, type: ScalarArrayConstructor) {
    this.#blocks = blocks
    this.#typeId = typeIdOf(type)
    this.#shift = Math.log2(type.BYTES_PER_ELEMENT)
  }

  /** As the prefix says: for what reads one element. */
  length(block: number): number {
    return block === 0 ? 0 : this.#blocks.cells.words[block >> 2]
  }

  /** The same, for what reads many, or writes: all elements lie in the list's room. @throws StorageError 'corrupt' */
  checkedLength(block: number): number {
    const capacity = this.capacity(block)
    const length = this.length(block)
    if (length <= capacity) return length
    throw corrupt('the length of a list', length, `at most ${capacity}, for which it has room`)
  }

  capacity(block: number): number {
    return this.#roomOf(block) >> this.#shift
  }

  /** Byte offset of the first element, or 0. */
  offset(block: number): number {
    return block === 0 ? 0 : block + PREFIX_BYTE_LENGTH
  }

  /** An element that is there. */
  load(block: number, index: number): number {
    return this.#blocks.cells.load(this.#typeId, this.#firstIndex(block) + index)
  }

  /** Writes an element that is there. */
  store(block: number, index: number, value: number): void {
    this.#blocks.cells.store(this.#typeId, this.#firstIndex(block) + index, value)
  }

  toArray(block: number): number[] {
    return Array.from({ length: this.checkedLength(block) }, (_, i) => this.load(block, i))
  }

  /** Gives the new length. @throws ArenaError 'out-of-memory'; the list is as it was then */
  push(word: number, value: number): number {
    const { words } = this.#blocks.cells
    let block = words[word]
    const length = this.length(block)
    if (length >= this.capacity(block)) block = this.reserve(word, this.checkedLength(block) + 1)
    this.store(block, length, value)
    words[block >> 2] = length + 1
    return length + 1
  }

  /** Puts values[start..end] at the end. @throws as `push` */
  append(word: number, values: Float64Array, start: number, end: number): void {
    const length = this.checkedLength(this.#blockAt(word))
    const block = this.reserve(word, length + end - start)
    this.#write(block, length, values, start, end)
  }

  /** Replaces the list by values[start..end]. @throws as `push` */
  set(word: number, values: Float64Array, start: number, end: number): void {
    this.#write(this.reserve(word, end - start), 0, values, start, end)
    this.#shrink(word)
  }

  /** Puts an element before one that is there, or at the end. @throws as `push` */
  insert(word: number, index: number, value: number): void {
    const length = this.checkedLength(this.#blockAt(word))
    const block = this.reserve(word, length + 1)
    this.#move(block, index, index + 1, length - index)
    this.store(block, index, value)
    this.#setLength(block, length + 1)
  }

  /** Takes an element that is there away; those behind it move up. */
  remove(word: number, index: number): void {
    const block = this.#blockAt(word)
    const length = this.checkedLength(block) - 1
    this.#move(block, index + 1, index, length - index)
    this.truncate(word, length)
  }

  /** Takes an element that is there away; the last one takes its place. */
  swapRemove(word: number, index: number): void {
    const block = this.#blockAt(word)
    const last = this.checkedLength(block) - 1
    this.#move(block, last, index, 1)
    this.truncate(word, last)
  }

  /** Cuts the list to a length that it has, and gives room back. */
  truncate(word: number, length: number): void {
    const block = this.#blockAt(word)
    void this.checkedLength(block)
    this.#setLength(block, length)
    this.#shrink(word)
  }

  /** Takes the elements of a list away that are not to be kept; gives room back. */
  filter(word: number, isKept: (value: number) => boolean): void {
    const block = this.#blockAt(word)
    const length = this.checkedLength(block)
    let kept = 0
    for (let i = 0; i < length; i++) {
      const value = this.load(block, i)
      if (!isKept(value)) continue
      if (kept < i) this.store(block, kept, value)
      kept++
    }
    if (kept < length) this.truncate(word, kept)
  }

  /** Sets the length; new elements are zero. Gives no room back. @throws as `push` */
  resize(word: number, length: number): void {
    const before = this.checkedLength(this.#blockAt(word))
    const block = this.reserve(word, length)
    if (length > before) {
      const [from, to] = [before << this.#shift, length << this.#shift]
      this.#blocks.cells.zeroBytes(this.offset(block) + from, this.offset(block) + to)
    }
    this.#setLength(block, length)
  }

  /**
   * Makes room for so many elements in all, and gives the block that the list is in then.
   *
   * Where the list has to move, another block is allocated, filled, and stored in the handle, before
   * the one before is freed: to be killed or to run out of memory in between loses nothing.
   * @throws ArenaError 'out-of-memory'; the list is as it was then
   */
  reserve(word: number, capacity: number): number {
    if (this.tryReserve(word, capacity)) return this.#blockAt(word)
    const least = leastRoomFor(capacity * (1 << this.#shift))
    return this.#install(word, this.#create(this.#blocks.pool.alloc, least))
  }

  /** The same; false when there is no memory. */
  tryReserve(word: number, capacity: number): boolean {
    const block = this.#blockAt(word)
    const needed = capacity * (1 << this.#shift)
    if (needed <= this.#roomOf(block)) return true
    const room = roomFor(needed)
    if (this.#tryResize(block, room) || this.#tryResize(block, leastRoomFor(needed))) return true
    return this.#tryMove(word, room)
  }

  /**
   * A block for an empty list that has room for so many elements, until it is given to a list by `replace`;
   * 0 for none. @throws ArenaError 'out-of-memory'
   */
  create(capacity: number): number {
    if (capacity === 0) return 0
    const needed = capacity * (1 << this.#shift)
    const { alloc, tryAlloc } = this.#blocks.pool
    return this.#create(tryAlloc, roomFor(needed)) || this.#create(alloc, leastRoomFor(needed))
  }

  /** Makes a block from `create` the list's; frees what it had. */
  replace(word: number, block: number): void {
    this.free(word)
    this.#blocks.cells.words[word] = block
  }

  /** Empties the list and frees its block. */
  free(word: number): void {
    const block = this.#blockAt(word)
    if (block === 0) return
    this.#blocks.cells.words[word] = 0
    this.#blocks.pool.free(block)
  }

  #shrink(word: number): void {
    const block = this.#blockAt(word)
    const room = this.#roomOf(block)
    const shrunk = shrunkRoom(room, this.length(block) << this.#shift)
    if (shrunk === room || this.#tryResize(block, shrunk) || this.#tryMove(word, shrunk)) return
    // A run of few spans, then: the others are memory to move to.
    if (isRun(room) && this.#tryResizeRun(block, leastRunRoomFor(shrunk))) {
      this.#tryMove(word, shrunk)
    }
  }

  /** Resizes a run of spans of this thread in its place; all else has to move. */
  #tryResize(block: number, room: number): boolean {
    if (!isRun(this.#roomOf(block)) || !isRun(room) || room > BYTE_LENGTH_MAX) return false
    return this.#tryResizeRun(block, room)
  }

  #tryResizeRun(block: number, room: number): boolean {
    const before = this.#roomOf(block)
    // What the list believes to have is at no time more than it has.
    if (room < before) this.#setRoom(block, room)
    const isDone = this.#blocks.pool.tryResize(block, room + PREFIX_BYTE_LENGTH)
    this.#setRoom(block, isDone ? room : before)
    return isDone
  }

  /** Moves the list to a block of so much room; false when there is no memory. */
  #tryMove(word: number, room: number): boolean {
    const block = this.#create(this.#blocks.pool.tryAlloc, room)
    if (block === 0) return false
    this.#install(word, block)
    return true
  }

  /** A block of so much room, for an empty list; 0 when there is no memory, which only `tryAlloc` leads to. */
  #create(alloc: Pool['alloc'], room: number): number {
    // Beyond any arena the pool would call a length invalid.
    const block = alloc(Math.min(room, BYTE_LENGTH_MAX) + PREFIX_BYTE_LENGTH)
    if (block === 0) return 0
    this.#setLength(block, 0)
    this.#setRoom(block, room)
    return block
  }

  /** Copies the list to a new block, makes that the list's, and frees the one before. */
  #install(word: number, block: number): number {
    const { cells } = this.#blocks
    const before = this.#blockAt(word)
    const length = this.checkedLength(before)
    this.#setLength(block, length)
    cells.copyBytes(this.offset(before), this.offset(block), length << this.#shift)
    cells.words[word] = block
    if (before !== 0) this.#blocks.pool.free(before)
    return block
  }

  #write(block: number, at: number, values: Float64Array, start: number, end: number): void {
    this.#blocks.cells.storeAll(this.#typeId, this.#firstIndex(block) + at, values, start, end)
    this.#setLength(block, at + end - start)
  }

  #move(block: number, from: number, to: number, count: number): void {
    const start = this.offset(block)
    const shift = this.#shift
    this.#blocks.cells.copyBytes(start + (from << shift), start + (to << shift), count << shift)
  }

  #blockAt(word: number): number {
    return this.#blocks.cells.words[word]
  }

  #firstIndex(block: number): number {
    return (block + PREFIX_BYTE_LENGTH) >> this.#shift
  }

  /** In bytes, of elements; 0 of no block. @throws StorageError 'corrupt' where it would leave the arena */
  #roomOf(block: number): number {
    if (block === 0) return 0
    const room = (this.#blocks.cells.words[(block >> 2) + 1] >>> TYPE_BITS) << GRANULE_SHIFT
    this.#blocks.checkPlace('a list', block, room + PREFIX_BYTE_LENGTH)
    return room
  }

  #setRoom(block: number, room: number): void {
    const roomBits = (room >> GRANULE_SHIFT) << TYPE_BITS
    this.#blocks.cells.words[(block >> 2) + 1] = roomBits | this.#typeId
  }

  /** Of a list without a block it is 0 and stays so. */
  #setLength(block: number, length: number): void {
    if (block !== 0) this.#blocks.cells.words[block >> 2] = length
  }
}
