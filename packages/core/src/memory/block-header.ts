/**
 * The 8 bytes before a payload: a header word, and a second word.
 *
 *     -8                -4               0
 *     | header word     | byte length    | payload ...                |  live block
 *     | header word     | next offset    | its last contents          |  free block
 *     | header word     | shifted offset | ...                        |  shifted block
 *
 * The link of a free block lies before its payload, so a write after free damages no list. In the
 * header word, the alignment is stored as log2 - 4: 0 is the natural alignment of 16 bytes. The red
 * zone and struct are reserved: nothing sets these bits yet.
 *
 *     31   28 27      20 19       16 15          12    11       10     0
 *     | state | arena tag | alignment | element type | red zone | struct |
 */
export const MAX_STRUCT_NUMBER = 0x7ff
export const HEADER_RED_ZONE = 1 << 11
export const HEADER_TYPE_SHIFT = 12
export const HEADER_ALIGNMENT_SHIFT = 16
export const HEADER_TAG_SHIFT = 20
export const HEADER_STATE_SHIFT = 28

/*
 * A number that games store is no valid header: no state equals the first four bits of 0, a count,
 * NaN, or a float from 2^-31 to 2^33.
 */
// Of ordinary blocks, live or free: see the live bit. Of live large blocks and shifted payloads.
export const BLOCK_PLAIN = 0xa
export const BLOCK_SHIFTED = 0x9 // the aligned payload begins at the offset in the second word
export const BLOCK_INTERNAL = 0x5 // held by the library itself
export const BLOCK_FREED = 0x6 // a large block or shifted payload that was freed

/** Element type, red zone and struct: `realloc` keeps these bits when it moves a block. */
export const CONTENTS = 0xffff

/** Header word of an untyped block with natural alignment. */
export const headerWith = (state: number, tag: number) =>
  (state << HEADER_STATE_SHIFT) | (tag << HEADER_TAG_SHIFT)

/** The state in a header word; 0 if the word is no header of the arena that has this tag. */
export const stateInHeader = (word: number, tag: number) =>
  ((word >>> HEADER_TAG_SHIFT) & 0xff) === tag ? word >>> HEADER_STATE_SHIFT : 0

export const typeInHeader = (word: number) => (word >>> HEADER_TYPE_SHIFT) & 0xf
export const alignmentInHeader = (word: number) => 16 << ((word >>> HEADER_ALIGNMENT_SHIFT) & 0xf)

export const typeBits = (type: number) => type << HEADER_TYPE_SHIFT
/** The bits for an alignment, a power of two from 16 to 4096. */
export const alignmentBits = (alignment: number) =>
  (27 - Math.clz32(alignment)) << HEADER_ALIGNMENT_SHIFT
