/** The component storage of bitECS worlds, on one pool. */
import type { Pool } from '@ashlar/core'
import type { EntityId, World } from 'bitecs'
import { Publisher } from '../attach/publisher.ts'
import { checkOptions, checkPool } from '../base/arguments.ts'
import { duplicateComponent, invalidArgument, notSparse, storageDisposed } from '../base/errors.ts'
import { Binding } from '../columns/binding.ts'
import { Bindings } from '../columns/bindings.ts'
import { WorldCommands } from '../commands/world-commands.ts'
import { VariableMemory } from '../lists/variable-memory.ts'
import { Cells } from '../memory/cells.ts'
import { ComponentRegistry } from '../schema/component-registry.ts'
import {
  type Component,
  type Field,
  readSchema,
  type Schema,
  type SparseComponent,
} from '../schema/schema.ts'
import type { ComponentEntry, ComponentRows } from '../shared/directory.ts'
import { StorageTables } from '../tables/storage-tables.ts'
import { checkAlone } from '../tables/table-root.ts'
import { StaleReferences } from '../world/stale-references.ts'
import { Worlds } from '../world/worlds.ts'
import { Packing } from './packing.ts'
import { groupOpen } from './run-errors.ts'
import type { ComponentOptions, OpenGroup, Storage, StorageOptions } from './storage-api.ts'
import { guardTable } from './table-guard.ts'
import { type StorageState, worldStateOf } from './world-state.ts'

/** Rows of a new column: with `f32`, a block of 4 KiB. */
const DEFAULT_CAPACITY = 1024
/** A column of `f64` would have as many bytes as the largest arena. */
const MAX_CAPACITY = 2 ** 28

