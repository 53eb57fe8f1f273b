/** Makes the parts of a storage, and passes to each the other parts that it needs. */
import type { Pool } from '@ashlar/core'
import { Publisher } from '../attach/publisher.ts'
import type { StorageContext } from '../columns/component-context.ts'
import { StorageComponents } from '../columns/storage-components.ts'
import { WorldCommands } from '../commands/command-apply.ts'
import { FieldMemory } from '../fields/field-memory.ts'
import { MemoryViews } from '../memory/memory-views.ts'
import { StorageTables } from '../tables/storage-tables.ts'
import type { Worlds } from '../world/worlds.ts'
import { Packing } from './packing.ts'
import { worldStateOf } from './world-state.ts'

export type StorageParts = ReturnType<typeof createParts>

/**
 * @param rowCount rows that the columns of dense components begin with
 * @throws StorageError 'invalid-argument' if a storage of one of the worlds has other worlds, too
 */
export function createParts(worlds: Worlds, pool: Pool, rowCount: number) {
  const components = new StorageComponents()
  const worldState = worldStateOf(worlds)
  const { runs } = worldState
  const retire = (offset: number) => publisher.retire(offset)
  const checkIdle = (what: string) => runs.checkDone(what)
  const memory = new FieldMemory(new MemoryViews(pool), { worlds, checkIdle, retire })
  const tables = new StorageTables(pool, runs.checkTables)
  const publisher = new Publisher({
    ...{ worlds, memory },
    version: () => tables.version + components.version + memory.version,
    entries: () => components.entries,
    tables: tables.entries,
  })
  const context: StorageContext = {
    ...{ worlds, memory, rowCount, retire, checkIdle },
    sets: worldState,
  }
  const packing = new Packing({ worlds, components, memory, worldState })
  const commands = new WorldCommands(worlds, components, memory, publisher.serial)
  return {
    ...{ worlds, memory, components, tables, commands, packing, publisher },
    ...{ context, worldState },
  }
}
