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

/** Floats are read and written in one function: V8 would box those that calls pass or return. */
export class WeakIds {
  protected readonly memory: FieldMemory
  protected readonly views: MemoryViews

  constructor(memory: FieldMemory) {
    this.memory = memory
    this.views = memory.views
  }

  /** The id that a number stands for; 0 if the entity was removed. */
  idOf(number: number): number {
    const id = number | 0
    const at = this.placeOf(id)
    return number > 0 && at >= 0 && this.views.f64[at] === number ? id : 0
  }

  /** `idOf` for a number at an index of `views.f64`. */
  idAt(index: number): number {
    const { f64 } = this.views
    const number = f64[index]
    if (!(number > 0)) return 0 // none, or a temporary id
    const id = number | 0
    const at = this.placeOf(id)
    return at >= 0 && f64[at] === number ? id : 0
  }

  /**
   * Writes the number for an entity to `numbers[index]`; 0 if there is none. A temporary id is
   * written unchanged: commands resolve it, and in columns it is dead.
   */
  write(id: number, numbers: Float64Array, index: number): void {
    const at = this.placeOf(id)
    const number = at >= 0 ? this.views.f64[at] : 0
    numbers[index] = number > 0 && (number | 0) === id ? number : this.findSlow(id)
  }

  /** Index of the float for an id in `views.f64`; -1 beyond the block. */
  protected placeOf(id: number): number {
    const place = this.memory.generations
    if (place === undefined) return -1
    const index = id & place.entityMask
    return index < place.count ? place.firstIndex + index : -1
  }

  protected findSlow(id: number): number {
    return id <= TEMPORARY_FIRST ? id : 0
  }
}

/** Whether a value can be written to a weak id field. */
export const isWeakId = (value: unknown): value is number => value === 0 || isEntityId(value)
