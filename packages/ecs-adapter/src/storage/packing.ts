/**
 * Moves entities from one world to another, also between threads. Lists and texts move by their
 * blocks, which are not copied.
 */
import type { Pool } from '@ashlar/core'
import { addComponent, addEntity, removeEntity, set, type World } from 'bitecs'
import { corrupt, invalidArgument, moveIsBusy } from '../base/errors.ts'
import type { Extension } from '../base/extensions.ts'
import type { StorageComponent, StorageComponents } from '../columns/storage-components.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { VariableColumn } from '../fields/variable-column.ts'
import type { Field } from '../schema/schema.ts'
import { newSerial } from '../shared/attachments.ts'
import { rememberQueries } from '../world/bitecs-internals.ts'
import type { Worlds } from '../world/worlds.ts'
import {
  claimPacked,
  endPacked,
  type PackedEntity,
  releasePacked,
  writePacked,
} from './packed-entity.ts'
import type { WorldState } from './world-state.ts'

export interface PackingOptions {
  worlds: Worlds
  components: StorageComponents
  memory: FieldMemory
  worldState: WorldState
}

/** A list or text of an entity that is being packed. */
interface Outgoing {
  readonly column: VariableColumn
  readonly row: number
  readonly block: number
  /** Whether `block` is not the row's: a plain copy of an interned text, or 0 without a row. */
  readonly isCopy: boolean
}

export class Packing implements Extension {
  readonly #options: PackingOptions
  /** Distinguishes entities of this storage from those of others, once they are packed. */
  readonly #serial = newSerial()
  /** How many calls of `moveIn` are running: observers of one may make another. */
  #moveCount = 0

  constructor(options: PackingOptions) {
    this.#options = options
  }

