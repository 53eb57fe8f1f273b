/** What a storage can do: the interface that callers see, with its docs. */
import type { Pool } from '@ashlar/core'
import type { EntityId, World } from 'bitecs'
import type { CommandSource } from '../commands/command-apply.ts'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import type { Component, Schema, SparseComponent } from '../schema/schema.ts'
import type { ComponentRows, StorageHandle } from '../shared/manifest.ts'
import type { Table } from '../tables/table.ts'
import type { TableSchema } from '../tables/table-chunk.ts'
import type { TableOptions } from '../tables/table-layout.ts'
import type { StorageParts } from './storage-parts.ts'
import type { RunQueue } from './world-state.ts'

/** A worker group, as `verifyStorage` sees it. */
export interface OpenGroup {
  /** Byte offsets of the blocks of the group, and of the first blocks of its workers. */
  readonly held: {
    readonly controlBlock: number
    readonly reports: readonly number[]
    readonly scratches: readonly number[]
    readonly commands: readonly number[]
    readonly inputs: readonly number[]
  }
}

export interface StorageOptions {
  /**
   * Rows that columns begin with; they double when ids outgrow them. Ids start at 1, so n entities
   * need n + 1 rows. Columns above 512 KiB reserve address space; their rows take memory when they
   * are first used. Default 1024.
   */
  capacity?: number
}

export interface ComponentOptions {
  /**
   * Gives rows only to entities that have the component, which suits one that few have. Its fields
   * are indexed by `storage.rows(component).row(eid)`. Default false: a row for every id.
   */
  sparse?: boolean
}

export interface Storage {
  /** The components made so far, by name. */
  readonly components: Readonly<Record<string, Component>>

  /** Makes a sparse component: see `ComponentOptions`. All else is as below. */
  component<const S extends Schema>(
    name: string,
    schema: S,
    options: ComponentOptions & { readonly sparse: true },
  ): SparseComponent<S>

  /**
   * Makes a component: an object with a typed array for each field, indexed by `row(eid)`, which is
   * the id itself if ids of the world have no versions. A list or text field is a `ListField` or
   * `TextField`, whose methods take ids. Use the object as any bitECS component.
   *
   * Columns grow by themselves. A column that has grown is another typed array: read the property
   * again. The old one can be read until `sync()`.
   *
   * A component belongs to the worlds of its storage. Another world makes no rows for it: values
   * are lost, or are those of a former owner. `sync` reports such use if it can.
   *
   * @param name unique in the storage
   * @param schema field names to types of `t`; `{}` makes a tag, without columns or cost
   * @throws StorageError 'invalid-argument', 'storage-disposed'; ArenaError 'out-of-memory'
   */
  component<const S extends Schema>(
    name: string,
    schema: S,
    options?: ComponentOptions,
  ): Component<S>

  /** The tables made so far, by name. */
  readonly tables: Readonly<Record<string, Table>>

  /**
   * Makes a table that attached threads find by its name. `sync` syncs it, `dispose` disposes of
   * it, and `forget` adopts what a dead thread had of it unless workers run a system. `reset` keeps
   * its rows, as they are no entities. Its own `sync`, `takeOver`, `clear`, `trim`, `detach` and
   * `dispose` throw 'group-busy' while workers run a system.
   * @param name unique among the tables of the storage
   * @param schema field names to types of `t`, of one number each
   * @throws as `createTable`; StorageError 'storage-disposed'
   */
  table<const S extends TableSchema>(
    name: string,
    schema: S,
    options?: Omit<TableOptions, 'name'>,
  ): Table<S>

  /** The pool that the columns are allocated from. */
  readonly pool: Pool

  /** For groups: the runs of systems over the worlds, one at a time. */
  readonly runs: RunQueue

  /** For groups: those over this storage that are open. */
  readonly openGroups: Set<OpenGroup>

  /** For `verifyStorage`. */
  readonly parts: StorageParts

  /** Whether ids of the world have versions. Then they may be negative. */
  readonly isVersioned: boolean

  /**
   * What `attachStorage` takes in another thread. Once it was read, the storage publishes its
   * columns and the ids of its entities in the arena.
   * @throws ArenaError 'out-of-memory'; StorageError 'storage-disposed'
   */
  readonly handle: StorageHandle

  /** The index of an entity in columns, except those of sparse components: see `rows`. */
  row(eid: EntityId): number

  /**
   * The rows of a sparse component: always the same object. `sync` frees the rows of entities that
   * lost the component; no row moves before.
   * @param component of this storage, or its name
   * @throws StorageError 'invalid-argument' if it is not sparse; 'storage-disposed'
   */
  rows(component: Component | string): ComponentRows

