/** The weak lists of a storage, and the ids of removed entities that they may still hold. */

import type { Extension } from '../base/extensions.ts'
import type { FieldMemory, FieldOwner } from '../fields/field-memory.ts'
import { StaleReferences } from '../world/stale-references.ts'

/** A column of weak lists. */
interface WeakColumn {
  /** Removes the ids that `isKept` refuses from all lists. */
  $filterRows(isKept: (eid: number) => boolean): void
}

export class WeakLists extends StaleReferences implements Extension {
  readonly columns: WeakColumn[]
  #unsubscribe: () => void

  constructor({ worlds, checkIdle }: FieldOwner) {
    const columns: WeakColumn[] = []
    super(worlds, (isKept) => {
      checkIdle('taking removed entities out of lists')
      // By index: an iterator would be garbage.
      for (let i = 0; i < columns.length; i++) columns[i].$filterRows(isKept)
    })
    this.columns = columns
    this.#unsubscribe = this.subscribe()
  }

  beginAnew(): void {
    this.#unsubscribe = this.subscribe()
  }

  /** Workers edit lists without a check for removed ids. */
  publish(): void {
    this.sync()
  }

  dispose(): void {
    this.#unsubscribe()
  }
}

/** For `FieldMemory.get`, in the thread of a world. */
export const createWeakLists = ({ owner }: FieldMemory): WeakLists => new WeakLists(owner!)
