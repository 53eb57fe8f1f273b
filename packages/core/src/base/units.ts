/**
 * Branded numbers, and the only casts of the package.
 *
 * Half of the bugs of the C allocator that this one descends from mixed up two kinds of offset. Here
 * they are different types: a function that wants a span index cannot be given a class index.
 * The brands exist for the compiler only; at run time all of these are plain small integers.
 */

declare const brand: unique symbol
type Branded<Name extends string> = number & { readonly [brand]: Name }

/** Index of a 32-bit word in the Int32Array over the whole buffer: `byteOffset >> 2`. */
export type WordIndex = Branded<'WordIndex'>
/** Byte offset of a block's payload from the start of the buffer; what callers call an offset. */
export type PayloadOffset = Branded<'PayloadOffset'>
/** Index of a span, counted from the start of the arena. */
export type SpanIndex = Branded<'SpanIndex'>
/** Index of a size class, or `LARGE_CLASS`. */
export type ClassIndex = Branded<'ClassIndex'>
/** Index of a slot. */
export type SlotIndex = Branded<'SlotIndex'>

export const asWordIndex = (value: number) => value as WordIndex
export const asPayloadOffset = (value: number) => value as PayloadOffset
export const asSpanIndex = (value: number) => value as SpanIndex
export const asClassIndex = (value: number) => value as ClassIndex
export const asSlotIndex = (value: number) => value as SlotIndex
