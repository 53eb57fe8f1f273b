/** The interfaces of variable-length fields, with their docs. */

/** Numbers by index: an array, or a typed array other than those of bigints. */
export type Numbers = ArrayLike<number>

/**
 * A list of numbers for each entity, in a block of its own that grows and shrinks with it.
 *
 * Numbers are converted as by the typed array of the element type. An entity without a list, or
 * without the component, has an empty one. Methods take entity ids, also versioned ones.
 *
 * A method that changes a list may move it: an earlier `offset` or `view` is stale then. Add the
 * component before you write a list, else StorageError 'invalid-argument'. When memory is out,
 * methods that add elements throw ArenaError 'out-of-memory', and the list is unchanged.
 *
 * In a list of `t.eid` with `dropRemoved`, an id that was reused after a removal needs a sweep of
 * all such lists: while workers run a system over the storage, writing it throws 'group-busy'.
 *
 * While a thread changes the list of an entity, no other thread may change or read it: a list that
 * grows moves, and its old block may be reused at once.
 */
export interface ListField<A = unknown> {
  /** How many elements the list has. */
  length(eid: number): number
  /** How many elements fit before the list has to grow. */
  capacity(eid: number): number
  /** An element; undefined beyond the length, as in a typed array. */
  get(eid: number, index: number): number
  /** Overwrites an element. @throws StorageError 'invalid-argument' beyond the length */
  setAt(eid: number, index: number, value: number): void
  /** Appends an element. Returns the new length. */
  push(eid: number, value: number): number
  /** Appends elements, which may be the list's own. Returns the new length. */
  append(eid: number, values: Numbers): number
  /** Removes the last element, and returns it; undefined if the list is empty. */
  pop(eid: number): number | undefined
  /** Inserts an element before `index`, at most the length. @throws as `setAt` */
  insert(eid: number, index: number, value: number): void
  /** Removes an element, and returns it. Later elements move up. @throws as `setAt` */
  remove(eid: number, index: number): number
  /** Removes an element, and returns it. The last one takes its place. @throws as `setAt` */
  swapRemove(eid: number, index: number): number
  /** Index of the first element of this value, or -1. Finds NaN. */
  indexOf(eid: number, value: number): number
  /** Replaces the whole list. */
  set(eid: number, values: Numbers): void
  /** Sets the length; new elements are 0. Keeps the capacity, for lists filled anew each frame. */
  resize(eid: number, length: number): void
  /** Makes room for so many elements in all. Removing elements may give it back. */
  reserve(eid: number, capacity: number): void
  /** Empties the list, and frees its block. */
  clear(eid: number): void
  /** Byte offset of the first element in `arena.buffer`; 0 if the list has no block. */
  offset(eid: number): number
  /** The elements as a typed array over the arena. Makes garbage; `offset` makes none. */
  view(eid: number): A
  /** A copy. */
  toArray(eid: number): number[]
  /** As of an Array. Does not visit elements that callbacks append or remove. Makes no garbage. */
  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void
}

/**
 * A text for each entity, as UTF-8 in a block of its own. Interned, equal texts share a block.
 * Surrogates that are not in pairs become U+FFFD. An entity without a text has ''. The rules for
 * threads are those of lists.
 */
export interface TextField {
  /** Makes a string, unless the text is interned or empty. */
  get(eid: number): string
  /** @throws as the methods of `ListField`; the text is unchanged then */
  set(eid: number, text: string): void
  /** Sets '', and frees the block. */
  clear(eid: number): void
  /** Makes no garbage. */
  equals(eid: number, text: string): boolean
  /** In UTF-8. */
  byteLength(eid: number): number
  /** Byte offset of the first byte in `arena.buffer`; 0 if the text is empty. */
  offset(eid: number): number
  /** The bytes, over the arena. Do not write those of an interned text. Makes garbage. */
  view(eid: number): Uint8Array
}
