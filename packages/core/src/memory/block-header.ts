/**
 * A header: the 8 bytes before a payload. It has a header word and a second word.
 *
 *     -8                -4               0
 *     | header word     | byte length    | payload ...                |  live block
 *     | header word     | next offset    | its last contents          |  free block
 *     | header word     | shifted offset | ...                        |  shifted block
 *
 * The link of a free block lies before its payload. So if a program writes to a freed payload, no
 * list is damaged. In the header word, the alignment is stored as log2 - 4: 0 is the natural
 * alignment of 16 bytes. The bits for red zone and struct are reserved: no code sets them yet.
 *
 *     31   28 27      20 19       16 15          12    11       10     0
 *     | state | arena tag | alignment | element type | red zone | struct |
 */
export const MAX_STRUCT_NUMBER = 0x7ff
/** The bits and shifts of the parts of a header word: see the picture at the top of this file. */
export const HEADER_RED_ZONE = 1 << 11
export const HEADER_TYPE_SHIFT = 12
export const HEADER_ALIGNMENT_SHIFT = 16
export const HEADER_TAG_SHIFT = 20
export const HEADER_STATE_SHIFT = 28

/*
 * The first four bits of a header word hold the state. No state equals the first four bits of a
 * number that games often store: 0, a count, NaN, or a float from 2^-31 to 2^33. So such a number
 * is no valid header.
 */
// The state of an ordinary block. A live and a free block have the same state, and differ by the
// live bit. Live large blocks and live shifted payloads have this state too.
export const BLOCK_PLAIN = 0xa
export const BLOCK_SHIFTED = 0x9 // a block whose second word is the offset of its shifted payload
export const BLOCK_INTERNAL = 0x5 // a block that the library itself holds
export const BLOCK_FREED = 0x6 // a freed large block, or a freed shifted payload

/**
 * Masks the bits for element type, red zone and struct. `realloc` keeps these bits when it moves a
 * block.
 */
export const CONTENTS = 0xffff

/**
 * Returns the header word of an untyped block with natural alignment.
 * @param tag the tag of the arena
 */
export const headerWith = (state: number, tag: number) =>
  (state << HEADER_STATE_SHIFT) | (tag << HEADER_TAG_SHIFT)

/**
 * Returns the state in a header word. Returns 0 if the word is no header of the arena with this
 * tag.
 */
export const stateInHeader = (word: number, tag: number) =>
  ((word >>> HEADER_TAG_SHIFT) & 0xff) === tag ? word >>> HEADER_STATE_SHIFT : 0

/** Returns the element type in a header word, as an index of `ELEMENT_TYPES`. */
export const typeInHeader = (word: number) => (word >>> HEADER_TYPE_SHIFT) & 0xf
/** Returns the alignment in a header word, in bytes. */
export const alignmentInHeader = (word: number) => 16 << ((word >>> HEADER_ALIGNMENT_SHIFT) & 0xf)

/** Returns the bits of a header word for an element type. */
export const typeBits = (type: number) => type << HEADER_TYPE_SHIFT
/** Returns the bits of a header word for an alignment: a power of two from 16 to 4096. */
export const alignmentBits = (alignment: number) =>
  (27 - Math.clz32(alignment)) << HEADER_ALIGNMENT_SHIFT
