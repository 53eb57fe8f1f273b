/**
 * This folder has storages: the components for bitECS worlds, on one pool. Invariant: rows move,
 * and columns are freed, only in calls on the world's thread, and never while workers run a system.
 * The folder may import from all folders below it. Only its `packing.ts` and `world-state.ts` call
 * bitECS.
 */
import type { Pool } from '@ashlar/core'
import type { World } from 'bitecs'
import { checkOptions, checkPool } from '../base/arguments.ts'
import { duplicateComponent, invalidArgument, storageDisposed } from '../base/errors.ts'
import { groupOpen } from '../base/run-errors.ts'
import { codeOf } from '../base/thrown.ts'
import type { ComponentContext } from '../columns/component-context.ts'
import { ComponentHooks, type HooksOptions } from '../columns/component-hooks.ts'
import type { ComponentStore } from '../columns/component-store.ts'
import { defaultRowCount } from '../columns/default-row-count.ts'
import { DenseStore } from '../columns/dense-store.ts'
import { createNamed } from '../schema/named.ts'
import { readSchema } from '../schema/read-schema.ts'
import type { AnyComponent, Checked, Component, Schema } from '../schema/schema.ts'
import { Worlds } from '../world/worlds.ts'
import type { OpenGroup, Storage } from './storage-api.ts'
import type { StorageOptions, StorageStats } from './storage-options.ts'
import { StorageParts } from './storage-parts.ts'
import type { RunQueue, StorageState } from './world-state.ts'

/**
 * The greatest capacity. With this many rows, a column of `f64` has as many bytes as the largest
 * arena.
 */
const MAX_CAPACITY = 2 ** 28

/**
 * Makes a storage: it keeps the components of a bitECS world in the arena of a pool. Several worlds
 * can share a storage if they share an entity index.
 *
 * ```ts
 * const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
 * const world = createWorld()
 * const storage = createStorage(world, arena.openPool())
 * const Position = storage.component('Position', { x: t.f32, y: t.f32 })
 * ```
 * @param world the world, or all worlds that will use the components
 * @param pool a pool of this thread
 * @throws StorageError 'invalid-argument'; ArenaError 'out-of-memory'
 */
export function createStorage(
  world: World | readonly World[],
  pool: Pool,
  options: StorageOptions = {},
): Storage {
  const worlds = new Worlds(world)
  checkPool(pool)
  checkOptions('the options', options, ['capacity', 'onColumnsMoved', 'onWaiting'])
  const { capacity, onColumnsMoved, onWaiting } = options
  for (const [name, hook] of Object.entries({ onColumnsMoved, onWaiting })) {
    if (hook !== undefined && typeof hook !== 'function') {
      throw invalidArgument(name, hook, 'a function, or undefined')
    }
  }
  if (capacity !== undefined && !isCapacity(capacity)) {
    const expected = `a whole number of rows from 1 to ${MAX_CAPACITY}`
    throw invalidArgument('the capacity', capacity, expected)
  }
  return new WorldStorage(worlds, pool, options)
}

const isCapacity = (given: unknown) =>
  typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= MAX_CAPACITY

/**
 * The storage that `createStorage` returns. Callers may use its methods without the object:
 * `const { indexOf } = storage`.
 */
export class WorldStorage implements Storage, StorageState {
  readonly components = createNamed<AnyComponent>('component')
  readonly tables: Storage['tables']
  readonly pool: Pool
  readonly runs: RunQueue
  readonly openGroups = new Set<OpenGroup>()
  readonly parts: StorageParts
  readonly #worlds: Worlds
  readonly #capacity: number | undefined
  #isDisposed = false

  constructor(worlds: Worlds, pool: Pool, options: StorageOptions) {
    this.#worlds = worlds
    this.#capacity = options.capacity
    this.pool = pool
    this.parts = new StorageParts(worlds, pool, options)
    this.tables = this.parts.tables
    this.runs = this.parts.worldState.runs
    this.parts.worldState.all.add(this)
  }

  /** Starts over. Called after a storage of the same worlds has reset the worlds. */
  $beginAnew(): void {
    const { components, extensions } = this.parts
    components.beginAnew()
    for (const extension of extensions.all) extension.beginAnew?.()
  }

  $keep(eid: number): void {
    const { components, extensions } = this.parts
    components.keep(eid)
    for (const extension of extensions.all) extension.keep?.(eid)
  }

  get isVersioned() {
    return this.#worlds.isVersioned
  }

  get isDisposed() {
    return this.#isDisposed
  }

  get columnsVersion() {
    return this.parts.growth.version
  }

  readonly stats = (): StorageStats => {
    this.$check()
    const { growth, components } = this.parts
    const { movedColumnCount, waitingByteLength } = growth
    const columnByteLength = components.sumOf('columnByteLength')
    return { movedColumnCount, columnByteLength, waitingByteLength }
  }