  /** See `moveOut`. */
  moveOut(eid: number): number {
    const { worlds, memory, components, worldState } = this.#options
    const { pool } = memory.views
    if (typeof eid !== 'number' || !worlds.exists(eid)) {
      throw invalidArgument('the entity', eid, 'one that is in the world')
    }
    const own = worlds.componentsOf(eid) // a later entity with this id has another Set
    const scalars: number[] = []
    const outgoing: Outgoing[] = []
    let offset = 0
    try {
      const present = components.all.filter(({ component }) => worlds.has(eid, component))
      for (const one of present) this.#packOne(one, eid, scalars, outgoing)
      const signatures = present.map(({ signature }) => signature)
      const blocks = outgoing.map(({ block }) => block)
      offset = writePacked(pool, { serial: this.#serial, signatures, blocks, scalars })
      for (const { column, row, isCopy } of outgoing) if (!isCopy) column.$setBlock(row, 0)
      removeSafely(worldState, worlds.of(eid)!, eid)
      return offset
    } catch (error) {
      // If an observer threw, the entity may still be there: then it gets its lists and texts back.
      const isThere = worlds.componentsOf(eid) === own
      for (const { column, row, block, isCopy } of outgoing) {
        if (!isThere || isCopy) freeBlock(pool, block)
        else if (offset !== 0) install(column, row, block)
      }
      if (offset !== 0) endPacked(pool, offset)
      throw error
    }
  }

  #packOne(
    { hooks, fields }: StorageComponent,
    eid: number,
    scalars: number[],
    outgoing: Outgoing[],
  ): void {
    const store = hooks?.store
    const row = store === undefined ? -1 : store.find(eid)
    for (const [i, { code }] of fields.entries()) {
      const column = store?.variable[i]
      if (column === undefined) scalars.push(row < 0 ? code.initial : store!.load(i, row))
      else if (row < 0) outgoing.push({ column, row, block: 0, isCopy: true })
      else outgoing.push({ column, row, ...column.$pack(row) })
    }
  }

  /** See `moveIn`. */
  moveIn(offset: number, world: World = this.#options.worlds.all[0]): number {
    const { worlds, memory } = this.#options
    const { pool } = memory.views
    if (!worlds.all.includes(world)) {
      throw invalidArgument('the world', world, 'one of those that createStorage() was given')
    }
    const packed = claimPacked(pool, offset)
    /** The blocks that the entity gets: for an interned text, not the packed copy. */
    const blocks = [...packed.blocks]
    const anew = () => blocks.flatMap((block, i) => (block === packed.blocks[i] ? [] : [i]))
    let columns: VariableColumn[] = []
    let eid: number
    this.#moveCount++
    try {
      const components = this.#componentsOf(packed)
      columns = components.flatMap(columnsOf)
      for (const [i, column] of columns.entries()) blocks[i] = column.$unpack(blocks[i])
      eid = this.#settle(world, components, packed, blocks)
    } catch (error) {
      for (const i of anew()) columns[i].$freeBlock(blocks[i])
      releasePacked(pool, offset)
      throw error
    } finally {
      this.#moveCount--
    }
    for (const i of anew()) freeBlock(pool, packed.blocks[i])
    endPacked(pool, offset)
    return eid
  }

  /** @throws StorageError 'move-busy' while a call of `moveIn` is running */
  checkDispose(): void {
    if (this.#moveCount > 0) throw moveIsBusy('storage.dispose()')
  }

  /** The components of this storage that have the signatures of a packed entity. */
  #componentsOf({ signatures, blocks, scalars }: PackedEntity): StorageComponent[] {
    const { all } = this.#options.components
    const components = signatures.map((signature) => {
      const listed = all.find((one) => one.signature === signature)
      if (listed !== undefined) return listed
      const own = all.map((one) => one.signature).join(', ')
      throw invalidArgument('a component of the packed entity', signature, `one of ${own}`)
    })
    const scalarCount = components.flatMap(({ fields }) => fields.filter(isScalar)).length
    if (blocks.length === components.flatMap(columnsOf).length && scalars.length === scalarCount) {
      return components
    }
    const given = scalars.length + blocks.length
    throw corrupt('the number of fields of a packed entity', given, signatures.join(', '))
  }

  /**
   * Makes an entity with the packed values. If this throws, the blocks still belong to the caller.
   * An observer may remove the entity, and another one may get its id.
   */
  #settle(
    world: World,
    components: readonly StorageComponent[],
    { scalars, serial }: PackedEntity,
    blocks: readonly number[],
  ): number {
    const { worlds, memory } = this.#options
    const isOwn = serial === this.#serial
    const eid = addEntity(world)
    const own = worlds.componentsOf(eid)
    const isThere = () => worlds.componentsOf(eid) === own
    let at = 0
    try {
      for (const { component, fields } of components) {
        if (!isThere()) break
        const values = fields.filter(isScalar).map(({ name, code }) => {
          const number = scalars[at++]
          return [name, code.valueOf(isOwn || !code.isOfStorage ? number : 0, memory)]
        })
        const given = fields.length === 0 ? component : set(component, Object.fromEntries(values))
        addComponent(world, eid, given)
      }
      // After the last observer, and before any block is installed, as `$takeIn` may throw.
      for (const [i, column] of components.flatMap(columnsOf).entries()) column.$takeIn?.(blocks[i])
    } catch (error) {
      if (isThere()) removeEntity(world, eid)
      throw error
    }
    at = 0
    for (const one of components) {
      const hasComponent = isThere() && worlds.has(eid, one.component)
      for (const column of columnsOf(one)) {
        const block = blocks[at++]
        if (hasComponent) install(column, one.hooks!.store.claim(eid), block)
        else column.$freeBlock(block)
      }
    }
    return eid
  }
}

/**
 * Removes an entity. If an observer throws, the entity keeps all it had: this puts it back into the
 * queries from which bitECS has taken it, and keeps storages from freeing its rows.
 * @throws what observers throw
 */
function removeSafely(state: WorldState, world: World, eid: number): void {
  const { worlds } = state
  const putBack = rememberQueries(world, eid)
  const own = worlds.componentsOf(eid) // a later entity with this id has another Set
  state.removalCount++
  try {
    removeEntity(world, eid)
  } catch (error) {
    if (worlds.componentsOf(eid) === own) {
      putBack()
      for (const storage of state.all) storage.$keep(eid)
    }
    throw error
  } finally {
    state.removalCount--
  }
}

/** The lists and texts of a component, in the order of its fields. */
const columnsOf = ({ hooks }: StorageComponent): VariableColumn[] =>
  (hooks?.store.variable ?? []).filter((column) => column !== undefined)

function install(column: VariableColumn, row: number, block: number): void {
  column.$freeRow(row) // frees what an observer has written
  column.$setBlock(row, block)
}

const isScalar = ({ code }: Field) => code.createColumn === undefined

function freeBlock(pool: Pool, block: number): void {
  if (block !== 0) pool.free(block)
}
