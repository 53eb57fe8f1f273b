/**
 * The parts that the fields of a storage share in one thread. Lists, texts and weak references have
 * parts of their own. Each is made when the first field needs it, so a storage of scalars has none.
 */

import { Extensions } from '../base/extensions.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { Worlds } from '../world/worlds.ts'
import { Staging } from './staging.ts'

/** The methods of the storage that fields call, in the thread of its world. */
export interface FieldOwner {
  readonly worlds: Worlds
  /** Throws while workers run a system. @param what the refused action, for the message */
  checkIdle(what: string): void
  /** Frees a block when no other thread can read it any more. */
  retire(offset: number): void
}

/** The words of an attached thread's intern log in the storage's root: see `intern-log.ts`. */
export interface LogWords {
  readonly handleWord: number
  readonly serialWord: number
}

/** Where the generations of ids are, see `weak-ids.ts`. */
export interface GenerationsPlace {
  /** The index of the first float in `views.f64`. */
  readonly firstIndex: number
  readonly count: number
  readonly entityMask: number
}

export class FieldMemory {
  readonly views: MemoryViews
  readonly staging = new Staging()
  /** The storage; undefined in attached threads. */
  readonly owner: FieldOwner | undefined
  /** The words of the intern log; undefined in the world's thread. */
  readonly logWords: LogWords | undefined
  /**
   * The place of the generations. It is undefined without weak ids. An attached thread reads it
   * from the manifest.
   */
  generations: GenerationsPlace | undefined
  /** The extensions of fields, which are also those of the storage. */
  readonly extensions = new Extensions()

  constructor(views: MemoryViews, owner?: FieldOwner, logWords?: LogWords) {
    this.views = views
    this.owner = owner
    this.logWords = logWords
  }

  /** Returns the part that `create` returns. The first call makes it. */
  get<P extends object>(create: (memory: FieldMemory) => P): P {
    return this.extensions.of(create, this)
  }

  /**
   * Returns the part that `create` has made. Returns undefined if there was no call of `get` with
   * `create`.
   */
  find<P extends object>(create: (memory: FieldMemory) => P): P | undefined {
    return this.extensions.find(create)
  }
}
