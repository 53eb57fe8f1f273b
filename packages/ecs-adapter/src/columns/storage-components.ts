/** The components of a storage, each with its hooks. Tags have no hooks. */

import { usedElsewhere } from '../base/errors.ts'
import { ComponentRegistry, type Listed } from '../schema/component-registry.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import type { ComponentHooks } from './component-hooks.ts'

export type StorageComponent = Listed<ComponentHooks | undefined>

export class StorageComponents extends ComponentRegistry<ComponentHooks | undefined> {
  /** The entries of all components in the manifest. They say where all columns are now. */
  get entries(): ComponentEntry[] {
    return this.all.map(
      ({ name, fields, hooks }) =>
        hooks?.store.entry ?? { name, fields, rowCount: 0, byteOffsets: [] },
    )
  }

  /**
   * A number that grows whenever a component is added, or columns of any component move or grow.
   */
  get version(): number {
    let sum = this.all.length
    for (let i = 0; i < this.all.length; i++) sum += this.all[i].hooks?.store.version ?? 0
    return sum
  }

  /** Returns the sum of a property of all stores. */
  sumOf(key: 'staleByteLength' | 'columnByteLength'): number {
    return this.all.reduce((sum, { hooks }) => sum + (hooks?.store[key] ?? 0), 0)
  }

  sync(): void {
    for (let i = 0; i < this.all.length; i++) this.all[i].hooks?.store.sync()
  }

  /** Called if the removal of an entity was reported, but failed: the entity keeps its rows. */
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

  /**
   * Checks that no world outside of the storage has used a component.
   * @throws StorageError 'other-world' if one has
   */
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
