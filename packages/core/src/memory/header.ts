/** The fields of a block's header word. */
import { builtinClassName } from '../base/builtins.ts'
import {
  BLOCK_FREED,
  BLOCK_INTERNAL,
  BLOCK_PLAIN,
  BLOCK_SHIFTED,
  HEADER_ALIGNMENT_SHIFT,
  HEADER_STATE_SHIFT,
  HEADER_TAG_SHIFT,
  HEADER_TYPE_SHIFT,
} from '../base/layout.ts'

const pattern = (state: number) => (tag: number) =>
  (state << HEADER_STATE_SHIFT) | (tag << HEADER_TAG_SHIFT)

/** Header word of an untyped block with natural alignment. */
export const plainPattern = pattern(BLOCK_PLAIN)
/** Header word of a block whose payload is shifted. */
export const shiftedPattern = pattern(BLOCK_SHIFTED)
/** Header word of a block that the library itself holds. */
export const internalPattern = pattern(BLOCK_INTERNAL)
/** Header word of a freed large block, or of a freed shifted payload. */
export const freedPattern = pattern(BLOCK_FREED)

/** State and tag, without the fields about the contents. */
export const STATE_AND_TAG = 0xfff0_0000 | 0
/** Element type, red zone and struct: they stay when a block moves. */
export const CONTENTS = 0xffff

export const isInternal = (tag: number, word: number) =>
  (word & STATE_AND_TAG) === internalPattern(tag)

export const typeInHeader = (word: number) => (word >>> HEADER_TYPE_SHIFT) & 0xf
export const alignmentInHeader = (word: number) => 16 << ((word >>> HEADER_ALIGNMENT_SHIFT) & 0xf)

export const typeBits = (type: number) => type << HEADER_TYPE_SHIFT
/** The bits for an alignment, a power of two from 16 to 4096. */
export const alignmentBits = (alignment: number) =>
  (27 - Math.clz32(alignment)) << HEADER_ALIGNMENT_SHIFT

/** Every typed array that a header can name. */
// biome-ignore format: a table
export type ElementArray =
  | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array
  | Uint32Array | Float32Array | Float64Array | BigInt64Array | BigUint64Array

export interface ElementArrayConstructor<A extends ElementArray = ElementArray> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

/** By the type in a header; type 0 is untyped, and viewed as bytes. */
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
export type ElementTypeName = (typeof ELEMENT_TYPE_NAMES)[number]

/** The type in a header for arrays of a constructor, of any realm; -1 if it cannot name them. */
export function typeOf(type: unknown): number {
  // The types that games use most; a search of ELEMENT_TYPES takes five times as long.
  if (type === Float32Array) return 8
  if (type === Uint32Array) return 7
  if (type === Int32Array) return 6
  const own = ELEMENT_TYPES.indexOf(type as ElementArrayConstructor, 1)
  return own !== -1 ? own : CLASS_NAMES.indexOf(builtinClassName(type) ?? '', 1)
}
