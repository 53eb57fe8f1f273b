/**
 * The numbers in weak id fields, in any thread. Such a number is `generation * 2^32 + id`, with the
 * id unsigned. A generation counts how often the index of the id was freed. It is below 2^21, so a
 * float holds the whole number.
 *
 * A block has a float for each index. While an entity has the index, the float is the number of
 * this entity. Otherwise it is minus the generation of the next entity. So one load and one compare
 * find out whether the entity of a reference is gone.
 */
import { isEntityId } from '../base/arguments.ts'
import { TEMPORARY_FIRST } from '../base/temporary-ids.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { MemoryViews } from '../memory/memory-views.ts'

/**
 * Resolves the numbers of weak ids. Floats are read and written in one function, because V8 would
 * allocate memory for floats that calls pass or return.
 */
export class WeakIds {
  protected readonly memory: FieldMemory
  protected readonly views: MemoryViews

  constructor(memory: FieldMemory) {
    this.memory = memory
    this.views = memory.views
  }

  /** Returns the id for a number. Returns 0 if the entity was removed. */
  idOf(number: number): number {
    const id = number | 0
    const at = this.placeOf(id)
    return number > 0 && at >= 0 && this.views.f64[at] === number ? id : 0
  }

  /** Does the same as `idOf`, for the number at an index of `views.f64`. */
  idAt(index: number): number {
    const { f64 } = this.views
    const number = f64[index]
    if (!(number > 0)) return 0 // none, or a temporary id
    const id = number | 0
    const at = this.placeOf(id)
    return at >= 0 && f64[at] === number ? id : 0
  }

  /**
   * Writes the number for an entity to `numbers[index]`; 0 if there is no such entity. A temporary
   * id is written unchanged. Commands resolve it; in columns, it reads as 0.
   */
  write(id: number, numbers: Float64Array, index: number): void {
    const at = this.placeOf(id)
    const number = at >= 0 ? this.views.f64[at] : 0
    numbers[index] = number > 0 && (number | 0) === id ? number : this.findSlow(id)
  }

  /** Returns the index of an id's float in `views.f64`. Returns -1 if the block is too short. */
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

/** Returns whether a value can be written to a weak id field. */
export const isWeakId = (value: unknown): value is number => value === 0 || isEntityId(value)
