/**
 * Parts of a storage that are made when a function first needs them: commands, tables, packing and
 * the like. A bundler drops the code of a part if no function that needs it is called.
 */
import type { Manifest } from './manifest.ts'

/** All members are optional, and called in the thread of the storage's worlds. */
export interface Extension {
  /** Changes whenever `manifest` does. */
  readonly version?: number
  /** What other threads find in the manifest of the storage. */
  manifest?(): Partial<Manifest>
  /** A part of `storage.sync`: when all rows are synced, and before they are published. */
  sync?(): void
  /** A part of `storage.publish`. */
  publish?(): void
  /** The worlds were reset: subscribes to them anew. */
  beginAnew?(): void
  /** The removal of an entity was reported, but failed. */
  keep?(eid: number): void
  /** A thread has died: see `storage.forget`. May be called twice for one thread. */
  forget?(slot: number, generation: number | undefined): void
  /** Throws if the storage cannot be disposed of. Changes nothing. */
  checkDispose?(): void
  /** Frees everything, when all rows are freed already. Does not throw. */
  dispose?(): void
}

/** Makes an extension of a storage. The function also identifies the extension. */
export type ExtensionMaker<C, E extends Extension> = (storage: C) => E

/** @typeParam C what extensions are made from */
export class Extensions<C> {
  /** In the order in which they were made. An array, so that `sync` makes no garbage. */
  readonly all: Extension[] = []
  readonly #byMaker = new Map<unknown, Extension>()
  readonly #storage: C

  constructor(storage: C) {
    this.#storage = storage
  }

  /** The extension that `make` has made for this storage, if any. */
  find<E extends Extension>(make: ExtensionMaker<C, E>): E | undefined {
    return this.#byMaker.get(make) as E | undefined
  }

  /** The extension that `make` makes, when it is asked for first. */
  of<E extends Extension>(make: ExtensionMaker<C, E>): E {
    const found = this.find(make)
    if (found !== undefined) return found
    const made = make(this.#storage)
    this.#byMaker.set(make, made)
    this.all.push(made)
    return made
  }

  get version(): number {
    let sum = this.all.length
    for (let i = 0; i < this.all.length; i++) sum += this.all[i].version ?? 0
    return sum
  }
}
