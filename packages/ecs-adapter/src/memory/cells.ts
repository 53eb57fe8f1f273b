/**
 * Reads and writes one element of any type, by its index in the buffer.
 *
 * `column[row] = 0` in a loop over columns of all types costs V8 30 ns a column, for its inline
 * caches give up at five types. A place in the code for each type costs 2 ns.
 */
import type { Pool } from '@ashlar/core'
import type { ScalarArrayConstructor } from '../schema/schema.ts'

/** A type's id is its place here. */
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
 * The buffer of an arena as elements of each type. When a WebAssembly.Memory grows, the views of before are
 * empty. `buffer`, `words`, `signedWords` and `bytes` are those of now, always. `load` and `store`, which are
 * for loops, look at nothing: whoever calls them has asked for one of these, or `renew`ed, before.
 */
export class Cells {
  readonly #pool: Pool
  #f32: Float32Array = new Float32Array(0)
  #u32: Uint32Array = new Uint32Array(0)
  #i32: Int32Array = new Int32Array(0)
  #f64: Float64Array = new Float64Array(0)
  #u16: Uint16Array = new Uint16Array(0)
  #i16: Int16Array = new Int16Array(0)
  #u8: Uint8Array = new Uint8Array(0)
  #i8: Int8Array = new Int8Array(0)

  constructor(pool: Pool) {
    this.#pool = pool
    this.#takeUp()
  }

  get buffer(): ArrayBufferLike {
    return this.bytes.buffer
  }

  /** The buffer as words, by byte offset >> 2. */
  get words(): Uint32Array {
    this.renew()
    return this.#u32
  }

  /** The buffer as signed words, for Atomics. */
  get signedWords(): Int32Array {
    this.renew()
    return this.#i32
  }

  /** The buffer as bytes. */
  get bytes(): Uint8Array {
    this.renew()
    return this.#u8
  }

  /** Whether the buffer is gone. By an element, as core has it: the length may be that of before. */
  get isDetached(): boolean {
    return this.#u8[0] === undefined
  }

  /** Takes up the present buffer, if it is another one. */
  renew(): void {
    if (this.isDetached) this.#takeUp()
  }

  #takeUp(): void {
    const { arena } = this.#pool
    this.#f32 = arena.f32
    this.#u32 = arena.u32
    this.#i32 = arena.i32
    this.#f64 = arena.f64
    this.#u16 = arena.u16
    this.#i16 = arena.i16
    this.#u8 = arena.u8
    this.#i8 = arena.i8
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
   * Writes values[start..end] from an index on. By `store` for each, an engine that does not inline
   * that makes a box for every fraction.
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

  /** Copies bytes; where they came from and where they go may overlap. */
  copyBytes(from: number, to: number, byteLength: number): void {
    this.bytes.copyWithin(to, from, from + byteLength)
  }

  zeroBytes(from: number, to: number): void {
    this.bytes.fill(0, from, to)
  }
}