  get handle() {
    this.$check()
    return this.parts.publisher.handle
  }

  readonly component = <const S extends Schema>(name: string, schema: Checked<S>): Component<S> =>
    this.$createComponent(name, schema) as Component<S>

  /**
   * Makes a component, for `component` and `createSparseComponent`.
   * @param createSparse makes the store of a sparse component, which has rows only for entities
   * that have the component
   */
  $createComponent(
    name: string,
    schema: Schema,
    createSparse?: (context: ComponentContext) => ComponentStore,
  ): AnyComponent {
    this.$check()
    this.#worlds.check()
    const isSparse = createSparse !== undefined
    const fields = readSchema(name, schema, 'component', isSparse)
    if (name in this.components) throw duplicateComponent(name)
    const { parts } = this
    const columnCount = parts.components.all.flatMap((listed) => listed.fields).length
    const context = { ...parts, name, fields, isSparse, columnCount }
    const isTag = fields.length === 0 && !isSparse
    const hooks = isTag ? undefined : this.#createHooks(context, createSparse ?? createDense)
    const component = hooks?.component ?? {}
    this.components[name] = component
    parts.components.add(name, component, fields, hooks)
    return component
  }

  #createHooks(
    context: Omit<HooksOptions, 'rowCount'>,
    createStore: (context: ComponentContext) => ComponentStore,
  ): ComponentHooks {
    let rowCount = this.#capacity ?? defaultRowCount(context.fields, this.pool.arena)
    for (;;) {
      try {
        return new ComponentHooks({ ...context, rowCount }, createStore)
      } catch (error) {
        // The free memory of the arena may consist of several pieces, so that a smaller capacity
        // may fit.
        const isFixed = this.#capacity !== undefined || context.isSparse || rowCount === 1
        if (isFixed || codeOf(error) !== 'out-of-memory') throw error
        rowCount /= 2
      }
    }
  }

  readonly indexOf: Storage['indexOf'] = (eid) => {
    this.$check()
    return this.#worlds.rowOf(eid)
  }

  readonly sync = (): void => {
    this.$check()
    const { components, worldState, extensions, publisher, growth } = this.parts
    worldState.checkRest('storage.sync()')
    this.runs.last?.repairTables()
    components.sync()
    // Loops by index, because an iterator would make garbage.
    for (let i = 0; i < extensions.synced.length; i++) extensions.synced[i].sync!()
    publisher.sync()
    growth.waitsSince = undefined
    growth.report()
    components.checkWorlds()
  }

  readonly publish = (): void => {
    this.$check()
    const { extensions, publisher, growth } = this.parts
    for (let i = 0; i < extensions.published.length; i++) extensions.published[i].publish!()
    publisher.publish()
    if (growth.isLate) growth.report(true)
  }

  readonly forget: Storage['forget'] = (slot, generation) => {
    this.$check()
    const { publisher, extensions } = this.parts
    publisher.forget(slot, generation)
    for (const extension of extensions.all) extension.adoptChunks?.()
  }

  readonly reset = (): void => {
    this.$check()
    this.#worlds.check()
    this.runs.checkApplied()
    const { worldState } = this.parts
    worldState.checkRest('storage.reset()')
    this.runs.last?.dropCommands()
    this.#worlds.reset()
    for (const storage of worldState.all) storage.$beginAnew()
    for (const storage of worldState.all) storage.sync()
  }

  /** Disposes of the storage. Every call that may throw comes before the first change. */
  readonly dispose = (): void => {
    this.$check()
    const { components, worldState, extensions, publisher } = this.parts
    worldState.checkRest('storage.dispose()')
    if (this.openGroups.size > 0) throw groupOpen(this.openGroups.size)
    publisher.checkDetached()
    for (const extension of extensions.all) extension.checkDispose?.()
    this.#isDisposed = true
    worldState.all.delete(this)
    components.dispose()
    for (const extension of extensions.all) extension.dispose?.()
    publisher.dispose()
  }

  /**
   * Checks that the storage can be used.
   * @throws StorageError 'storage-disposed' if it cannot
   */
  $check(): void {
    if (this.#isDisposed) throw storageDisposed()
  }

  /**
   * Checks that nothing uses rows now. Call it first in a function that changes the world.
   * @param what the calling function, for messages
   */
  $checkRest(what: string): void {
    this.$check()
    this.#worlds.check()
    this.runs.checkDone(what)
  }
}

const createDense = (context: ComponentContext) => new DenseStore(context)

/**
 * Checks that a value is a storage of this package, and returns it.
 * @throws StorageError 'invalid-argument' if it is none
 */
export function checkedStorage(storage: Storage): WorldStorage {
  if (storage instanceof WorldStorage) return storage
  throw invalidArgument('the storage', storage, 'what createStorage() gives')
}
