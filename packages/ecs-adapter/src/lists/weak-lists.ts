/** The weak lists of a storage, and the ids of removed entities that these lists may still hold. */

import type { Extension } from '../base/extensions.ts'
import type { FieldMemory, FieldOwner } from '../fields/field-memory.ts'
import { StaleReferences } from '../world/stale-references.ts'

/** A column whose elements are weak lists. */
interface WeakColumn {
  /** Removes, from all lists, the ids for which `isKept` returns false. */
  $filterRows(isKept: (eid: number) => boolean): void
}

export class WeakLists extends StaleReferences implements Extension {
  readonly columns: WeakColumn[]
  #unsubscribe: () => void

  constructor({ worlds, checkIdle }: FieldOwner) {
    const columns: WeakColumn[] = []
    super(worlds, (isKept) => {
      checkIdle('taking removed entities out of lists')
      // A loop by index, because an iterator would make garbage.
      for (let i = 0; i < columns.length; i++) columns[i].$filterRows(isKept)
    })
    this.columns = columns
    this.#unsubscribe = this.subscribe()
  }

  beginAnew(): void {
    this.#unsubscribe = this.subscribe()
  }

  /** Drops removed ids before a run, because workers edit lists without checking for such ids. */
  publish(): void {
    this.sync()
  }

  dispose(): void {
    this.#unsubscribe()
  }
}

/**
 * Makes the weak lists of a storage. Pass this function to `FieldMemory.get` in the thread of a
 * world.
 */
export const createWeakLists = ({ owner }: FieldMemory): WeakLists => new WeakLists(owner!)
