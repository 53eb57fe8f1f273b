/**
 * Branded numbers, and their casts: a function that wants a span index refuses a class index.
 *
 * Half of the bugs of the C allocator that this one descends from mixed up two kinds of offset. The
 * brands exist for the compiler only. At run time all of these are plain small integers.
 */

declare const brand: unique symbol
type Branded<Name extends string> = number & { readonly [brand]: Name }

/** Byte offset of a block's payload from the start of the buffer; callers call it an offset. */
export type PayloadOffset = Branded<'PayloadOffset'>
/** Index of a span, counted from the start of the arena. */
export type SpanIndex = Branded<'SpanIndex'>
/** Index of a size class, or `LARGE_CLASS`. */
export type ClassIndex = Branded<'ClassIndex'>
export type SlotIndex = Branded<'SlotIndex'>

export const asPayloadOffset = (value: number) => value as PayloadOffset
export const asSpanIndex = (value: number) => value as SpanIndex
export const asClassIndex = (value: number) => value as ClassIndex
export const asSlotIndex = (value: number) => value as SlotIndex
