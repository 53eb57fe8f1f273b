/** Reads and writes one block header. The hot path has copies of `live` and `free` inlined. */
import { builtinClassName } from './builtins.ts'
import {
  BLOCK_FREE,
  BLOCK_LIVE,
  BLOCK_SHIFTED,
  HEADER_ALIGNMENT_SHIFT,
  HEADER_STATE_SHIFT,
  HEADER_TAG_SHIFT,
  HEADER_TYPE_SHIFT,
} from './layout.ts'
import { asClassIndex, type ClassIndex } from './units.ts'

const pattern = (state: number, tag: number) =>
  (state << HEADER_STATE_SHIFT) | (tag << HEADER_TAG_SHIFT)

/** Header word of a live untyped block of class 0 and natural alignment; OR the class in. */
export const livePattern = (tag: number) => pattern(BLOCK_LIVE, tag)
/** Header word of a free block of class 0; OR the class in. */
export const freePattern = (tag: number) => pattern(BLOCK_FREE, tag)
/** Header word of a block of class 0 whose payload is shifted; OR the class in. */
export const shiftedPattern = (tag: number) => pattern(BLOCK_SHIFTED, tag)

/** State and tag, without alignment, type and class. */
export const STATE_AND_TAG = 0xffff_0000 | 0
/** State, tag and alignment: what the hot path compares. */
export const STATE_TAG_ALIGNMENT = 0xffff_f000 | 0

export const classInHeader = (word: number): ClassIndex => asClassIndex(word & 0xff)
export const typeInHeader = (word: number) => (word >>> HEADER_TYPE_SHIFT) & 0xf
export const alignmentInHeader = (word: number) => 16 << ((word >>> HEADER_ALIGNMENT_SHIFT) & 0xf)

export const typeBits = (type: number) => type << HEADER_TYPE_SHIFT
/** The bits for an alignment, a power of two from 16 to 4096. */
export const alignmentBits = (alignment: number) =>
  (27 - Math.clz32(alignment)) << HEADER_ALIGNMENT_SHIFT

/** Every typed array that a header can name; the index is what the header holds. */
export type ElementArray =
  | Uint8Array
  | Int8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

export interface ElementArrayConstructor<A extends ElementArray = ElementArray> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
}

/** By what a header holds; type 0 is untyped, and viewed as bytes. */
export const ELEMENT_TYPES: readonly ElementArrayConstructor[] = [
  Uint8Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]
const CLASS_NAMES: readonly string[] = ELEMENT_TYPES.map((type) => type.name)
export const ELEMENT_TYPE_NAMES = [
  'untyped',
  'i8',
  'u8',
  'u8c',
  'i16',
  'u16',
  'i32',
  'u32',
  'f32',
  'f64',
  'i64',
  'u64',
] as const
export type ElementTypeName = (typeof ELEMENT_TYPE_NAMES)[number]

/** Type of blocks that the library itself holds. */
const PARCEL_TYPE = 15
/** An alignment that there is not: the fast path of free takes no block with it. */
const PARCEL_ALIGNMENT = 15
export const PARCEL_BITS =
  (PARCEL_TYPE << HEADER_TYPE_SHIFT) | (PARCEL_ALIGNMENT << HEADER_ALIGNMENT_SHIFT)
export const isParcel = (word: number) => (word & PARCEL_BITS) === PARCEL_BITS

/**
 * What a header holds for the arrays of a constructor, of any realm; -1 for one that it cannot
 * name.
 */
export function typeOf(type: unknown): number {
  // First what games use most; a search of ELEMENT_TYPES takes five times as long.
  if (type === Float32Array) return 8
  if (type === Uint32Array) return 7
  if (type === Int32Array) return 6
  const own = ELEMENT_TYPES.indexOf(type as ElementArrayConstructor, 1)
  return own !== -1 ? own : CLASS_NAMES.indexOf(builtinClassName(type) ?? '', 1)
}
