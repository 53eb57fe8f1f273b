/**
 * Lists in blocks of an arena. A handle word holds the offset of a list's block, or 0 without a
 * block. Lists know nothing about entities, so that any thread can work on any list.
 *
 *     -8       0        4                          8                8 + room
 *     | header | length | room | type id           | elements ...   |
 *
 * "Room" is the capacity in bytes. It is a multiple of 16, so the low 4 bits of its word are free:
 * they hold the type id.
 */
import type { Pool } from '@ashlar/core'
import { corrupt } from '../base/errors.ts'
import type { ScalarArray, ScalarArrayConstructor } from '../base/typed-arrays.ts'
import { type MemoryViews, typeIdOf } from '../memory/memory-views.ts'
import {
  isRun,
  leastRoomFor,
  leastRunRoomFor,
  PREFIX_BYTE_LENGTH,
  ROOM_STEP,
  roomFor,
  shrunkRoom,
} from './list-capacity.ts'

export class Lists<A extends ScalarArray = ScalarArray> {
  readonly #views: MemoryViews
  readonly #type: ScalarArrayConstructor<A>
  readonly #typeId: number
  /** The base-2 logarithm of an element's byte length. */
  readonly #shift: number

  constructor(views: MemoryViews, type: ScalarArrayConstructor<A>) {
    this.#views = views
    this.#type = type
    this.#typeId = typeIdOf(type)
    this.#shift = Math.log2(type.BYTES_PER_ELEMENT)
  }

  /** Returns the length without a check. Use it only to read one element. */
  length(block: number): number {
    return block === 0 ? 0 : this.#views.u32[block >> 2]
  }

  /**
   * Returns the length for writes and for reads of many elements.
   * @throws StorageError 'corrupt' if the length is above the capacity
   */
  checkedLength(block: number): number {
    const length = this.length(block)
    const capacity = this.capacity(block)
    if (length <= capacity) return length
    throw corrupt('the length of a list', length, `at most ${capacity}, its capacity`)
  }

  capacity(block: number): number {
    return this.#roomOf(block) >> this.#shift
  }

  /** Returns the byte offset of the first element. Returns 0 without a block. */
  offset(block: number): number {
    return block === 0 ? 0 : block + PREFIX_BYTE_LENGTH
  }

  /** @param index an index below the length, as for `store` and `remove` */
  load(block: number, index: number): number {
    return this.#views.load(this.#typeId, this.#firstIndex(block) + index)
  }

  store(block: number, index: number, value: number): void {
    this.#views.store(this.#typeId, this.#firstIndex(block) + index, value)
  }

  view(block: number): A {
    return new this.#type(this.#views.buffer, this.offset(block), this.checkedLength(block))
  }

  toArray(block: number): number[] {
    return Array.from({ length: this.checkedLength(block) }, (_, i) => this.load(block, i))
  }

  /** Returns the new length. @throws ArenaError 'out-of-memory'; then the list is unchanged */
  push(word: number, value: number): number {
    const { u32: words } = this.#views
    let block = words[word]
    const length = this.length(block)
    if (length >= this.capacity(block)) block = this.reserve(word, this.checkedLength(block) + 1)
    this.store(block, length, value)
    words[block >> 2] = length + 1
    return length + 1
  }

