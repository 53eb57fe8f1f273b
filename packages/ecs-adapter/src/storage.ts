/** The component storage of one bitECS world, on one pool. */
import type { Pool } from '@ashlar/core'
import { type EntityId, getId, resetWorld, type World, type WorldContext } from 'bitecs'
import { Binding, contextOf } from './binding.ts'
import { Catalog } from './catalog.ts'
import { Cells } from './cells.ts'
import type { CommandBuffer } from './command-api.ts'
import type { CommandSource } from './command-apply.ts'
import type { ComponentEntry, StorageHandle } from './directory.ts'
import { duplicateComponent, invalidArgument, storageDisposed } from './errors.ts'
import { RemovedIds } from './removed-ids.ts'
import { type Component, type Field, readSchema, type Schema } from './schema.ts'
import { Share } from './share.ts'
import { VariableMemory } from './variable-memory.ts'
import { WorldCommands } from './world-commands.ts'

/** Rows of a new column: with `f32`, a block of 4 KiB. */
const DEFAULT_CAPACITY = 1024
/** A column of `f64` would have as many bytes as the largest arena. */
const MAX_CAPACITY = 2 ** 28

export interface StorageOptions {
  /**
   * Rows that columns begin with; they double when ids outgrow them. Entity ids start at 1, so n
   * entities need n + 1 rows. Default 1024.
   */
  capacity?: number
}

export interface Storage {
  /** The components made so far, by name. */
  readonly components: Readonly<Record<string, Component>>

  /**
   * Makes a component: an object with a typed array for each field, indexed by `row(eid)`, that is
   * the entity id itself in a world without versioned ids. A list or text field is a `ListField` or
   * `TextField` instead, whose methods take entity ids. Use it as any bitECS component.
   *
   * The columns grow by themselves. One that has grown is another typed array: read the property
   * again. Until `sync()` the one before can still be read.
   *
   * A component belongs to the world of its storage: in another world nothing makes its rows.
   *
   * @param name unique in the storage
   * @param schema field names to types of `t`; `{}` makes a tag, without columns or cost
   * @throws StorageError 'invalid-argument', 'storage-disposed'; ArenaError 'out-of-memory'
   */
  component<const S extends Schema>(name: string, schema: S): Component<S>

  /** The pool that the columns are allocated from. */
  readonly pool: Pool

  /**
   * What `attachStorage` wants in another thread. From when it was asked for, the storage publishes
   * its columns and the ids of its entities in the arena.
   * @throws ArenaError 'out-of-memory'; StorageError 'storage-disposed'
   */
  readonly handle: StorageHandle

  /** The index of an entity in the columns. */
  row(eid: EntityId): number

  /**
   * Frees what columns moved out of, and the lists and texts of those that lost the component; takes
   * ids of removed entities out of lists that drop them; renews the columns of a WebAssembly.Memory
   * that has grown. Publishes the columns and the entities that are now. Call it once a frame, when no
   * view that was read before is used any more and no system runs. Columns that other threads are
   * attached to are freed when they have synced as well.
   * @throws ArenaError 'out-of-memory' when there is no room to publish: call it again later
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
   * @throws CommandsError 'commands-failed'; StorageError 'invalid-argument', 'commands-busy' when an
   * observer calls it, 'commands-disposed', 'storage-disposed'
   */
  apply(commands: CommandSource | readonly CommandSource[]): number

  /**
   * Lets other threads find the columns that are now, at their next sync; the entities they find are
   * those of this thread's last. Frees no column: views of them stay as good as they are. Takes ids of
   * removed entities out of lists that drop them, as `sync`. A group does it at the begin of each run.
   * @throws ArenaError 'out-of-memory'
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
   * other storages of the world too, work on; the user's own observers are gone, as bitECS has it.
   */
  reset(): void

  /**
   * Frees every block and takes every observer off. The components are left with empty columns.
   * @throws StorageError 'still-attached' when another thread is
   */
  dispose(): void
}

/** How to begin anew, of each storage of a world: bitECS tells nobody of a reset. */
type Siblings = Set<() => void>
/** Kept with the world, for the ESM and the CommonJS copy of this package to share it. */
const SIBLINGS = Symbol.for('@ashlar/ecs-adapter/siblings')

function siblingsOf(context: WorldContext & { [SIBLINGS]?: Siblings }): Siblings {
  context[SIBLINGS] ??= new Set()
  return context[SIBLINGS]
}

/**
 * Puts components of a bitECS world on a pool's arena.
 *
 * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
 */
