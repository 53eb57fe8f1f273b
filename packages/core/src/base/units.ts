/**
 * Branded numbers, and their casts: a function that wants a span index refuses a class index.
 *
 * Half of the bugs of the C allocator that this one descends from mixed up two kinds of offset. The
 * brands exist for the compiler only: bundlers remove the casts, which are functions for that.
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

export function asPayloadOffset(value: number): PayloadOffset {
  return value as PayloadOffset
}
export function asSpanIndex(value: number): SpanIndex {
  return value as SpanIndex
}
export function asClassIndex(value: number): ClassIndex {
  return value as ClassIndex
}
export function asSlotIndex(value: number): SlotIndex {
  return value as SlotIndex
}