/**
 * Puts components of a bitECS world on a pool's arena, or of several that share an entity index.
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
  const cells = new Cells(pool)
  const memory = new VariableMemory(pool, cells)
  const bindings = new Bindings()
  const sparse = new Map<string, ComponentRows>()
  /** Of all components, as they were made: their numbers in commands. */
  const places: (() => ComponentEntry)[] = []
  const registry = new ComponentRegistry()
  const tables = new StorageTables(pool)
  const share = new Publisher({
    pool,
    cells,
    worlds,
    memory,
    version,
    entries,
    tables: tables.entries,
  })
  const worldState = worldStateOf(worlds)
  const { runs } = worldState
  const packing = new Packing({ worlds, registry, memory, bindingAt: bindings.at, worldState })
  const worldCommands = new WorldCommands(worlds, pool, registry, share.serial)
  const retire = (offset: number) => share.retire(offset)
  const checkIdle = (what: string) => runs.checkDone(what)
  let columnCount = 0
  const staleReferences = new StaleReferences(worlds, (isKept) => {
    runs.checkDone('taking removed entities out of lists')
    bindings.filter(isKept)
  })
  let unwatchRemovals: (() => void) | undefined
  const components: Record<string, Component> = Object.create(null)
  const self: StorageState = { beginAnew, sync, keep }
  worldState.all.add(self)
  const openGroups = new Set<OpenGroup>()
  let isDisposed = false

  function component<const S extends Schema>(
    name: string,
    schema: S,
    options: ComponentOptions = {},
  ): SparseComponent<S> {
    checkUse()
    const isSparse = checkedSparse(options)
    worlds.check()
    const fields = readSchema(name, schema)
    if (name in components) throw duplicateComponent(name)
    if (fields.length === 0 && !isSparse) {
      components[name] = {}
      const entry = { name, fields, rowCount: 0, byteOffsets: [] }
      places.push(() => entry)
      bindings.add(undefined)
    } else {
      const what = { name, fields, isSparse, rowCount: capacity, columnCount }
      const shared = {
        worlds,
        pool,
        cells,
        retire,
        checkIdle,
        memory,
        removed: staleReferences,
        sets: worldState,
      }
      const binding = new Binding({ ...what, ...shared })
      if (unwatchRemovals === undefined && fields.some(dropsRemoved)) watchRemovals()
      bindings.add(binding)
      columnCount += fields.length
      components[name] = binding.component
      places.push(() => binding.store.entry)
      if (binding.store.rows !== undefined) sparse.set(name, binding.store.rows)
    }
    registry.add(name, components[name], fields)
    return components[name] as SparseComponent<S> // which is a Component<S> to those that are flat
  }

  function watchRemovals(): void {
    unwatchRemovals = staleReferences.subscribe()
  }

  function row(eid: EntityId): number {
    checkUse()
    return worlds.rowOf(eid)
  }

  function rows(component: Component | string): ComponentRows {
    checkUse()
    const { name } = registry.find(component)
    const found = sparse.get(name)
    if (found === undefined) throw notSparse(name)
    return found
  }

  function sync(): void {
    checkUse()
    worldState.checkRest('storage.sync()')
    runs.last?.repairTables()
    bindings.sync()
    staleReferences.sync()
    tables.sync()
    share.sync()
    bindings.checkWorlds()
  }

  function publish(): void {
    checkUse()
    staleReferences.sync() // a worker does not look at them before it puts an id into a list
    share.publish()
  }

  function forget(slot: number, generation?: number): void {
    checkUse()
    share.forget(slot, generation)
    // Workers may be at the chunks of one that died: these are taken over when the run is done.
    if (runs.last?.isDone() ?? true) tables.takeOver()
  }

  function version(): number {
    return places.length + tables.version + bindings.version
  }

  function entries(): ComponentEntry[] {
    return places.map((entry) => entry())
  }

  function reset(): void {
    checkUse()
    worlds.check()
    runs.checkApplied()
    worldState.checkRest('storage.reset()')
    runs.last?.dropCommands()
    worlds.reset()
    for (const sibling of worldState.all) sibling.beginAnew()
    for (const sibling of worldState.all) sibling.sync()
  }

  function beginAnew(): void {
    bindings.beginAnew()
    if (unwatchRemovals !== undefined) watchRemovals()
  }

  function keep(eid: number): void {
    bindings.keep(eid)
    staleReferences.keep(eid)
  }

  /** All that may refuse comes before anything is done. */
  function dispose(): void {
    checkUse()
    worldState.checkRest('storage.dispose()')
    if (openGroups.size > 0) throw groupOpen(openGroups.size)
    worldCommands.checkIdle()
    packing.checkIdle('storage.dispose()')
    share.checkDetached()
    tables.sync() // those that are detached here
    for (const { handle, name } of Object.values(tables.byName))
      checkAlone(pool, handle.offset, name)
    isDisposed = true
    tables.dispose()
    worldCommands.dispose()
    worldState.all.delete(self)
    unwatchRemovals?.()
    bindings.dispose()
    memory.internedTexts.sweep()
    share.dispose()
  }

  function checkUse(): void {
    if (isDisposed) throw storageDisposed()
  }

  /** Before what changes the world. */
  function checkWorldAtRest(what: string): void {
    checkUse()
    worlds.check()
    runs.checkDone(what)
  }

  return {
    components,
    tables: tables.byName,
    pool,
    runs,
    openGroups,
    parts: { worlds, registry, bindings, memory, publisher: share, commands: worldCommands },
    get isVersioned() {
      return worlds.entityIndex.versioning
    },
    get isDisposed() {
      return isDisposed
    },
    get handle() {
      checkUse()
      return share.handle
    },
    component,
    table(name, schema, options) {
      checkUse()
      return guardTable(tables.create(name, schema, options), runs)
    },
    commands(pool) {
      checkUse()
      return worldCommands.create(pool)
    },
    apply(commands) {
      checkWorldAtRest('storage.apply()')
      runs.beginApplying()
      try {
        return worldCommands.apply(commands)
      } finally {
        runs.endApplying()
      }
    },
    pack(eid) {
      checkWorldAtRest('storage.pack()')
      return packing.pack(eid)
    },
    unpack(offset, world) {
      checkWorldAtRest('storage.unpack()')
      return packing.unpack(offset, world)
    },
    row,
    rows,
    sync,
    publish,
    forget,
    reset,
    dispose,
  }
}

function checkedSparse(options: ComponentOptions): boolean {
  checkOptions('the options', options, ['sparse'])
  const { sparse = false }: { sparse?: unknown } = options
  if (typeof sparse !== 'boolean') throw invalidArgument('sparse', sparse, 'true or false')
  return sparse
}

const dropsRemoved = ({ type }: Field) => type.kind === 'list' && type.dropRemoved
