/** The public interfaces of variable-length fields. */

/** Numbers in an array, or in a typed array of any type but bigints. */
export type Numbers = ArrayLike<number>

/**
 * The lists of one field: one list of numbers for each entity. Each list lies in a block of its
 * own, which grows and shrinks with the list. Numbers are converted as in a typed array of the
 * element type.
 *
 * ```ts
 * const Path = storage.component('Path', { points: t.list(t.f32) })
 * addComponent(world, eid, Path)
 * Path.points.push(eid, 2.5)
 * ```
 *
 * - All methods take an entity id first. Ids may have versions.
 * - If an entity has no list or lacks the component, its list reads as empty.
 * - A method that changes a list may move it. Then read `offset` and `view` again.
 * - If an entity has no row, methods that change its list throw StorageError 'invalid-argument'. If
 *   it has a row but lacks the component, the next `sync` frees the list.
 * - If there is no memory, methods that add elements throw ArenaError 'out-of-memory', and the list
 *   is unchanged.
 * - While a thread changes the list of an entity, no other thread may read or change that list. The
 *   list may move, and its old memory may be reused at once.
 * - If you write a reused entity id to a weak list, the storage may have to check all weak lists
 *   first. While workers run a system, the call then throws StorageError 'group-busy'.
 */
export interface ListField<A = unknown> {
  /** Returns how many elements the list has. */
  length(eid: number): number
  /** Returns how many elements fit before the list must grow. */
  capacity(eid: number): number
  /**
   * Returns an element.
   * @throws StorageError 'invalid-argument' if the index is not below the length
   */
  get(eid: number, index: number): number
  /**
   * Overwrites an element.
   * @throws StorageError 'invalid-argument' if the index is not below the length
   */
  set(eid: number, index: number, value: number): void
  /** Adds an element at the end, and returns the new length. */
  push(eid: number, value: number): number
  /** Adds elements at the end, and returns the new length. `values` may be a view of this list. */
  append(eid: number, values: Numbers): number
  /** Removes the last element, and returns it. Returns undefined if the list is empty. */
  pop(eid: number): number | undefined
  /**
   * Inserts an element at `index`. Later elements move up by 1.
   * @throws StorageError 'invalid-argument' if the index is above the length
   */
  insert(eid: number, index: number, value: number): void
  /**
   * Removes an element, and returns it. Later elements move down by 1.
   * @throws StorageError 'invalid-argument' if the index is not below the length
   */
  removeAt(eid: number, index: number): number
  /**
   * Removes an element, and returns it. The last element takes its place.
   * @throws StorageError 'invalid-argument' if the index is not below the length
   */
  swapRemoveAt(eid: number, index: number): number
  /** Returns the index of the first element with this value, or -1. It finds NaN too. */
  indexOf(eid: number, value: number): number
  /** Replaces all elements. */
  replace(eid: number, values: Numbers): void
  /**
   * Changes the length. New elements are 0. The capacity stays, which suits a list that you fill
   * anew each frame.
   */
  resize(eid: number, length: number): void
  /**
   * Grows the list's capacity to at least `capacity` elements in total. The list may shrink its
   * capacity when you remove elements.
   */
  reserve(eid: number, capacity: number): void
  /** Removes all elements, and frees the block. */
  clear(eid: number): void
  /**
   * Returns the byte offset of the first element in `arena.buffer`. Returns 0 if the list has no
   * block.
   */
  offset(eid: number): number
  /** Makes a typed array over the elements. Each call makes garbage; `offset` makes none. */
  view(eid: number): A
  /** Returns a copy of the elements. */
  toArray(eid: number): number[]
  /**
   * Calls `callback` with each element, like `Array.forEach`, and makes no garbage. It skips
   * elements that the callback adds or removes.
   */
  forEach(eid: number, callback: (value: number, index: number, eid: number) => void): void
}

/**
 * The texts of one field: one text for each entity, stored as UTF-8 in a block. If the field is
 * interned, equal texts share a block. A lone surrogate becomes U+FFFD. If an entity has no text,
 * its text reads as ''.
 *
 * While a thread changes the text of an entity, no other thread may read or change that text.
 */
export interface TextField {
  /** Returns the text. The call makes a string, unless the text is interned or empty. */
  get(eid: number): string
  /**
   * Replaces the text. If the call throws, the text is unchanged.
   * @throws StorageError 'invalid-argument' if the entity has no row, or `text` is no string;
   * ArenaError 'out-of-memory'
   */
  set(eid: number, text: string): void
  /** Sets the text to '', and frees the block. */
  clear(eid: number): void
  /** Returns whether the entity has this text. The call makes no garbage. */
  equals(eid: number, text: string): boolean
  /** Returns how many bytes the text takes in UTF-8. */
  byteLength(eid: number): number
  /** Returns the byte offset of the text in `arena.buffer`. Returns 0 if the text is empty. */
  offset(eid: number): number
  /**
   * Makes a typed array over the bytes of the text. Do not write to an interned text: other
   * entities share it.
   */
  view(eid: number): Uint8Array
}

/**
 * The weak references of one field: for each entity, the id of another entity. Once the other
 * entity is gone, the reference reads 0, even if bitECS has given its id to a new entity. Ids may
 * have versions.
 *
 * Any thread may read and write while the world's thread adds and removes no entities.
 */
export interface WeakEidField {
  /**
   * Returns the id of the other entity. Returns 0 if there is none, or if that entity was removed.
   * It is 0 already while the observers of that removal run. The call makes no garbage.
   */
  get(eid: number): number
  /**
   * Refers to another entity.
   * @param other its id, or 0 for no entity. If the worlds of the storage have no such entity,
   * `get` returns 0
   * @throws StorageError 'invalid-argument' if `eid` has no row, or `other` is no id
   */
  set(eid: number, other: number): void
}

/**
 * The rows of a sparse component. Rows do not move before the world's thread calls
 * `storage.sync()`. Until then, new rows are added at the end. If an entity loses the component,
 * its row stays, and `entities` holds 0 for the row.
 *
 * An attached thread sees changes immediately, with one exception. If the columns had to grow, an
 * attached thread sees the old columns until that thread calls `sync` itself.
 */
export interface ComponentRows {
  /** How many rows are in use. Their indices are 0 to `count - 1`. */
  readonly count: number
  /**
   * The entity of each row. It is 0 if the entity has lost the component since the last `sync`. The
   * array is as long as the columns. When they are replaced, it is replaced too.
   */
  readonly entities: Int32Array
  /**
   * Returns the row of an entity, which is its index in the columns. Returns -1 if the entity has
   * no row.
   */
  indexOf(eid: number): number
}
