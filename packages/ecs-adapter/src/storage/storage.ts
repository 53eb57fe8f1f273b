/**
 * Component storage for bitECS worlds, on one pool. Invariant: rows move and memory is freed only
 * in calls of the world's thread, and never while workers run a system. It may know all rooms
 * below; only packing and world state call bitECS.
 */
import type { Pool } from '@ashlar/core'
import type { World } from 'bitecs'
import { Publisher } from '../attach/publisher.ts'
import { checkOptions, checkPool } from '../base/arguments.ts'
import { duplicateComponent, invalidArgument, notSparse, storageDisposed } from '../base/errors.ts'
import { Binding, type BindingOptions } from '../columns/binding.ts'
import { Bindings } from '../columns/bindings.ts'
import { WorldCommands } from '../commands/command-apply.ts'
import { VariableMemory } from '../lists/variable-fields.ts'
import { MemoryViews } from '../memory/memory-views.ts'
import { ComponentRegistry, type Listed } from '../schema/component-registry.ts'
import {
  type Component,
  type Field,
  readSchema,
  type Schema,
  type SparseComponent,
} from '../schema/schema.ts'
import type { ComponentEntry } from '../shared/manifest.ts'
import { StorageTables } from '../tables/storage-tables.ts'
import { StaleReferences } from '../world/stale-references.ts'
import { Worlds } from '../world/worlds.ts'
import { Packing } from './packing.ts'
import { groupOpen } from './run-errors.ts'
import type {
  ComponentOptions,
  OpenGroup,
  Storage,
  StorageOptions,
  StorageParts,
} from './storage-api.ts'
import { type RunQueue, type StorageState, type WorldState, worldStateOf } from './world-state.ts'

/** Rows of a new column: with `f32`, a block of 4 KiB. */
const DEFAULT_CAPACITY = 1024
/** A column of `f64` would have as many bytes as the largest arena. */
const MAX_CAPACITY = 2 ** 28

/**
 * Puts the components of a bitECS world, or of several that share an entity index, on a pool's
 * arena.
 *
 * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
 */
export function createStorage(
  world: World | readonly World[],
  pool: Pool,
  options: StorageOptions = {},
): Storage {
  const worlds = new Worlds(world)
  checkPool(pool)
  checkOptions('the options', options, ['capacity'])
  const { capacity = DEFAULT_CAPACITY } = options
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    const expected = `a whole number of rows from 1 to ${MAX_CAPACITY}`
    throw invalidArgument('the capacity', capacity, expected)
  }
  return new WorldStorage(worlds, pool, capacity)
}

/** Its methods may be called without it: `const { row } = storage`. */
class WorldStorage implements Storage {
  readonly components: Record<string, Component> = Object.create(null)
  readonly tables: Storage['tables']
  readonly pool: Pool
  readonly runs: RunQueue
  readonly openGroups = new Set<OpenGroup>()
  readonly parts: StorageParts
  readonly #worlds: Worlds
  /** What the bindings of all components share. */
  readonly #shared: Omit<BindingOptions, 'name' | 'fields' | 'isSparse' | 'columnCount'>
  readonly #registry = new ComponentRegistry()
  /** By number in the registry; tags have none. */
  readonly #bindings = new Bindings()
  readonly #tables: StorageTables
  readonly #publisher: Publisher
  readonly #worldState: WorldState
  readonly #packing: Packing
  readonly #commands: WorldCommands
  readonly #staleReferences: StaleReferences
  /** Undefined until a list drops removed entities. */
  #unsubscribe: (() => void) | undefined
  #isDisposed = false

