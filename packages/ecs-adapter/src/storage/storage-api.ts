/** What a storage can do: the interface that callers see, with its docs. */
import type { Pool } from '@ashlar/core'
import type { EntityId } from 'bitecs'
import type { AnyComponent, Checked, Component, Schema } from '../schema/schema.ts'
import type { StorageHandle } from '../shared/manifest.ts'
import type { Table } from '../tables/table.ts'
import type { StorageStats } from './storage-options.ts'
import type { StorageParts } from './storage-parts.ts'
import type { RunQueue } from './world-state.ts'

/** What `verifyStorage` reads of a worker group. */
export interface OpenGroup {
  /** Byte offsets of the group's blocks; of a scratch or command buffer, the first block only. */
  readonly held: {
    readonly controlBlock: number
    readonly reports: readonly number[]
    readonly scratches: readonly number[]
    readonly commands: readonly number[]
    readonly inputs: readonly number[]
  }
}

export interface Storage {
  /** The components made so far, by name. */
  readonly components: Readonly<Record<string, AnyComponent>>

  /**
   * Makes a component: an object with a typed array for each field, indexed by `indexOf(eid)`: that
   * is the id itself if ids of the world have no versions. A list or text field is a `ListField` or
   * `TextField`, whose methods take ids. Use the object as any bitECS component.
   *
   * Columns grow by themselves. A column that has grown is another typed array: read the property
   * again. The old array can be read until `sync()`.
   *
   * A component belongs to the worlds of its storage. Entities of other worlds get no rows: values
   * for them are lost, or overwrite those of another entity. `sync` reports such use if it can.
   *
   * @param name unique in the storage
   * @param schema field names to types of `t`; `{}` makes a tag, without columns or cost
   * @throws StorageError 'invalid-argument', 'storage-disposed'; ArenaError 'out-of-memory'
   */
  component<const S extends Schema>(name: string, schema: Checked<S>): Component<S>

  /** The tables made so far, by name. */
  readonly tables: Readonly<Record<string, Table>>

  /** The pool that the columns are allocated from. */
  readonly pool: Pool

  /** @internal For worker groups: lets one run at a time work on the worlds. */
  readonly runs: RunQueue

  /** @internal The worker groups over this storage that are not closed. */
  readonly openGroups: Set<OpenGroup>

  /** @internal Read by `verifyStorage`. */
  readonly parts: StorageParts

  /** Whether entity ids have versions. Such ids may be negative. */
  readonly isVersioned: boolean

  /**
   * What `attachStorage` takes in another thread. From when this property is first read, the
   * storage publishes its columns and the ids of its entities in the arena.
   * @throws ArenaError 'out-of-memory'; StorageError 'storage-disposed'
   */
  readonly handle: StorageHandle

  /** The index of an entity in columns of dense components. For sparse ones, ask their `rows`. */
  indexOf(eid: EntityId): number

  /**
   * Changes whenever typed arrays of any component are replaced: see `onColumnsMoved`. A renderer
   * may compare it in each frame.
   */
  readonly columnsVersion: number

  /** Figures of the columns. Each call makes an object. @throws StorageError 'storage-disposed' */
  stats(): StorageStats

  /**
   * Call it once a frame, when no view that was read before is still in use. It
   * - frees old columns, but only after every attached thread has synced as well;
   * - frees the lists and texts of entities that lost the component;
   * - takes ids of removed entities out of weak lists;
   * - renews columns after their WebAssembly.Memory has grown;
   * - publishes the present columns and entities.
   *
   * It needs no memory. If there is too little to publish a change, a later call publishes it;
   * until then, other threads see what was published last.
   * @throws StorageError 'group-busy' while workers run a system; 'move-busy' in observers of
   * `moveOut`; 'set-busy' in getters among the values of a `set`, and in the hooks of the
   * options; 'other-world', after all of the
   * above is done, if a component was used in a world that the storage does not serve
   */
  sync(): void

  /**
   * Lets other threads find the present columns when they sync next. They still see the entities of
   * this thread's last `sync`. Frees no column, so views stay valid. Takes ids of removed entities
   * out of weak lists. Worker groups call it when they begin a run.
   * @throws ArenaError 'out-of-memory'; StorageError 'group-busy' if there are such ids while
   * workers run a system
   */
  publish(): void

  /**
   * Detaches a thread that died before it called `detach`, so that no block waits for it. Also
   * drops the intern log of the thread, even if it had detached. Adopt its slot before this call,
   * and close the adopted pool afterwards.
   * @param generation of its pool, if known: a later thread with the same slot then stays attached
   */
  forget(slot: number, generation?: number): void

  /**
   * Resets the worlds with bitECS's `resetWorld`, and clears every row of their storages.
   * Components can still be used, but bitECS drops your observers: observe again. Tables keep their
   * rows: remove those that stand for entities. Commands of a run that timed out are dropped.
   * @throws StorageError 'group-busy' while workers run a system; 'commands-busy' in observers of
   * `applyCommands`; 'move-busy', 'set-busy' as `sync`; 'storage-disposed'
   */
  reset(): void

  /**
   * Frees every block, and unsubscribes the storage's observers. Its components keep empty columns.
   * If it throws, nothing was done.
   * @throws StorageError 'still-attached' if another thread is; 'group-open' while a worker group
   * is not closed; 'move-busy' also in observers of `moveIn`; otherwise as `reset`
   */
  dispose(): void

  /** Whether `dispose` was called. Then nothing that the storage made can be used. */
  readonly isDisposed: boolean
}