  /** Appends values[start] to values[end - 1]. @throws as `push` */
  append(word: number, values: Float64Array, start: number, end: number): void {
    const length = this.checkedLength(this.#blockAt(word))
    const block = this.reserve(word, length + end - start)
    this.#write(block, length, values, start, end)
  }

  /** Replaces the elements by values[start] to values[end - 1]. @throws as `push` */
  set(word: number, values: Float64Array, start: number, end: number): void {
    this.#write(this.reserve(word, end - start), 0, values, start, end)
    this.#shrink(word)
  }

  /** @param index an index that is at most the length. @throws as `push` */
  insert(word: number, index: number, value: number): void {
    const length = this.checkedLength(this.#blockAt(word))
    const block = this.reserve(word, length + 1)
    this.#move(block, index, index + 1, length - index)
    this.store(block, index, value)
    this.#setLength(block, length + 1)
  }

  /**
   * Removes an element, and returns it. If `isSwapped`, the last element takes its place; otherwise
   * the index of all later elements drops by 1.
   */
  remove(word: number, index: number, isSwapped: boolean): number {
    const block = this.#blockAt(word)
    const value = this.load(block, index)
    const last = this.checkedLength(block) - 1
    if (isSwapped) this.#move(block, last, index, 1)
    else this.#move(block, index + 1, index, last - index)
    this.truncate(word, last)
    return value
  }

  /** Removes the elements for which `isKept` returns false, and frees unused capacity. */
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

  /** Changes the length. New elements are 0. Unused capacity stays. @throws as `push` */
  resize(word: number, length: number): void {
    const before = this.checkedLength(this.#blockAt(word))
    const block = this.reserve(word, length)
    if (length > before) {
      const start = this.offset(block)
      this.#views.zeroBytes(start + (before << this.#shift), start + (length << this.#shift))
    }
    this.#setLength(block, length)
  }

  /**
   * Gives a list capacity for `capacity` elements in total, and returns the block of the list.
   *
   * If the list must move, the new block is filled and stored in the handle before the old one is
   * freed. So a thread that is killed or out of memory in between loses nothing.
   * @throws as `push`
   */
  reserve(word: number, capacity: number): number {
    if (this.tryReserve(word, capacity)) return this.#blockAt(word)
    return this.#install(word, this.create(capacity))
  }

  /** Does the same as `reserve`, but returns false if there is no memory. */
  tryReserve(word: number, capacity: number): boolean {
    const { pool } = this.#views
    const block = this.#blockAt(word)
    const needed = this.#bytesOf(capacity)
    if (needed <= this.#roomOf(block)) return true
    const room = roomFor(pool, needed)
    if (this.#tryResize(block, room)) return true
    return this.#tryResize(block, leastRoomFor(pool, needed)) || this.#tryMove(word, room)
  }

  /**
   * Makes an empty block for `capacity` elements, for `replace`. Returns 0 for no elements.
   * @throws ArenaError 'out-of-memory'
   */
  create(capacity: number): number {
    if (capacity === 0) return 0
    const { pool } = this.#views
    const needed = this.#bytesOf(capacity)
    const block = this.#create(pool.tryAlloc, roomFor(pool, needed))
    return block !== 0 ? block : this.#create(pool.alloc, leastRoomFor(pool, needed))
  }

  /** Gives a block from `create` to a list, and frees the block that the list had. */
  replace(word: number, block: number): void {
    this.free(word)
    this.#views.u32[word] = block
  }

  /** Empties the list and frees its block. */
  free(word: number): void {
    const block = this.#blockAt(word)
    if (block === 0) return
    this.#views.u32[word] = 0
    this.freeBlock(block)
  }

  /** Frees a block that no handle word holds. Does nothing for 0. */
  freeBlock(block: number): void {
    this.#views.pool.free(block)
  }

  /** Shortens a list to `length` elements, and frees unused capacity. */
  truncate(word: number, length: number): void {
    this.#setLength(this.#blockAt(word), length)
    this.#shrink(word)
  }

  #shrink(word: number): void {
    const block = this.#blockAt(word)
    const room = this.#roomOf(block)
    const shrunk = shrunkRoom(this.#views.pool, room, this.length(block) << this.#shift)
    if (shrunk === room || this.#tryResize(block, shrunk) || this.#tryMove(word, shrunk)) return
    // There is no memory: the run frees some of its spans, and the list moves into these.
    if (this.#tryResize(block, leastRunRoomFor(shrunk), true)) this.#tryMove(word, shrunk)
  }

  /** Resizes a block in place, or returns false. It can only resize runs of this thread's pool. */
  #tryResize(block: number, room: number, isToBeRun = isRun(room)): boolean {
    const before = this.#roomOf(block)
    if (!isRun(before) || !isToBeRun) return false
    // The recorded capacity never exceeds the actual one.
    if (room < before) this.#setRoom(block, room)
    const isDone = this.#views.pool.tryResize(block, room + PREFIX_BYTE_LENGTH)
    this.#setRoom(block, isDone ? room : before)
    return isDone
  }

  #tryMove(word: number, room: number): boolean {
    const block = this.#create(this.#views.pool.tryAlloc, room)
    return block !== 0 && this.#install(word, block) !== 0
  }

  /** Makes a block for an empty list. Returns 0 if `alloc` is `tryAlloc` and there is no memory. */
  #create(alloc: Pool['alloc'], room: number): number {
    const block = alloc(room + PREFIX_BYTE_LENGTH)
    if (block === 0) return 0
    this.#setLength(block, 0)
    this.#setRoom(block, room)
    return block
  }

  /** Moves the list to a new block, and frees the old one. */
  #install(word: number, block: number): number {
    const before = this.#blockAt(word)
    const length = this.checkedLength(before)
    this.#setLength(block, length)
    this.#views.copyBytes(this.offset(before), this.offset(block), length << this.#shift)
    this.#views.u32[word] = block
    if (before !== 0) this.#views.pool.free(before)
    return block
  }

  #write(block: number, at: number, values: Float64Array, start: number, end: number): void {
    this.#views.storeAll(this.#typeId, this.#firstIndex(block) + at, values, start, end)
    this.#setLength(block, at + end - start)
  }

  #move(block: number, from: number, to: number, count: number): void {
    const shift = this.#shift
    const start = this.offset(block)
    this.#views.copyBytes(start + (from << shift), start + (to << shift), count << shift)
  }

  /** A multiplication, because a shift would wrap at 32 bits. */
  #bytesOf(capacity: number): number {
    return capacity * (1 << this.#shift)
  }

  #blockAt(word: number): number {
    return this.#views.u32[word]
  }

  #firstIndex(block: number): number {
    return (block + PREFIX_BYTE_LENGTH) >> this.#shift
  }

  /**
   * Returns the capacity in bytes; 0 without a block. @throws 'corrupt' if it ends outside the
   * arena
   */
  #roomOf(block: number): number {
    if (block === 0) return 0
    const room = this.#views.u32[(block >> 2) + 1] & -ROOM_STEP
    this.#views.checkPlace('a list', block, room + PREFIX_BYTE_LENGTH)
    return room
  }

  #setRoom(block: number, room: number): void {
    this.#views.u32[(block >> 2) + 1] = room | this.#typeId
  }

  #setLength(block: number, length: number): void {
    if (block !== 0) this.#views.u32[block >> 2] = length
  }
}
