/** The interfaces of variable-length fields, with their docs. */

/** Numbers by index: an array, or any typed array but one of bigints. */
export type Numbers = ArrayLike<number>

/**
 * A list of numbers for each entity, in a block of its own that grows and shrinks with the list.
 *
 * Numbers are converted as a typed array of the element type converts them. An entity without a
 * list, or without the component, reads as if its list were empty. Ids may have versions.
 *
 * A method that changes a list may move the list: an earlier `offset` or `view` is stale then. If
 * the entity has no row, such a method throws StorageError 'invalid-argument'. If it has a row, but
 * lacks the component, the next `sync` frees the list. If memory is out, methods that add elements
 * throw ArenaError 'out-of-memory', and the list is unchanged.
 *
 * If bitECS has reused the id of a removed entity, a write of that id to a weak list
 * may have to sweep all such lists first. While workers run a system, a sweep throws 'group-busy'.
 *
 * While a thread changes an entity's list, no other thread may change or read that list: a list
 * that grows moves, and its old block may be reused at once.
 */
export interface ListField<A = unknown> {
  /** How many elements the list has. */
  length(eid: number): number
  /** How many elements fit before the list has to grow. */
  capacity(eid: number): number
  /** An element. @throws StorageError 'invalid-argument' beyond the length */
  get(eid: number, index: number): number
  /** Overwrites an element. @throws as `get` */
  set(eid: number, index: number, value: number): void
  /** Appends an element. Returns the new length. */
  push(eid: number, value: number): number
  /** Appends elements, also from a view of this list. Returns the new length. */
  append(eid: number, values: Numbers): number
  /** Removes the last element, and returns it; undefined if the list is empty. */
  pop(eid: number): number | undefined
  /** Inserts an element at `index`, from 0 to the length. @throws as `get` */
  insert(eid: number, index: number, value: number): void
  /** Removes and returns an element. The indices of later elements drop by 1. @throws as `get` */
  removeAt(eid: number, index: number): number
  /** Removes an element, and returns it. The last element takes its place. @throws as `get` */
  swapRemoveAt(eid: number, index: number): number
  /** Index of the first element of this value, or -1. Finds NaN. */
  indexOf(eid: number, value: number): number
  /** Replaces the whole list. */
  replace(eid: number, values: Numbers): void
  /** Sets the length; new elements are 0. Keeps the capacity, for lists refilled each frame. */
  resize(eid: number, length: number): void
  /** Makes room for `capacity` elements in all. Removing elements may give the room back. */
  reserve(eid: number, capacity: number): void
  /** Empties the list, and frees its block. */
  clear(eid: number): void
  /** Byte offset of the first element in `arena.buffer`; 0 if the list has no block. */
  offset(eid: number): number
  /** The elements as a typed array over the arena. Makes garbage; `offset` makes none. */
  view(eid: number): A
  /** A copy of the elements. */
  toArray(eid: number): number[]
  /** As `Array.forEach`: skips elements that the callback appends or removes. Makes no garbage. */
  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void
}

/**
 * A text for each entity, as UTF-8 in a block of its own. If the field is interned, equal texts
 * share a block. Lone surrogates become U+FFFD. An entity without a text reads as ''. For threads,
 * the rules of `ListField` hold.
 */
export interface TextField {
  /** Makes a string, unless the text is interned or empty. */
  get(eid: number): string
  /** @throws as the methods of `ListField`; the text is unchanged then */
  set(eid: number, text: string): void
  /** Sets '', and frees the block. */
  clear(eid: number): void
  /** Whether the entity has this text. Makes no garbage. */
  equals(eid: number, text: string): boolean
  /** How many bytes the text takes in UTF-8. */
  byteLength(eid: number): number
  /** Byte offset of the first byte in `arena.buffer`; 0 if the text is empty. */
  offset(eid: number): number
  /** The bytes, over the arena. Do not write those of an interned text. Makes garbage. */
  view(eid: number): Uint8Array
}

/**
 * The id of another entity for each entity, for as long as the other entity lives. bitECS gives the
 * id of a removed entity out again: the storage counts a generation for each id, and keeps it
 * beside the id. Ids may have versions. For threads, the rules of columns hold: any thread may read
 * and write while the world's thread adds and removes no entities.
 */
export interface WeakEidField {
  /**
   * The other entity's id; 0 if there is none, or that entity was removed. So it is while the
   * observers of its removal run. Makes no garbage.
   */
  get(eid: number): number
  /**
   * Refers to another entity: `other` is its id, or 0 for none. If no entity of the storage's
   * worlds has the id, `get` gives 0.
   * @throws StorageError 'invalid-argument' if `eid` has no row, or `other` is no id
   */
  set(eid: number, other: number): void
}

/**
 * The rows of a sparse component. Until the world's thread calls `sync`, no row moves or gets
 * another entity: new rows are appended, and rows whose entities lose the component stay. An
 * attached thread sees changes at once. But after the component has outgrown its columns, the
 * thread sees the rows and columns from just before, until the thread calls `sync`.
 */
export interface ComponentRows {
  /** Rows 0 to count - 1 are in use. */
  readonly count: number
  /**
   * The entity of each row; 0 if this entity has lost the component since the last `sync`. The
   * array is as long as the columns, and is replaced when they are.
   */
  readonly entities: Int32Array
  /** The index of an entity in the columns of the component; -1 if the entity has no row. */
  indexOf(eid: number): number
}
