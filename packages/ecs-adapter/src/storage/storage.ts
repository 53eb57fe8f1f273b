/**
 * The room of storages: components for bitECS worlds, on one pool. Invariant: rows move and columns
 * are freed only in calls on the world's thread, and never while workers run a system. The room may
 * know all rooms below; only its `packing.ts` and `world-state.ts` call bitECS.
 */
import type { Pool } from '@ashlar/core'
import type { World } from 'bitecs'
import { checkOptions, checkPool } from '../base/arguments.ts'
import { duplicateComponent, invalidArgument, storageDisposed } from '../base/errors.ts'
import { groupOpen } from '../base/run-errors.ts'
import { ComponentHooks } from '../columns/component-hooks.ts'
import { createNamed } from '../schema/named.ts'
import {
  type AnyComponent,
  type Component,
  type Field,
  readSchema,
  type Schema,
} from '../schema/schema.ts'
import { Worlds } from '../world/worlds.ts'
import type { OpenGroup, Storage, StorageOptions } from './storage-api.ts'
import { createParts, type StorageParts } from './storage-parts.ts'
import type { RunQueue, StorageState } from './world-state.ts'

/** With `f32`, a column begins as a block of 4 KiB. */
const DEFAULT_CAPACITY = 1024
/** With so many rows, a column of `f64` has as many bytes as the largest arena. */
const MAX_CAPACITY = 2 ** 28

/**
 * Makes a storage: it keeps the components of a bitECS world, or of several worlds that share an
 * entity index, in the arena of a pool.
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

/** Methods may be called without the object: `const { indexOf } = storage`. */
export class WorldStorage implements Storage, StorageState {
  readonly components = createNamed<AnyComponent>('component')
  readonly tables: Storage['tables']
  readonly pool: Pool
  readonly runs: RunQueue
  readonly openGroups = new Set<OpenGroup>()
  readonly parts: StorageParts
  readonly #worlds: Worlds
  /** Ends the subscription to removals. Undefined until there is a weak list. */
  #unsubscribe: (() => void) | undefined
  #isDisposed = false

  constructor(worlds: Worlds, pool: Pool, capacity: number) {
    this.#worlds = worlds
    this.pool = pool
    this.parts = createParts(worlds, pool, capacity)
    this.tables = this.parts.tables.byName
    this.runs = this.parts.worldState.runs
    this.parts.worldState.all.add(this)
  }

  /** Called when a storage of the same worlds has reset these: starts over. */
  $beginAnew(): void {
    const { components, staleReferences } = this.parts
    components.beginAnew()
    if (this.#unsubscribe !== undefined) this.#unsubscribe = staleReferences.subscribe()
  }

  $keep(eid: number): void {
    this.parts.components.keep(eid)
    this.parts.staleReferences.keep(eid)
  }

  get isVersioned() {
    return this.#worlds.isVersioned
  }

  get isDisposed() {
    return this.#isDisposed
  }

  get handle() {
    this.$check()
    return this.parts.publisher.handle
  }

  readonly component = <const S extends Schema>(name: string, schema: S): Component<S> =>
    this.$createComponent(name, schema, false) as Component<S>

  /** For `component` and `createSparseComponent`. */
  $createComponent(name: string, schema: Schema, isSparse: boolean): AnyComponent {
    this.$check()
    this.#worlds.check()
    const fields = readSchema(name, schema)
    if (name in this.components) throw duplicateComponent(name)
    const { components, context, staleReferences } = this.parts
    const columnCount = components.all.flatMap((listed) => listed.fields).length
    const isTag = fields.length === 0 && !isSparse
    const hooks = isTag
      ? undefined
      : new ComponentHooks({ name, fields, isSparse, columnCount, ...context })
    if (fields.some(isWeak)) this.#unsubscribe ??= staleReferences.subscribe()
    const component = hooks?.component ?? {}
    this.components[name] = component
    components.add(name, component, fields, hooks)
    return component
  }

  readonly indexOf: Storage['indexOf'] = (eid) => {
    this.$check()
    return this.#worlds.rowOf(eid)
  }

  readonly sync = (): void => {
    this.$check()
    const { components, worldState, staleReferences, tables, publisher } = this.parts
    worldState.checkRest('storage.sync()')
    this.runs.last?.repairTables()
    components.sync()
    staleReferences.sync()
    tables.sync()
    publisher.sync()
    components.checkWorlds()
  }

  readonly publish = (): void => {
    this.$check()
    this.parts.staleReferences.sync() // workers edit lists without a check for removed ids
    this.parts.publisher.publish()
  }

  readonly forget: Storage['forget'] = (slot, generation) => {
    this.$check()
    this.parts.publisher.forget(slot, generation)
    // Workers may use chunks of the dead thread until the run is done: then `sync` takes over.
    if (this.runs.last?.isDone() ?? true) this.parts.tables.takeOver()
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

  /** Whatever may throw comes before the first change. */
  readonly dispose = (): void => {
    this.$check()
    const { components, worldState, tables, publisher, commands, packing, memory } = this.parts
    worldState.checkRest('storage.dispose()')
    if (this.openGroups.size > 0) throw groupOpen(this.openGroups.size)
    commands.checkIdle()
    packing.checkIdle('storage.dispose()')
    publisher.checkDetached()
    tables.checkAlone()
    this.#isDisposed = true
    tables.dispose()
    commands.dispose()
    worldState.all.delete(this)
    this.#unsubscribe?.()
    components.dispose()
    memory.internedTexts.sweep()
    publisher.dispose()
  }

  /** @throws StorageError 'storage-disposed' */
  $check(): void {
    if (this.#isDisposed) throw storageDisposed()
  }

  /** Call it first in a function that changes the world. */
  $checkRest(what: string): void {
    this.$check()
    this.#worlds.check()
    this.runs.checkDone(what)
  }
}

const isWeak = ({ type }: Field) => type.kind === 'list' && type.isWeak

/** @throws StorageError 'invalid-argument' */
export function checkedStorage(storage: Storage): WorldStorage {
  if (storage instanceof WorldStorage) return storage
  throw invalidArgument('the storage', storage, 'what createStorage() gives')
}
