/**
 * Extensions are parts of a storage: commands, tables, texts and the like. A function or a field
 * makes an extension when it first needs one. So a bundler drops the code of each extension that a
 * game does not use.
 */

/**
 * One extension. The storage calls its methods, and always in the storage's thread except `attach`.
 */
export interface Extension {
  /** A number that changes whenever the result of `manifest` does. */
  readonly version?: number
  /** The byte offsets of the blocks that the extension holds, for `verifyStorage`. */
  readonly blocks?: readonly number[]
  /** Returns members for the storage's `Manifest`, which other threads read. */
  manifest?(): object
  /** Does the extension's part of `storage.sync`. Rows and columns are synced before. */
  sync?(): void
  /** Does the extension's part of `storage.publish`, which runs before workers run a system. */
  publish?(): void
  /** Called after the worlds were reset: there are no entities any more. */
  beginAnew?(): void
  /** Called if bitECS reported the removal of an entity, but the removal failed. */
  keep?(eid: number): void
  /** Does the extension's part of `storage.forget`: adopts what a dead thread has left. */
  adoptChunks?(): void
  /**
   * Called when a slot is detached from the storage.
   * @param word the index of the slot's intern log in the root
   */
  forgetSlot?(word: number, generation: number | undefined): void
  /** Throws if the storage cannot be disposed of now. Changes nothing. */
  checkDispose?(): void
  /** Called after all columns were freed: frees the rest. Does not throw. */
  dispose?(): void
  /**
   * Called in an attached thread at each attachment, so possibly several times: see
   * `InternedTexts`.
   */
  attach?(): void
}

export class Extensions {
  /**
   * All extensions, oldest first. This is an array, because iterating over it in `sync` makes no
   * garbage.
   */
  readonly all: Extension[] = []
  // The extensions with a given method have a list of their own, because V8 makes garbage when it
  // finds that a method is missing.
  readonly synced: Extension[] = []
  readonly published: Extension[] = []
  readonly #versioned: Extension[] = []
  readonly #byMaker = new Map<unknown, object>()

  /**
   * Returns the extension that `make` returns. The first call runs `make(from)`; later calls return
   * the same extension.
   */
  of<C, E extends object>(make: (from: C) => E, from: C): E {
    const found = this.find(make)
    if (found !== undefined) return found
    const made = make(from)
    this.#byMaker.set(make, made)
    this.all.push(made)
    const { sync, publish, version }: Extension = made
    if (sync !== undefined) this.synced.push(made)
    if (publish !== undefined) this.published.push(made)
    if (version !== undefined) this.#versioned.push(made)
    return made
  }

  /**
   * Returns the extension that `make` has made. Returns undefined if `of` was not yet called with
   * `make`.
   */
  find<E extends object>(make: (from: never) => E): E | undefined {
    return this.#byMaker.get(make) as E | undefined
  }

  get version(): number {
    let sum = this.all.length
    for (let i = 0; i < this.#versioned.length; i++) sum += this.#versioned[i].version!
    return sum
  }
}
