/** The typed arrays that a block can be allocated as, and their numbers in a block header. */
import { builtinClassName } from '../base/builtins.ts'

/** The typed arrays that `allocArray` can make, and that `arena.view` returns. */
// biome-ignore format: a table
export type ElementArray =
  | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array
  | Uint32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array

/** The class of a typed array, such as `Float32Array`. It may be of another realm. */
export interface ElementArrayConstructor<A extends ElementArray = ElementArray> {
  /** How many bytes an element takes. */
  readonly BYTES_PER_ELEMENT: number
  /** Makes a view of `length` elements, from `byteOffset` bytes on. */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

/** Indexed by the element type in a header. Type 0 is untyped, and viewed as bytes. */
// biome-ignore format: a table
export const ELEMENT_TYPES: readonly ElementArrayConstructor[] = [
  Uint8Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array,
  Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
]
const CLASS_NAMES: readonly string[] = ELEMENT_TYPES.map((type) => type.name)
// biome-ignore format: a table
export const ELEMENT_TYPE_NAMES = [
  'untyped', 'i8', 'u8', 'u8c', 'i16', 'u16',
  'i32', 'u32', 'f32', 'f64', 'i64', 'u64',
] as const
/**
 * The element type of a block, as `blocks` lists it. `'f32'` stands for `Float32Array`, `'u8c'` for
 * `Uint8ClampedArray`, and `'untyped'` for a block that `allocArray` did not make.
 */
export type ElementTypeName = (typeof ELEMENT_TYPE_NAMES)[number]

/** The element type of a typed array constructor, of any realm; -1 if a header cannot name it. */
export function typeOf(type: unknown): number {
  // First the types that games use most: a search of ELEMENT_TYPES takes five times as long.
  if (type === Float32Array) return 8
  if (type === Uint32Array) return 7
  if (type === Int32Array) return 6
  const own = ELEMENT_TYPES.indexOf(type as ElementArrayConstructor, 1)
  return own !== -1 ? own : CLASS_NAMES.indexOf(builtinClassName(type) ?? '', 1)
}