  constructor(worlds: Worlds, pool: Pool, capacity: number) {
    const cells = new MemoryViews(pool)
    const memory = new VariableMemory(cells)
    const registry = this.#registry
    const bindings = this.#bindings
    const worldState = worldStateOf(worlds)
    const tables = new StorageTables(pool, worldState.runs.checkTables)
    const entries = () => registry.all.map(this.#entryOf)
    const version = () => registry.all.length + tables.version + bindings.version
    this.pool = pool
    this.tables = tables.byName
    this.runs = worldState.runs
    this.#worlds = worlds
    this.#tables = tables
    const options = { version, entries, tables: tables.entries }
    this.#publisher = new Publisher({ worlds, memory, ...options })
    this.#worldState = worldState
    this.#packing = new Packing({ worlds, registry, memory, bindingAt: bindings.at, worldState })
    this.#commands = new WorldCommands(worlds, registry, memory, this.#publisher.serial)
    this.#staleReferences = new StaleReferences(worlds, (isKept) => {
      this.runs.checkDone('taking removed entities out of lists')
      bindings.filter(isKept)
    })
    this.#shared = {
      worlds,
      pool,
      cells,
      memory,
      rowCount: capacity,
      removed: this.#staleReferences,
      sets: worldState,
      retire: (offset) => this.#publisher.retire(offset),
      checkIdle: (what) => this.runs.checkDone(what),
    }
    const [publisher, commands] = [this.#publisher, this.#commands]
    this.parts = { worlds, registry, bindings, memory, publisher, commands }
    worldState.all.add(this.#state)
  }

  /** What other storages of the worlds call. */
  readonly #state: StorageState = {
    beginAnew: () => {
      this.#bindings.beginAnew()
      if (this.#unsubscribe !== undefined) this.#unsubscribe = this.#staleReferences.subscribe()
    },
    sync: () => this.sync(),
    keep: (eid) => {
      this.#bindings.keep(eid)
      this.#staleReferences.keep(eid)
    },
  }

  readonly #entryOf = ({ number, name, fields }: Listed): ComponentEntry =>
    this.#bindings.at(number)?.store.entry ?? { name, fields, rowCount: 0, byteOffsets: [] }

  get isVersioned() {
    return this.#worlds.isVersioned
  }

  get isDisposed() {
    return this.#isDisposed
  }

  get handle() {
    this.#check()
    return this.#publisher.handle
  }

  readonly component = <const S extends Schema>(
    name: string,
    schema: S,
    options: ComponentOptions = {},
  ): SparseComponent<S> => {
    this.#check()
    checkOptions('the options', options, ['sparse'])
    const { sparse: isSparse = false } = options
    if (typeof isSparse !== 'boolean') throw invalidArgument('sparse', isSparse, 'true or false')
    this.#worlds.check()
    const fields = readSchema(name, schema)
    if (name in this.components) throw duplicateComponent(name)
    const isTag = fields.length === 0 && !isSparse
    const binding = isTag ? undefined : this.#bind(name, fields, isSparse)
    const component = binding?.component ?? {}
    this.components[name] = component
    this.#bindings.add(binding)
    this.#registry.add(name, component, fields)
    return component as SparseComponent<S> // a dense one is a Component<S>
  }

  #bind(name: string, fields: readonly Field[], isSparse: boolean): Binding {
    const columnCount = this.#registry.all.flatMap((listed) => listed.fields).length
    const binding = new Binding({ name, fields, isSparse, columnCount, ...this.#shared })
    if (fields.some(dropsRemoved)) this.#unsubscribe ??= this.#staleReferences.subscribe()
    return binding
  }

  readonly table: Storage['table'] = (name, schema, options) => {
    this.#check()
    return this.#tables.create(name, schema, options)
  }

  readonly row: Storage['row'] = (eid) => {
    this.#check()
    return this.#worlds.rowOf(eid)
  }

  readonly rows: Storage['rows'] = (component) => {
    this.#check()
    const { name, number } = this.#registry.find(component)
    const rows = this.#bindings.at(number)?.store.rows
    if (rows === undefined) throw notSparse(name)
    return rows
  }

  readonly sync = (): void => {
    this.#check()
    this.#worldState.checkRest('storage.sync()')
    this.runs.last?.repairTables()
    this.#bindings.sync()
    this.#staleReferences.sync()
    this.#tables.sync()
    this.#publisher.sync()
    this.#bindings.checkWorlds()
  }

  readonly publish = (): void => {
    this.#check()
    this.#staleReferences.sync() // workers do not check for them before they edit lists
    this.#publisher.publish()
  }

  readonly forget: Storage['forget'] = (slot, generation) => {
    this.#check()
    this.#publisher.forget(slot, generation)
    // Workers may be in chunks of the dead thread: then these are adopted when the run is done.
    if (this.runs.last?.isDone() ?? true) this.#tables.takeOver()
  }

  readonly commands: Storage['commands'] = (pool) => {
    this.#check()
    return this.#commands.create(pool)
  }

  readonly apply: Storage['apply'] = (commands) => {
    this.#checkRest('storage.apply()')
    this.runs.beginApplying()
    try {
      return this.#commands.apply(commands)
    } finally {
      this.runs.endApplying()
    }
  }

  readonly pack: Storage['pack'] = (eid) => {
    this.#checkRest('storage.pack()')
    return this.#packing.pack(eid)
  }

  readonly unpack: Storage['unpack'] = (offset, world) => {
    this.#checkRest('storage.unpack()')
    return this.#packing.unpack(offset, world)
  }

  readonly reset = (): void => {
    this.#check()
    this.#worlds.check()
    this.runs.checkApplied()
    this.#worldState.checkRest('storage.reset()')
    this.runs.last?.dropCommands()
    this.#worlds.reset()
    for (const storage of this.#worldState.all) storage.beginAnew()
    for (const storage of this.#worldState.all) storage.sync()
  }

  /** Everything that may throw comes before anything is changed. */
  readonly dispose = (): void => {
    this.#check()
    this.#worldState.checkRest('storage.dispose()')
    if (this.openGroups.size > 0) throw groupOpen(this.openGroups.size)
    this.#commands.checkIdle()
    this.#packing.checkIdle('storage.dispose()')
    this.#publisher.checkDetached()
    this.#tables.checkAlone()
    this.#isDisposed = true
    this.#tables.dispose()
    this.#commands.dispose()
    this.#worldState.all.delete(this.#state)
    this.#unsubscribe?.()
    this.#bindings.dispose()
    this.#shared.memory.internedTexts.sweep()
    this.#publisher.dispose()
  }

  #check(): void {
    if (this.#isDisposed) throw storageDisposed()
  }

  /** Before a call that changes the world. */
  #checkRest(what: string): void {
    this.#check()
    this.#worlds.check()
    this.runs.checkDone(what)
  }
}

const dropsRemoved = ({ type }: Field) => type.kind === 'list' && type.dropRemoved