export function createStorage(
  world: World,
  pool: Pool,
  { capacity = DEFAULT_CAPACITY }: StorageOptions = {},
): Storage {
  checkWorld(world)
  if (typeof pool?.allocArray !== 'function') {
    throw invalidArgument('the pool', pool, 'what arena.openPool() gives')
  }
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    const expected = `a whole number of rows from 1 to ${MAX_CAPACITY}`
    throw invalidArgument('the capacity', capacity, expected)
  }
  const context = contextOf(world)
  const cells = new Cells(pool)
  const memory = new VariableMemory(pool, cells)
  const bindings: Binding[] = []
  /** Of all components, as they were made: their numbers in commands. */
  const places: (() => ComponentEntry)[] = []
  const catalog = new Catalog()
  const worldCommands = new WorldCommands(world, pool, catalog)
  const share = new Share({ pool, cells, context, memory, version, entries })
  const retire = (offset: number) => share.retire(offset)
  let columnCount = 0
  const removedIds = new RemovedIds((isKept) => {
    for (let i = 0; i < bindings.length; i++) bindings[i].variable?.fields.filter(isKept)
  })
  let unwatchRemovals: (() => void) | undefined
  const components: Record<string, Component> = Object.create(null)
  const siblings = siblingsOf(context)
  siblings.add(beginAnew)
  let isDisposed = false

  function component<const S extends Schema>(name: string, schema: S): Component<S> {
    checkUse()
    checkWorld(world)
    const fields = readSchema(name, schema)
    if (name in components) throw duplicateComponent(name)
    if (fields.length === 0) {
      components[name] = {}
      const entry = { name, fields, rowCount: 0, byteOffsets: [] }
      places.push(() => entry)
    } else {
      const { admit } = removedIds
      const rowCount = capacity
      const options = { name, fields, pool, cells, rowCount, columnCount, retire, memory, admit }
      const binding = new Binding(world, options)
      if (unwatchRemovals === undefined && fields.some(dropsRemoved)) watchRemovals()
      bindings.push(binding)
      columnCount += fields.length
      components[name] = binding.component
      places.push(() => binding.columns.entry)
    }
    catalog.add(name, components[name], fields)
    return components[name] as Component<S>
  }

  function watchRemovals(): void {
    unwatchRemovals = removedIds.subscribe(world, context.entityIndex.entityMask)
  }

  function row(eid: EntityId): number {
    checkUse()
    return getId(context.entityIndex, eid)
  }

  function sync(): void {
    checkUse()
    if (cells.isDetached) cells.renew()
    for (let i = 0; i < bindings.length; i++) bindings[i].sync()
    removedIds.sync()
    memory.blocks.sync()
    share.sync()
  }

  function publish(): void {
    checkUse()
    removedIds.sync() // a worker does not look at them before it puts an id into a list
    share.publish()
  }

  function forget(slot: number, generation?: number): void {
    checkUse()
    share.forget(slot, generation)
  }

  function version(): number {
    let sum = places.length
    for (let i = 0; i < bindings.length; i++) sum += bindings[i].columns.version
    return sum
  }

  function entries(): ComponentEntry[] {
    return places.map((entry) => entry())
  }

  function reset(): void {
    checkUse()
    checkWorld(world)
    resetWorld(world)
    for (const begin of siblings) begin()
  }

  function beginAnew(): void {
    sync()
    for (const binding of bindings) {
      binding.clearAll()
      binding.subscribe()
    }
    if (unwatchRemovals !== undefined) watchRemovals()
  }

  function dispose(): void {
    checkUse()
    share.checkDetached()
    worldCommands.dispose()
    isDisposed = true
    siblings.delete(beginAnew)
    unwatchRemovals?.()
    if (cells.isDetached) cells.renew()
    for (const binding of bindings) binding.dispose()
    memory.internedTexts.sweep()
    share.dispose()
    memory.blocks.sync()
  }

  function checkUse(): void {
    if (isDisposed) throw storageDisposed()
  }

  return {
    components,
    pool,
    get handle() {
      checkUse()
      return share.handle
    },
    component,
    commands(pool) {
      checkUse()
      return worldCommands.create(pool)
    },
    apply(commands) {
      checkUse()
      return worldCommands.apply(commands)
    },
    row,
    sync,
    publish,
    forget,
    reset,
    dispose,
  }
}

const dropsRemoved = ({ type }: Field) => type.kind === 'list' && type.dropRemoved

/** Refuses what is no world, or no longer one, after bitECS's deleteWorld. */
function checkWorld(world: World): void {
  if (typeof world !== 'object' || world === null || contextOf(world) === undefined) {
    throw invalidArgument('the world', world, 'a world that createWorld of bitECS gave')
  }
}
