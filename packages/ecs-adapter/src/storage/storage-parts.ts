/**
 * The parts of a storage. Parts that few games need are extensions: a function makes each one at
 * its first use.
 */
import type { Pool } from '@ashlar/core'
import { Publisher } from '../attach/publisher.ts'
import type { Extensions } from '../base/extensions.ts'
import type { StorageContext } from '../columns/component-context.ts'
import { StorageComponents } from '../columns/storage-components.ts'
import { FieldMemory } from '../fields/field-memory.ts'
import { MemoryViews } from '../memory/memory-views.ts'
import { createNamed } from '../schema/named.ts'
import type { Table } from '../tables/table.ts'
import type { Worlds } from '../world/worlds.ts'
import { StorageGrowth } from './growth.ts'
import type { StorageOptions } from './storage-options.ts'
import { type WorldState, worldStateOf } from './world-state.ts'

export class StorageParts implements StorageContext {
  readonly worlds: Worlds
  readonly memory: FieldMemory
  readonly extensions: Extensions
  readonly components = new StorageComponents()
  /** The tables, by name. */
  readonly tables = createNamed<Table>('table')
  readonly worldState: WorldState
  readonly sets: WorldState
  readonly publisher: Publisher
  readonly growth: StorageGrowth

  /**
   * @throws StorageError 'invalid-argument' if one of the worlds has a storage that also serves
   * other worlds
   */
  constructor(worlds: Worlds, pool: Pool, options: StorageOptions) {
    this.worlds = worlds
    this.worldState = worldStateOf(worlds)
    this.sets = this.worldState
    this.memory = new FieldMemory(new MemoryViews(pool), this)
    this.extensions = this.memory.extensions
    this.publisher = new Publisher(this)
    this.growth = new StorageGrowth(this, options)
  }

  /** Returns the extension that `make` returns. The first call makes it. */
  extension<E extends object>(make: (storage: StorageParts) => E): E {
    return this.extensions.of(make, this)
  }

  readonly retire = (offset: number): void => this.publisher.retire(offset)

  readonly checkIdle = (what: string): void => this.worldState.runs.checkDone(what)
}
