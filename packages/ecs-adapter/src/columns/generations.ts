/** Weak ids in the thread of a world. This thread counts the generations of all ids. */
import type { Query } from 'bitecs'
import type { Extension } from '../base/extensions.ts'
import type { FieldMemory, FieldOwner } from '../fields/field-memory.ts'
import { ScalarCode } from '../schema/scalar-code.ts'
import { Field } from '../schema/schema.ts'
import type { Manifest } from '../shared/manifest.ts'
import { membersOf, onEnter, onLeave, registerEveryone } from '../world/bitecs-internals.ts'
import { GrowingColumns } from './column-growth.ts'
import { WeakIds } from './weak-ids.ts'

const FIRST_COUNT = 1024
const GENERATION_LIMIT = 2 ** 21

/** The block of all generations. It grows like a column of numbers. */
class GenerationColumn extends GrowingColumns {
  readonly #memory: FieldMemory
  readonly #owner: FieldOwner

  /** @throws ArenaError 'out-of-memory'; then nothing is allocated */
  constructor(memory: FieldMemory, owner: FieldOwner) {
    const fields = [new Field('generation', new ScalarCode('f64', Float64Array))]
    super({ ...owner, memory, fields, isSparse: false, columnCount: 0 })
    this.#memory = memory
    this.#owner = owner
    this.resize(FIRST_COUNT)
  }

  /** Publishes the block, also after a reset, because the worlds may then have another mask. */
  protected override publish(): void {
    const [{ byteOffset }] = this.columns
    const { entityMask } = this.#owner.worlds
    const count = this.rowCount
    this.#memory.generations = { firstIndex: (byteOffset / 8) | 0, count, entityMask }
  }

  begin(): void {
    this.publish()
  }

  sync(): void {
    this.freeStale()
  }
}

export class Generations extends WeakIds implements Extension {
  readonly #owner: FieldOwner
  readonly #column: GenerationColumn
  #everyone: readonly Query[] = []
  #unsubscribe: (() => void)[] = []
  /**
   * Whether the block could not grow for an entity. Such an entity is entered when a reference to
   * it is written.
   */
  #hasMissed = false

  /** @throws ArenaError 'out-of-memory'; then nothing is allocated */
  constructor(memory: FieldMemory, owner: FieldOwner) {
    super(memory)
    this.#owner = owner
    this.#column = new GenerationColumn(memory, owner)
    this.#subscribe()
  }

  get version(): number {
    return this.#column.version
  }

  manifest(): Partial<Manifest> {
    return { generations: this.memory.generations }
  }

  /** The blocks of the generations, for `verifyStorage`. */
  get blocks(): number[] {
    const { rowCount, columns, staleOffsets } = this.#column
    return rowCount === 0 ? [] : [columns[0].blockOffset, ...staleOffsets]
  }

  sync(): void {
    this.#column.sync()
    if (this.#hasMissed) this.#enterAll()
  }

  beginAnew(): void {
    for (let index = 0; index < this.#column.rowCount; index++) this.#raise(this.placeOf(index))
    this.#column.begin()
    this.#subscribe()
  }

  keep(eid: number): void {
    const at = this.placeOf(eid)
    if (at < 0) return
    const { f64 } = this.views
    const number = f64[at]
    if (number > 0) return
    const generation = (GENERATION_LIMIT - number - 1) % GENERATION_LIMIT
    f64[at] = generation * 2 ** 32 + (eid >>> 0)
  }

  dispose(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#column.dispose()
  }

  protected override findSlow(id: number): number {
    if (id === 0 || !this.#owner.worlds.isAlive(id, this.#everyone)) return super.findSlow(id)
    this.#column.cover(id & this.#owner.worlds.entityMask)
    this.#enterAt(this.placeOf(id), id)
    return this.views.f64[this.placeOf(id)]
  }

  #subscribe(): void {
    this.#everyone = this.#owner.worlds.all.map(registerEveryone)
    this.#unsubscribe = this.#everyone.flatMap((query) => [
      onEnter(query, this.#enter),
      onLeave(query, this.#leave),
    ])
    this.#enterAll()
  }

  #enterAll(): void {
    this.#hasMissed = false
    for (const query of this.#everyone) membersOf(query).forEach(this.#enter)
  }

  /** Enters a new entity. It does not throw, because bitECS is in the middle of an addition. */
  readonly #enter = (eid: number): void => {
    try {
      this.#column.cover(eid & this.#owner.worlds.entityMask)
      this.#enterAt(this.placeOf(eid), eid)
    } catch {
      this.#hasMissed = true
    }
  }

  #enterAt(at: number, eid: number): void {
    const { f64 } = this.views
    if (f64[at] > 0) {
      if ((f64[at] | 0) === eid) return
      this.#raise(at)
    }
    f64[at] = -f64[at] * 2 ** 32 + (eid >>> 0)
  }

  readonly #leave = (eid: number): void => {
    const at = this.placeOf(eid)
    if (at >= 0 && (this.views.f64[at] | 0) === eid) this.#raise(at)
  }

  /** @param at the index of the id's float in `views.f64` */
  #raise(at: number): void {
    const { f64 } = this.views
    if (f64[at] > 0) f64[at] = -((Math.floor(f64[at] / 2 ** 32) + 1) % GENERATION_LIMIT)
  }
}

/** Makes the weak ids of a thread. Pass this function to `FieldMemory.get`, in any thread. */
export function createWeakIds(memory: FieldMemory): WeakIds {
  const { owner } = memory
  return owner === undefined ? new WeakIds(memory) : new Generations(memory, owner)
}
