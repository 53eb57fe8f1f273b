/** What callers see of variable-length fields: the interfaces, with their docs. */

/** Numbers by index: an array, or a typed array other than those of bigints. */
export type Numbers = ArrayLike<number>

/**
 * A list of numbers for each entity, in a block of its own that grows and shrinks with it.
 *
 * Numbers are stored as the typed array of the element type stores them. An entity that has no list
 * yet, or not the component, has an empty one. Methods take entity ids, versioned ones too.
 *
 * What changes a list may move it: an `offset` or `view` of before is stale then. The component has
 * to have been added before a list can be written: else StorageError 'invalid-argument'. When memory
 * is out, methods that add throw ArenaError 'out-of-memory', and the list is as it was.
 *
 * A list of `t.eid` with `dropRemoved` throws 'group-busy' for an id that was given out again, while
 * workers run a system over the storage: all those lists want a look then.
 *
 * One thread at a time may change an entity's list, and no other may read it meanwhile: what grows has
 * moved, and its old block is another's by then.
 */
export interface ListField<A = unknown> {
  /** How many elements the list has. */
  length(eid: number): number
  /** How many elements it has room for before it has to grow. */
  capacity(eid: number): number
  /** An element; undefined where there is none, as in a typed array. */
  get(eid: number, index: number): number
  /** Writes an element. @throws StorageError 'invalid-argument' where there is none */
  setAt(eid: number, index: number, value: number): void
  /** Puts an element at the end, and gives the new length. */
  push(eid: number, value: number): number
  /** Puts several at the end, which may be the list's own, and gives the new length. */
  append(eid: number, values: Numbers): number
  /** Takes the last element away, and gives it; undefined of an empty list. */
  pop(eid: number): number | undefined
  /**
   * Puts an element before the one at `index`, or at the end if that is the length.
   * @throws StorageError 'invalid-argument'
   */
  insert(eid: number, index: number, value: number): void
  /** Takes an element away, and gives it. Those behind move up. @throws as `setAt` */
  remove(eid: number, index: number): number
  /** Takes an element away, and gives it. The last one takes its place. @throws as `setAt` */
  swapRemove(eid: number, index: number): number
  /** Where the first element of this value is; -1 when none is. NaN is found. */
  indexOf(eid: number, value: number): number
  /** Replaces the whole list. */
  set(eid: number, values: Numbers): void
  /**
   * Cuts the list off, or lengthens it by zeros. Keeps the room it has: `resize(eid, 0)` is for a
   * list that is filled anew each frame.
   */
  resize(eid: number, length: number): void
  /** Makes room for so many elements in all. Removing elements may give it back. */
  reserve(eid: number, capacity: number): void
  /** Empties the list, and frees its block. */
  clear(eid: number): void
  /** Byte offset of the first element in `arena.buffer`; 0 of a list that has no block. */
  offset(eid: number): number
  /** The elements as a typed array over the arena. Makes garbage; `offset` makes none. */
  view(eid: number): A
  /** A copy. */
  toArray(eid: number): number[]
  /**
   * Calls back for each element, as an Array does: callbacks may change the list. Elements that they add
   * behind the last one are not visited, elements that they remove neither. Makes no garbage, if the
   * callback is not made anew for each call.
   */
  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void
}

/**
 * A text for each entity, as UTF-8 in a block of its own; or one for all that have the same text,
 * when interned. Surrogates that are not in pairs become U+FFFD. An entity without one has ''.
 * Threads: as of lists.
 */
export interface TextField {
  /** The text; makes a string, unless it is interned, or empty. */
  get(eid: number): string
  /** @throws as the methods of `ListField`; the text is as it was then */
  set(eid: number, text: string): void
  /** Sets '', and frees the block. */
  clear(eid: number): void
  /** Whether the text is this one. Makes no garbage. */
  equals(eid: number, text: string): boolean
  /** In UTF-8. */
  byteLength(eid: number): number
  /** Byte offset of the first byte in `arena.buffer`; 0 of an empty text. */
  offset(eid: number): number
  /** The bytes, over the arena: of an interned text not to be written. Makes garbage. */
  view(eid: number): Uint8Array
}
