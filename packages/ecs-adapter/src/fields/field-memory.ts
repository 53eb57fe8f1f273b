/**
 * What the fields of a storage share in one thread. Lists, texts and weak references bring their
 * own parts, which are made when the first field needs them: a storage of scalars has none.
 */
import type { MemoryViews } from '../memory/memory-views.ts'
import type { Worlds } from '../world/worlds.ts'
import { Staging } from './staging.ts'

/** A part of the memory. The storage calls the members that a part has. */
export interface FieldPart {
  /** Another number whenever what attached threads need to know has changed. */
  readonly version?: number
  /** For `verifyStorage`: the blocks that the part holds. */
  readonly blocks?: readonly number[]
  /** `storage.sync()`: rows and columns are synced already. */
  sync?(): void
  /** Before workers run a system. */
  publish?(): void
  /** The worlds were reset: there are no entities. */
  beginAnew?(): void
  /** The removal of an entity was reported, but failed. */
  keep?(eid: number): void
  /** All columns are freed. */
  dispose?(): void
  /** In an attached thread, when it attaches, also again: see `InternedTexts`. */
  attach?(): void
  /** In the world's thread: a slot is detached. @param word index of the slot's log in the root */
  forgetSlot?(word: number, generation: number | undefined): void
}

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
  readonly #parts: FieldPart[] = []
  readonly #byFactory = new Map<unknown, object>()

  constructor(views: MemoryViews, owner?: FieldOwner, logWords?: LogWords) {
    this.views = views
    this.owner = owner
    this.logWords = logWords
  }

  /** The part that a function makes: it is called once. */
  get<P extends object>(create: (memory: FieldMemory) => P): P {
    const found = this.#byFactory.get(create) as P | undefined
    if (found !== undefined) return found
    const part = create(this)
    this.#byFactory.set(create, part)
    this.#parts.push(part)
    return part
  }

  /** The part that a function has made; undefined if it was not called yet. */
  find<P extends object>(create: (memory: FieldMemory) => P): P | undefined {
    return this.#byFactory.get(create) as P | undefined
  }

  /** Another number whenever that of any part is another one. */
  get version(): number {
    let sum = 0
    for (let i = 0; i < this.#parts.length; i++) sum += this.#parts[i].version ?? 0
    return sum
  }

  /** For `verifyStorage`. */
  get blocks(): readonly number[] {
    return this.#parts.flatMap((part) => part.blocks ?? [])
  }

  sync(): void {
    for (let i = 0; i < this.#parts.length; i++) this.#parts[i].sync?.()
  }

  publish(): void {
    for (let i = 0; i < this.#parts.length; i++) this.#parts[i].publish?.()
  }

  beginAnew(): void {
    for (const part of this.#parts) part.beginAnew?.()
  }

  keep(eid: number): void {
    for (const part of this.#parts) part.keep?.(eid)
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose?.()
  }

  attach(): void {
    for (const part of this.#parts) part.attach?.()
  }

  forgetSlot(word: number, generation?: number): void {
    for (const part of this.#parts) part.forgetSlot?.(word, generation)
  }
}
