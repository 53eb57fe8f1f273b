/**
 * Views of an arena, with elements of each type. They use the pool of their thread.
 *
 * In V8, `column[row] = 0` in a loop over columns of all types costs 30 ns a column, because V8's
 * inline caches handle only four types. With one statement for each type, it costs 2 ns.
 */
import type { Pool } from '@ashlar/core'
import { corrupt } from '../base/errors.ts'
import type { ScalarArrayConstructor } from '../base/typed-arrays.ts'

/** The array class of each type. The id of a type is its index here. */
const TYPES: readonly ScalarArrayConstructor[] = [
  Float32Array,
  Uint32Array,
  Int32Array,
  Float64Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
  Int8Array,
]

export const typeIdOf = (type: ScalarArrayConstructor) => TYPES.indexOf(type)

/**
 * Typed arrays over the arena's memory. When an unshared WebAssembly.Memory grows, its earlier
 * views become empty. The getters `buffer`, `u32`, `i32`, `f64` and `u8` replace empty views.
 * `load`, `store` and `storeAll` are for loops, and do not check for empty views: call a getter or
 * `renew` before the loop.
 */
export class MemoryViews {
  readonly pool: Pool
  readonly #first: number
  readonly #end: number
  #f32: Float32Array = new Float32Array(0)
  #u32: Uint32Array = new Uint32Array(0)
  #i32: Int32Array = new Int32Array(0)
  #f64: Float64Array = new Float64Array(0)
  #u16: Uint16Array = new Uint16Array(0)
  #i16: Int16Array = new Int16Array(0)
  #u8: Uint8Array = new Uint8Array(0)
  #i8: Int8Array = new Int8Array(0)

  /** @param pool the pool of this thread */
  constructor(pool: Pool) {
    const { byteOffset, byteLength } = pool.arena
    this.pool = pool
    this.#first = byteOffset
    this.#end = byteOffset + byteLength
    this.renew()
  }

  get buffer(): ArrayBufferLike {
    return this.u8.buffer
  }

  /** The arena as unsigned words. The index is byte offset >> 2. */
  get u32(): Uint32Array {
    if (this.#u32[0] === undefined) this.renew()
    return this.#u32
  }

  /** The arena as signed words, for Atomics. The index is byte offset >> 2. */
  get i32(): Int32Array {
    if (this.#i32[0] === undefined) this.renew()
    return this.#i32
  }

  /** The arena as doubles. The index is byte offset >> 3. */
  get f64(): Float64Array {
    if (this.#f64[0] === undefined) this.renew()
    return this.#f64
  }

  get u8(): Uint8Array {
    if (this.isDetached) this.renew()
    return this.#u8
  }

  /**
   * Returns whether the views have become empty. It reads an element, because some engines still
   * report the old length.
   */
  get isDetached(): boolean {
    return this.#u8[0] === undefined
  }

  renew(): void {
    const { f32, u32, i32, f64, u16, i16, u8, i8 } = this.pool.arena
    this.#f32 = f32
    this.#u32 = u32
    this.#i32 = i32
    this.#f64 = f64
    this.#u16 = u16
    this.#i16 = i16
    this.#u8 = u8
    this.#i8 = i8
  }

  /**
   * Checks an offset that was read from the arena, because its word may have been overwritten.
   * @param what words for the error message
   * @throws StorageError 'corrupt' if no block of this length can be there
   */
  checkPlace(what: string, offset: number, byteLength: number): void {
    const isAligned = (offset & 15) === 0 && byteLength >= 0
    if (isAligned && offset >= this.#first && offset + byteLength <= this.#end) return
    throw corrupt(`the block of ${what}`, offset, `one in the arena, of ${byteLength} bytes`)
  }

  load(typeId: number, index: number): number {
    switch (typeId) {
      case 0:
        return this.#f32[index]
      case 1:
        return this.#u32[index]
      case 2:
        return this.#i32[index]
      case 3:
        return this.#f64[index]
      case 4:
        return this.#u16[index]
      case 5:
        return this.#i16[index]
      case 6:
        return this.#u8[index]
      default:
        return this.#i8[index]
    }
  }

  store(typeId: number, index: number, value: number): void {
    switch (typeId) {
      case 0:
        this.#f32[index] = value
        return
      case 1:
        this.#u32[index] = value
        return
      case 2:
        this.#i32[index] = value
        return
      case 3:
        this.#f64[index] = value
        return
      case 4:
        this.#u16[index] = value
        return
      case 5:
        this.#i16[index] = value
        return
      case 6:
        this.#u8[index] = value
        return
      default:
        this.#i8[index] = value
    }
  }

  /**
   * Writes values[start] to values[end - 1]. Element `index` gets the first of them. (Engines that
   * do not inline `store` would allocate memory for each fraction.)
   */
  storeAll(typeId: number, index: number, values: Float64Array, start: number, end: number): void {
    const shift = index - start
    switch (typeId) {
      case 0:
        for (let i = start; i < end; i++) this.#f32[shift + i] = values[i]
        return
      case 1:
        for (let i = start; i < end; i++) this.#u32[shift + i] = values[i]
        return
      case 2:
        for (let i = start; i < end; i++) this.#i32[shift + i] = values[i]
        return
      case 3:
        for (let i = start; i < end; i++) this.#f64[shift + i] = values[i]
        return
      case 4:
        for (let i = start; i < end; i++) this.#u16[shift + i] = values[i]
        return
      case 5:
        for (let i = start; i < end; i++) this.#i16[shift + i] = values[i]
        return
      case 6:
        for (let i = start; i < end; i++) this.#u8[shift + i] = values[i]
        return
      default:
        for (let i = start; i < end; i++) this.#i8[shift + i] = values[i]
    }
  }

  /** Copies bytes from one offset to another. The two ranges may overlap. */
  copyBytes(from: number, to: number, byteLength: number): void {
    this.u8.copyWithin(to, from, from + byteLength)
  }

  zeroBytes(from: number, to: number): void {
    this.u8.fill(0, from, to)
  }
}
