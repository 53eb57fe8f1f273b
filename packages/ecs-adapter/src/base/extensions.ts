/**
 * Parts of a storage that are made when a function or a field first needs them: commands, tables,
 * texts and the like. A bundler drops the code of a part that nothing of a game needs.
 */

/** The members that an extension has are called in its storage's thread. */
export interface Extension {
  /** Changes whenever `manifest` does. */
  readonly version?: number
  /** For `verifyStorage`: the blocks that the extension holds. */
  readonly blocks?: readonly number[]
  /** Members of the storage's `Manifest`, for other threads. */
  manifest?(): object
  /** A part of `storage.sync`: rows and columns are synced already. */
  sync?(): void
  /** A part of `storage.publish`, which comes before workers run a system. */
  publish?(): void
  /** The worlds were reset: there are no entities. */
  beginAnew?(): void
  /** The removal of an entity was reported, but failed. */
  keep?(eid: number): void
  /** A part of `storage.forget`: takes over what a thread that died has left. */
  adoptChunks?(): void
  /** A slot is detached from the storage. @param word index of the slot's log in the root */
  forgetSlot?(word: number, generation: number | undefined): void
  /** Throws if the storage cannot be disposed of. Changes nothing. */
  checkDispose?(): void
  /** All columns are freed. Frees the rest. Does not throw. */
  dispose?(): void
  /** In an attached thread, when it attaches, also again: see `InternedTexts`. */
  attach?(): void
}

export class Extensions {
  /** In the order in which they were made. An array, so that `sync` makes no garbage. */
  readonly all: Extension[] = []
  // Those that have a member: V8 makes garbage where it finds that a member is missing.
  readonly synced: Extension[] = []
  readonly published: Extension[] = []
  readonly #versioned: Extension[] = []
  readonly #byMaker = new Map<unknown, object>()

  /** The extension that a function makes: it is called once, with `from`. */
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

  /** The extension that a function has made; undefined if it was not called yet. */
  find<E extends object>(make: (from: never) => E): E | undefined {
    return this.#byMaker.get(make) as E | undefined
  }

  get version(): number {
    let sum = this.all.length
    for (let i = 0; i < this.#versioned.length; i++) sum += this.#versioned[i].version!
    return sum
  }
}
