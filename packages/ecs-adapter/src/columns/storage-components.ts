/** The components of a storage, each with its hooks. Tags have no hooks. */

import { usedElsewhere } from '../base/errors.ts'
import { ComponentRegistry, type Listed } from '../schema/component-registry.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import type { ComponentHooks } from './component-hooks.ts'

export type StorageComponent = Listed<ComponentHooks | undefined>

export class StorageComponents extends ComponentRegistry<ComponentHooks | undefined> {
  /** Where all columns are now, for other threads. */
  get entries(): ComponentEntry[] {
    return this.all.map(
      ({ name, fields, hooks }) =>
        hooks?.store.entry ?? { name, fields, rowCount: 0, byteOffsets: [] },
    )
  }

  /** Grows whenever a component is added, or columns of any component move or grow. */
  get version(): number {
    let sum = this.all.length
    for (let i = 0; i < this.all.length; i++) sum += this.all[i].hooks?.store.version ?? 0
    return sum
  }

  /** The sum of a property of all stores. */
  sumOf(key: 'staleByteLength' | 'columnByteLength'): number {
    return this.all.reduce((sum, { hooks }) => sum + (hooks?.store[key] ?? 0), 0)
  }

  sync(): void {
    for (let i = 0; i < this.all.length; i++) this.all[i].hooks?.store.sync()
  }

  /** The removal of an entity was reported, but failed: the entity keeps its rows. */
  keep(eid: number): void {
    for (const { hooks } of this.all) hooks?.store.keep(eid)
  }

  /** Empties all components, and subscribes to the worlds again after a reset. */
  beginAnew(): void {
    for (const { hooks } of this.all) {
      hooks?.store.clearAll()
      hooks?.subscribe()
    }
  }

  /** @throws StorageError 'other-world' */
  checkWorlds(): void {
    for (let i = 0; i < this.all.length; i++) {
      const { name, hooks } = this.all[i]
      if (hooks?.isUsedElsewhere()) throw usedElsewhere(name)
    }
  }

  dispose(): void {
    for (const { hooks } of this.all) hooks?.dispose()
  }
}
