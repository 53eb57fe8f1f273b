/**
 * Lists the typed arrays that a block can be allocated as, with their numbers in a block header.
 */
import { builtinClassName } from '../base/builtins.ts'

/** A typed array that `allocArray` can make, and that `arena.view` can return. */
// biome-ignore format: a table
export type ElementArray =
  | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array
  | Uint32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array

/** The class of a typed array, such as `Float32Array`. The class may come from another realm. */
export interface ElementArrayConstructor<A extends ElementArray = ElementArray> {
  /** The length of an element in bytes. */
  readonly BYTES_PER_ELEMENT: number
  /**
   * Makes a typed array of `length` elements over `buffer`. The array begins `byteOffset` bytes
   * after the start of the buffer.
   */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

/**
 * The class for each element type in a header. Type 0 means untyped; such a block is viewed as
 * bytes.
 */
// biome-ignore format: a table
export const ELEMENT_TYPES: readonly ElementArrayConstructor[] = [
  Uint8Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array,
  Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
]
/** The name of each class in `ELEMENT_TYPES`. */
const CLASS_NAMES: readonly string[] = ELEMENT_TYPES.map((type) => type.name)
/** The short name of each class in `ELEMENT_TYPES`. */
// biome-ignore format: a table
export const ELEMENT_TYPE_NAMES = [
  'untyped', 'i8', 'u8', 'u8c', 'i16', 'u16',
  'i32', 'u32', 'f32', 'f64', 'i64', 'u64',
] as const
/**
 * The element type of a block, as `blocks` lists it. For example, `'f32'` stands for
 * `Float32Array`, and `'u8c'` for `Uint8ClampedArray`. If `allocArray` did not make the block, the
 * type is `'untyped'`.
 */
export type ElementTypeName = (typeof ELEMENT_TYPE_NAMES)[number]

/**
 * Returns the element type of a typed array constructor of any realm. Returns -1 if no element type
 * exists for the value.
 */
export function typeOf(type: unknown): number {
  // The types that games use most come first, because a search of ELEMENT_TYPES takes five times as
  // long.
  if (type === Float32Array) return 8
  if (type === Uint32Array) return 7
  if (type === Int32Array) return 6
  const own = ELEMENT_TYPES.indexOf(type as ElementArrayConstructor, 1)
  return own !== -1 ? own : CLASS_NAMES.indexOf(builtinClassName(type) ?? '', 1)
}
