/**
 * Branded numbers: a function that takes a span index does not accept a class index.
 *
 * In the C allocator from which this package descends, half of the bugs came from mixing up two
 * kinds of offset. Brands exist only for the compiler.
 */

declare const brand: unique symbol
/** A number that TypeScript distinguishes by `Name`. */
type Branded<Name extends string> = number & { readonly [brand]: Name }

/**
 * The byte offset of a block's payload from the start of the buffer. The API calls it an offset.
 */
export type PayloadOffset = Branded<'PayloadOffset'>
/** The index of a span. Span 0 is at the start of the arena. */
export type SpanIndex = Branded<'SpanIndex'>
/** The index of a size class, or `LARGE_CLASS` for large blocks. */
export type ClassIndex = Branded<'ClassIndex'>
/** The index of a slot in its arena. */
export type SlotIndex = Branded<'SlotIndex'>
