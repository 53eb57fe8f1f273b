/** The largest number that fits into the struct bits. */
export const MAX_STRUCT_NUMBER = 0x7ff
/** The parts of a header word: see the picture at the top of this file. */
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
// The state of an ordinary block, both live and free: its live bit says which. Also the state of a
// live large block, and of a live shifted payload.
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
