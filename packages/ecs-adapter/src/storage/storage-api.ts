/** What a storage can do: the interface that callers see, with its docs. */
import type { Pool } from '@ashlar/core'
import type { EntityId, World } from 'bitecs'
import type { Publisher } from '../attach/publisher.ts'
import type { Bindings } from '../columns/bindings.ts'
import type { CommandBuffer } from '../commands/command-api.ts'
import type { CommandSource } from '../commands/command-apply.ts'
import type { WorldCommands } from '../commands/world-commands.ts'
import type { VariableMemory } from '../lists/variable-memory.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import type { Component, Schema, SparseComponent } from '../schema/schema.ts'
import type { ComponentRows, StorageHandle } from '../shared/directory.ts'
import type { Table } from '../tables/table-api.ts'
import type { TableSchema } from '../tables/table-chunk.ts'
import type { TableOptions } from '../tables/table-layout.ts'
import type { Worlds } from '../world/worlds.ts'
import type { RunQueue } from './run-queue.ts'

/** What `verifyStorage` reads. */
export interface StorageParts {
  readonly worlds: Worlds
  readonly registry: ComponentRegistry
  readonly bindings: Bindings
  readonly memory: VariableMemory
  readonly publisher: Publisher
  readonly commands: WorldCommands
}

export interface OpenGroup {
  /** For `verifyStorage`: its blocks, and the first ones of what its workers have. */
  readonly held?: (() => HeldByGroup) | undefined
}

/** Byte offsets. */
export interface HeldByGroup {
  readonly controlBlock: number
  readonly reports: readonly number[]
  readonly scratches: readonly number[]
  readonly commands: readonly number[]
  readonly inputs: readonly number[]
}

export interface StorageOptions {
  /**
   * Rows that columns begin with; they double when ids outgrow them. Entity ids start at 1, so n
   * entities need n + 1 rows. Rows of columns above 512 KiB take memory when they come into use, and
   * address space before. Default 1024.
   */
  capacity?: number
}

export interface ComponentOptions {
  /**
   * Rows for those only that have the component, for what few have: `storage.rows` tells which. Fields are
   * indexed by `rows.row(eid)` then. Default false: a row for every id.
   */
  sparse?: boolean
}

export interface Storage {
  /** The components made so far, by name. */
  readonly components: Readonly<Record<string, Component>>

  /**
   * Makes a component that few entities have: as the other does, but its columns are indexed by
   * `rows(component).row(eid)`.
   */
  component<const S extends Schema>(
    name: string,
    schema: S,
    options: ComponentOptions & { readonly sparse: true },
  ): SparseComponent<S>

  /**
   * Makes a component: an object with a typed array for each field, indexed by `row(eid)`, that is
   * the entity id itself in a world without versioned ids. A list or text field is a `ListField` or
   * `TextField` instead, whose methods take entity ids. Use it as any bitECS component.
   *
   * The columns grow by themselves. One that has grown is another typed array: read the property
   * again. Until `sync()` the one before can still be read.
   *
   * A component belongs to the worlds of its storage. In another world nothing makes its rows: values are
   * lost there, or are those of a former owner. `sync` reports that where it sees it.
   *
   * @param name unique in the storage
   * @param schema field names to types of `t`; `{}` makes a tag, without columns or cost
   * @param options `sparse`, for what few entities have
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
   * Makes a table that threads which attach to the storage find by its name. `sync` syncs it, `forget`
   * takes over what a dead thread had of it, unless workers run a system, `dispose` disposes of it. `reset`
   * leaves it alone: its rows are no entities. Its own `sync`, `takeOver`, `clear`, `trim`, `detach`
   * and `dispose` throw 'group-busy' while workers run a system.
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

  /** The runs of systems over its world, of which there is one at a time: for groups. */
  readonly runs: RunQueue

  /** Worker groups over it that are open: for groups. */
  readonly openGroups: Set<OpenGroup>

  /** Its parts: for `verifyStorage`. */
  readonly parts: StorageParts

  /** Whether ids of its world have versions. Then they may be negative. */
  readonly isVersioned: boolean

  /**
   * What `attachStorage` wants in another thread. From when it was asked for, the storage publishes
   * its columns and the ids of its entities in the arena.
   * @throws ArenaError 'out-of-memory'; StorageError 'storage-disposed'
   */
  readonly handle: StorageHandle

  /** The index of an entity in the columns, but for those of sparse components: see `rows`. */
  row(eid: EntityId): number

  /**
   * The rows of a sparse component: how many there are, whose they are, and the one of an entity. The
   * object stays the same. Rows of those that lost the component are given back by `sync`: until then
   * no row moves.
   * @param component of this storage, or its name
   * @throws StorageError 'invalid-argument' for one that is not sparse; 'storage-disposed'
   */
  rows(component: Component | string): ComponentRows

