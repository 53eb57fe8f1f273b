/** The interface `Storage`, which callers use, with its documentation. */
import type { Pool } from '@ashlar/core'
import type { EntityId } from 'bitecs'
import type { AnyComponent, Checked, Component, Schema } from '../schema/schema.ts'
import type { StorageHandle } from '../shared/manifest.ts'
import type { Table } from '../tables/table.ts'
import type { StorageStats } from './storage-options.ts'
import type { StorageParts } from './storage-parts.ts'
import type { RunQueue } from './world-state.ts'

/** The properties of a worker group that `verifyStorage` reads. */
export interface OpenGroup {
  /**
   * The byte offsets of the group's blocks. For a scratch or command buffer, this is only its first
   * block.
   */
  readonly held: {
    readonly controlBlock: number
    readonly reports: readonly number[]
    readonly scratches: readonly number[]
    readonly commands: readonly number[]
    readonly inputs: readonly number[]
  }
}

/**
 * The components and tables of one or several bitECS worlds, in an arena. `createStorage` makes
 * one.
 */
export interface Storage {
  /**
   * The components made so far, by name.
   * @throws StorageError 'invalid-argument' if you read a name that is not there
   */
  readonly components: Readonly<Record<string, AnyComponent>>

  /**
   * Makes a component. It has a typed array for each field that holds a number or boolean. The
   * index is the entity id. If ids have versions, it is `storage.indexOf(eid)`. For lists and
   * texts, the component has a `ListField` or `TextField`, whose methods take ids. bitECS takes the
   * component like any other.
   *
   * ```ts
   * const Position = storage.component('Position', { x: t.f32, y: t.f32 })
   * addComponent(world, eid, Position)
   * Position.x[eid] = 10
   * ```
   *
   * Columns grow by themselves. After they have grown, the property is another typed array: read it
   * again. The old array can be read until the next `sync()`.
   *
   * Use a component only in the worlds of its storage. Entities of other worlds get no rows: their
   * values are lost, or overwrite those of another entity. `sync` reports such use if it notices.
   *
   * @param name unique in the storage
   * @param schema the names of the fields, with their types from `t`. `{}` makes a tag, which has
   * no columns and costs nothing
   * @throws StorageError 'invalid-argument', 'storage-disposed'; ArenaError 'out-of-memory'
   */
  component<const S extends Schema>(name: string, schema: Checked<S>): Component<S>

  /**
   * The tables made so far, by name.
   * @throws StorageError 'invalid-argument' if you read a name that is not there
   */
  readonly tables: Readonly<Record<string, Table>>

  /** The pool that the storage allocates from. */
  readonly pool: Pool

  /** @internal For worker groups: lets one run at a time work on the worlds. */
  readonly runs: RunQueue

  /** @internal The worker groups over this storage that are not closed. */
  readonly openGroups: Set<OpenGroup>

  /** @internal Read by `verifyStorage`. */
  readonly parts: StorageParts

  /** Whether entity ids have versions. Then they may be negative. */
  readonly isVersioned: boolean

  /**
   * The handle of the storage. Post it to another thread, which passes it to `attachStorage`. Once
   * you have read this property, the storage publishes its columns and the ids of its entities in
   * the arena.
   * @throws ArenaError 'out-of-memory'; StorageError 'storage-disposed'
   */
  readonly handle: StorageHandle

  /**
   * Returns the index of an entity in columns. It is the id itself, or the id without its version.
   * For a sparse component, call `rows.indexOf(eid)` instead.
   * @throws StorageError 'invalid-argument', 'storage-disposed'
   */
  indexOf(eid: EntityId): number

  /**
   * A number that changes whenever typed arrays of a component are replaced. Compare it once a
   * frame if you keep such arrays, as a renderer does. See also `StorageOptions.onColumnsMoved`.
   */
  readonly columnsVersion: number

  /**
   * Returns figures about the memory of the storage, in a new object.
   * @throws StorageError 'storage-disposed'
   */
  stats(): StorageStats

  /**
   * Call it once a frame, at a time when no array or view that you read before is still in use. The
   * call
   *
   * - frees the memory that columns have moved out of, once every attached thread has synced
   * - frees the lists and texts of entities that lost the component
   * - removes the ids of removed entities from weak lists
   * - closes the gaps in the rows of sparse components
   * - makes new arrays if a `WebAssembly.Memory` has grown
   * - shows other threads the present columns and entities.
   *
   * It needs no memory. If the arena is too full to publish a change, a later call publishes it.
   * Until then, other threads see what was published last.
   * @throws StorageError 'group-busy' while workers run a system; 'move-busy' in observers during
   * `moveOut`; 'set-busy' in getters among the values of a `set`, and in `onColumnsMoved` and
   * `onWaiting`; 'other-world' if a component was used in a world that the storage does not know:
   * all of the above is done by then; 'storage-disposed'
   */
  sync(): void

  /**
   * Shows other threads the present columns, which they find at their next `sync`. The list of
   * entities stays as of the last `sync` of this thread. The call frees no column, so arrays stay
   * valid. It removes ids of removed entities from weak lists. Worker groups call it at the start
   * of a run.
   * @throws ArenaError 'out-of-memory'; StorageError 'group-busy' if there are such ids while
   * workers run a system; 'storage-disposed'
   */
  publish(): void

  /**
   * Detaches a thread that died while it was attached, so that no memory waits for it. The call
   * also drops the interned texts that only that thread still used. Adopt the slot before this
   * call, and close the adopted pool after it:
   *
   * ```ts
   * const adopted = arena.adopt(slot)
   * storage.forget(slot)
   * adopted.close()
   * ```
   * @param slot the slot of the dead thread
   * @param generation `pool.generation` of the dead thread, if you know it. If a later thread is
   * attached with the same slot, that thread then stays attached
   * @throws StorageError 'storage-disposed'
   */
  forget(slot: number, generation?: number): void

  /**
   * Resets the worlds by bitECS's `resetWorld`, and clears every row of their storages. Call it in
   * place of `resetWorld`. Components can still be used. bitECS drops your observers, so observe
   * again. Tables keep their rows: remove those that stand for entities. If a run timed out, its
   * commands are dropped.
   * @throws StorageError 'group-busy' while workers run a system; 'commands-busy' in observers
   * during `applyCommands`; 'move-busy' and 'set-busy', as {@link Storage.sync}; 'storage-disposed'
   */
  reset(): void

  /**
   * Frees all blocks of the storage, and removes its observers from bitECS. The components have
   * empty columns then. If the call throws, it has done nothing.
   * @throws StorageError 'still-attached' while another thread is attached; 'group-open' while a
   * worker group is open; 'move-busy' in observers during `moveOut` or `moveIn`; otherwise as
   * {@link Storage.reset}
   */
  dispose(): void

  /** Whether `dispose` was called. Then you can use nothing that the storage has made. */
  readonly isDisposed: boolean
}
