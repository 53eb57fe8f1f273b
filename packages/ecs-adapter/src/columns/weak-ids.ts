/**
 * The numbers of weak id fields, in any thread: `generation * 2^32 + id`, with the id unsigned. A
 * generation counts how often the index of the id was freed, below 2^21: then the number is whole,
 * and a float holds it.
 *
 * A block has a float for each index: this number while an entity has the index, else minus the
 * generation of the next one. So one load and one compare find out whether a reference is dead.
 */
import { isEntityId } from '../base/arguments.ts'
import { TEMPORARY_FIRST } from '../base/temporary-ids.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { MemoryViews } from '../memory/memory-views.ts'

export class WeakIds {
  protected readonly memory: FieldMemory
  readonly #views: MemoryViews

  constructor(memory: FieldMemory) {
    this.memory = memory
    this.#views = memory.views
  }

  /** The id that a number stands for; 0 if the entity was removed. */
  idOf(number: number): number {
    const id = number | 0
    return number !== 0 && this.present(id) === number ? id : 0
  }

  /**
   * The number for an entity; 0 if there is none. A temporary id is returned unchanged: commands
   * resolve it, and in columns it is dead.
   */
  numberOf(id: number): number {
    const number = this.present(id)
    return number > 0 && (number | 0) === id ? number : this.findSlow(id)
  }

  /** What the block has for the index of an id. */
  protected present(id: number): number {
    const place = this.memory.generations
    if (place === undefined) return 0
    const index = id & place.entityMask
    return index < place.count ? this.#views.f64[place.firstIndex + index] : 0
  }

  protected findSlow(id: number): number {
    return id <= TEMPORARY_FIRST ? id : 0
  }
}

/** Whether a value can be written to a weak id field. */
export const isWeakId = (value: unknown): value is number => value === 0 || isEntityId(value)