  /**
   * Frees what columns moved out of, and the lists and texts of those that lost the component; takes
   * ids of removed entities out of lists that drop them; renews the columns of a WebAssembly.Memory
   * that has grown. Publishes the columns and the entities that are now. Call it once a frame, when no
   * view that was read before is used any more. Columns that other threads are attached to are freed
   * when they have synced as well.
   *
   * It needs no memory. Where there is too little to publish something, a later call publishes it, and until
   * then other threads see what was published last.
   * @throws StorageError 'group-busy' while workers run a system, 'pack-busy' when an observer of `pack` calls it,
   * 'set-busy' when a getter among the values of a `set` does; 'other-world', once all is done, when a
   * component was used in a world that the storage does not serve
   */
  sync(): void

  /**
   * Commands for the world, in blocks of a pool of its arena, which is the storage's by default.
   * @throws ArenaError 'out-of-memory'; StorageError 'invalid-argument', 'storage-disposed'
   */
  commands(pool?: Pool): CommandBuffer

  /**
   * Applies commands, and forgets them: those of several buffers by their places (see
   * `CommandBuffer.begin`), then in the order of the buffers. Nobody may write them meanwhile but observers
   * that this calls, whose commands are applied last.
   *
   * Commands for an entity that is gone, or was despawned by an earlier one, are skipped; so are those
   * for one that was not spawned. One that throws leaves the others be: all of them are applied, and
   * then the error tells which threw.
   *
   * @param commands of this world, or the `offset` of some that another thread has written
   * @returns how many commands were skipped
   * @throws CommandsError 'commands-failed'; StorageError 'corrupt' where their memory was overwritten: nothing
   * is applied then, and those that were are forgotten; 'invalid-argument', 'commands-busy' when an
   * observer calls it, 'group-busy' while workers run a system, 'commands-disposed', 'storage-disposed'
   */
  apply(commands: CommandSource | readonly CommandSource[]): number

  /**
   * Takes an entity out of the world, for another one to `unpack`: of any thread of the arena, whose
   * storage has the components by the same names and fields. What it has of this storage's components
   * goes into a block, lists and texts in the blocks that they are in. All else, relations, tags of
   * bitECS alone, components of other storages, goes with the entity, and its ids mean nothing to
   * others: `t.eid` fields keep their numbers, but for ids that a list with `dropRemoved` would lose at `sync`.
   * Observers of the removal find lists and texts empty.
   *
   * Whoever has the offset has the entity: it belongs to no thread, is unpacked once, or freed by
   * `freePacked`.
   * @returns the block's offset: a number to post
   * @throws StorageError 'invalid-argument', 'group-busy' while workers run a system, 'storage-disposed';
   * ArenaError 'out-of-memory', and what observers throw: the entity is in the world then, with all it had of
   * any storage, though other observers may have been told that it goes; they may not call `sync`, `reset` or
   * `dispose`
   */
  pack(eid: EntityId): number

  /**
   * Makes an entity of a packed one in a world, by `addComponent` and `set`: observers are told of its scalars;
   * lists and texts are there when this returns. Fields of `t.eid` have the numbers that were packed, also
   * where these are ids of entities that were removed here.
   * @param world one of those of this storage; the first by default
   * @returns its id
   * @throws StorageError 'invalid-argument' of what is not packed, or has a component that this storage
   * has not, 'group-busy' while workers run a system, 'storage-disposed'; ArenaError 'out-of-memory', and what observers throw: it stays packed
   */
  unpack(offset: number, world?: World): EntityId

  /**
   * Lets other threads find the columns that are now, at their next sync; the entities they find are
   * those of this thread's last. Frees no column: views of them stay as good as they are. Takes ids of
   * removed entities out of lists that drop them, as `sync`. A group does it at the begin of each run.
   * @throws ArenaError 'out-of-memory'; StorageError 'group-busy' when there are such ids while workers run
   * a system
   */
  publish(): void

  /**
   * Ends what a thread held that has died without `detach`, so that nothing waits for it any more;
   * and drops the interned texts that it knew, also of one that did detach, and has ended. Adopt its
   * slot first, and close it afterwards.
   * @param generation of its pool, where known: another thread that has the slot by now stays attached
   */
  forget(slot: number, generation?: number): void

  /**
   * Resets the world with bitECS's `resetWorld` and clears every row. The components, those of
   * other storages of the world too, work on; the user's own observers are gone, as bitECS has it. Tables
   * keep their rows, also those that belong to entities by some observer: remove these, and observe anew.
   * Commands of a run that timed out are dropped.
   * @throws StorageError 'group-busy' while workers run a system over any of them, 'commands-busy' when an
   * observer of commands calls it, 'pack-busy' when one of `pack` does, 'set-busy' as `sync`,
   * 'storage-disposed'
   */
  reset(): void

  /**
   * Frees every block and takes every observer off. The components are left with empty columns. Nothing
   * is done when it throws.
   * @throws StorageError 'still-attached' when another thread is; 'group-open' while a worker group over it
   * is not closed, 'group-busy' while workers run a system,
   * 'commands-busy' when an observer of commands calls it, 'pack-busy' when one of `pack` does,
   * 'set-busy' as `sync`, 'storage-disposed'
   */
  dispose(): void

  /** Whether it was disposed of: all that it made is of no use any more. */
  readonly isDisposed: boolean
}
