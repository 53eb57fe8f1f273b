/** What lists and texts need of a storage in addition to their columns, in the world's thread. */

import { SLOT_CAPACITY } from '../shared/attachments.ts'
import type { Extension } from '../shared/extensions.ts'
import { internLogWord } from '../shared/storage-root.ts'
import { StaleReferences } from '../world/stale-references.ts'
import type { Worlds } from '../world/worlds.ts'
import { dropInternLog } from './intern-log.ts'
import type { VariableMemory } from './variable-fields.ts'

/** The storage of lists and texts. */
export interface ListStorage {
  readonly worlds: Worlds
  readonly memory: VariableMemory
  readonly components: {
    /** Removes the ids that `isKept` refuses from every weak list. */
    filter(isKept: (eid: number) => boolean): void
  }
  /** Byte offset of the root of what the storage publishes; 0 if it publishes nothing. */
  readonly publisher: { readonly root: number }
  /** Throws while workers run a system. */
  checkIdle(what: string): void
}

/** Makes the extension for weak lists. */
export function staleReferencesOf({ worlds, components, checkIdle }: ListStorage): StaleReferences {
  return new StaleReferences(worlds, (isKept) => {
    checkIdle('taking removed entities out of lists')
    components.filter(isKept)
  })
}

/** Makes the extension for interned texts: other threads log the texts that they have indexed. */
export function internLogsOf({ memory, publisher }: ListStorage): Extension {
  const forget = (slot: number, generation?: number) => {
    const { root } = publisher
    if (root === 0) return
    const word = (root >> 2) + internLogWord(slot)
    dropInternLog(memory.views, word, memory.internedTexts.release, generation)
  }
  return {
    forget,
    dispose() {
      memory.internedTexts.sweep()
      for (let slot = 0; slot < SLOT_CAPACITY; slot++) forget(slot)
    },
  }
}
