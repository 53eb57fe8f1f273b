/**
 * What the fields of a storage share in one thread. Lists, texts and weak references bring their
 * own parts, which are made when the first field needs them: a storage of scalars has none.
 */

import { Extensions } from '../base/extensions.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { Worlds } from '../world/worlds.ts'
import { Staging } from './staging.ts'

/** What fields need of the storage, in the thread of its world. */
export interface FieldOwner {
  readonly worlds: Worlds
  /** Throws while workers run a system. @param what for the message: what cannot be done */
  checkIdle(what: string): void
  /** Frees a block when no other thread can read it any more. */
  retire(offset: number): void
}

/** In an attached thread: words of the storage's root, see `intern-log.ts`. */
export interface LogWords {
  readonly handleWord: number
  readonly serialWord: number
}

/** Where the generations of ids are, see `weak-ids.ts`. */
export interface GenerationsPlace {
  /** Index of the first float in `views.f64`. */
  readonly firstIndex: number
  readonly count: number
  readonly entityMask: number
}

export class FieldMemory {
  readonly views: MemoryViews
  readonly staging = new Staging()
  /** Undefined in attached threads. */
  readonly owner: FieldOwner | undefined
  /** Undefined in the world's thread. */
  readonly logWords: LogWords | undefined
  /** Undefined without weak ids. An attached thread has it from the manifest. */
  generations: GenerationsPlace | undefined
  /** Of the storage, too. */
  readonly extensions = new Extensions()

  constructor(views: MemoryViews, owner?: FieldOwner, logWords?: LogWords) {
    this.views = views
    this.owner = owner
    this.logWords = logWords
  }

  /** The part that a function makes: it is called once. */
  get<P extends object>(create: (memory: FieldMemory) => P): P {
    return this.extensions.of(create, this)
  }

  /** The part that a function has made; undefined if it was not called yet. */
  find<P extends object>(create: (memory: FieldMemory) => P): P | undefined {
    return this.extensions.find(create)
  }
}