  /**
   * Call it once a frame, when no view that was read before is still in use. It
   * - frees old columns, and the lists and texts of entities that lost the component; columns that
   *   other threads are attached to, when these have synced as well;
   * - takes ids of removed entities out of lists that drop them;
   * - renews columns after their WebAssembly.Memory has grown;
   * - publishes the present columns and entities.
   *
   * It needs no memory. If there is too little to publish something, a later call publishes it, and
   * until then other threads see what was published last.
   * @throws StorageError 'group-busy' while workers run a system; 'pack-busy' in observers of
   * `pack`; 'set-busy' in getters among the values of a `set`; 'other-world', once all is done, if
   * a component was used in a world that the storage does not serve
   */
  sync(): void

  /**
   * Makes a buffer of commands for the world, in a pool of its arena; by default that of the
   * storage.
   * @throws ArenaError 'out-of-memory'; StorageError 'invalid-argument', 'storage-disposed'
   */
  commands(pool?: Pool): CommandBuffer

  /**
   * Applies commands and forgets them: those of several buffers by their sort keys (see
   * `CommandBuffer.begin`), then in the order of the buffers. Meanwhile only observers that this
   * calls may record commands, which are applied last.
   *
   * Commands are skipped if their entity is gone, was despawned by an earlier one, or was not
   * spawned. If some throw, all others are applied; then the error lists those that threw.
   *
   * @param commands of this world, or the `offset` of commands that another thread has recorded
   * @returns how many commands were skipped
   * @throws CommandsError 'commands-failed'; StorageError 'corrupt' if their memory was
   * overwritten: then nothing is applied, and the commands are forgotten; 'invalid-argument';
   * 'commands-busy' in observers of this call; 'group-busy' while workers run a system;
   * 'commands-disposed', 'storage-disposed'
   */
  apply(commands: CommandSource | readonly CommandSource[]): number

  /**
   * Takes an entity out of the world for another world to `unpack`, in any thread of the arena
   * whose storage has the components by the same names and fields. A new block holds its values of
   * the components of this storage; lists and texts stay in their blocks. Everything else goes with
   * the entity: relations, tags of bitECS, components of other storages. `t.eid` fields keep their
   * numbers, though these mean nothing in another world, except ids that a list with `dropRemoved`
   * would lose at `sync`. Observers of the removal find lists and texts empty.
   *
   * The block belongs to no thread: any thread that has the offset may `unpack` it once, or call
   * `freePacked`.
   * @returns the block's offset: a number to post
   * @throws StorageError 'invalid-argument', 'group-busy' while workers run a system,
   * 'storage-disposed'; ArenaError 'out-of-memory'; what observers throw. Then the entity keeps all
   * it had of any storage, though some observers were called. These may not call `sync`, `reset` or
   * `dispose`
   */
  pack(eid: EntityId): number

  /**
   * Makes a packed entity anew, by `addComponent` and `set`: observers see its scalars, and lists
   * and texts are there when this returns. `t.eid` fields get the packed numbers, also those of
   * entities that were removed here.
   * @param world one of those of this storage; by default the first
   * @returns its id
   * @throws StorageError 'invalid-argument' if it is not packed, or has a component that this
   * storage lacks; 'group-busy' while workers run a system; 'storage-disposed'; ArenaError
   * 'out-of-memory'; what observers throw. Then it stays packed
   */
  unpack(offset: number, world?: World): EntityId

  /**
   * Lets other threads find the present columns at their next sync; they see the entities of this
   * thread's last. Frees no column, so views stay valid. Takes ids of removed entities out of lists
   * that drop them. Groups call it when a run begins.
   * @throws ArenaError 'out-of-memory'; StorageError 'group-busy' if there are such ids while
   * workers run a system
   */
  publish(): void

  /**
   * Ends what a thread held that died without `detach`, so that nothing waits for it; drops the
   * interned texts that it knew, also if it did detach. Adopt its slot before, and close it
   * afterwards.
   * @param generation of its pool, if known: another thread that has the slot by now stays attached
   */
  forget(slot: number, generation?: number): void

  /**
   * Resets the worlds with bitECS's `resetWorld`, and clears every row. The components of all their
   * storages work on; bitECS drops the user's observers. Tables keep their rows: remove those of
   * entities, and observe anew. Commands of a run that timed out are dropped.
   * @throws StorageError 'group-busy' while workers run a system; 'commands-busy', 'pack-busy',
   * 'set-busy' in observers and getters, as `sync` and `apply`; 'storage-disposed'
   */
  reset(): void

  /**
   * Frees every block, and takes every observer off; components are left with empty columns.
   * Nothing is done if it throws.
   * @throws StorageError 'still-attached' if another thread is; 'group-open' while a worker group
   * is not closed; otherwise as `reset`
   */
  dispose(): void

  /** Once it was disposed of, nothing that it made can be used. */
  readonly isDisposed: boolean
}
