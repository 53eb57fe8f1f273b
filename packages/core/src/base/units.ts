/**
 * Branded numbers: a function that takes a span index refuses a class index.
 *
 * Half of the bugs of the C allocator that this package descends from mixed up two kinds of offset.
 * Brands exist for the compiler only.
 */

declare const brand: unique symbol
type Branded<Name extends string> = number & { readonly [brand]: Name }

/** Byte offset of a block's payload from the start of the buffer; the API calls it an offset. */
export type PayloadOffset = Branded<'PayloadOffset'>
/** Index of a span, counted from the start of the arena. */
export type SpanIndex = Branded<'SpanIndex'>
/** Index of a size class, or `LARGE_CLASS`. */
export type ClassIndex = Branded<'ClassIndex'>
export type SlotIndex = Branded<'SlotIndex'>
