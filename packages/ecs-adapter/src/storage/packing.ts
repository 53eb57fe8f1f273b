/**
 * Moves entities from one world to another, also between threads. Their lists and texts move
 * without a copy: the entity keeps the blocks.
 */
import type { Pool } from '@ashlar/core'
import { addComponent, addEntity, removeEntity, set, type World } from 'bitecs'
import { corrupt, invalidArgument, moveIsBusy, type StorageError } from '../base/errors.ts'
import type { Extension } from '../base/extensions.ts'
import type { StorageComponent, StorageComponents } from '../columns/storage-components.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { VariableColumn } from '../fields/variable-column.ts'
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
  /**
   * Whether `block` is not the row's block. Then it is a plain copy of an interned text, or 0 for
   * an entity without a row.
   */
  readonly isCopy: boolean
}

export class Packing implements Extension {
  readonly #options: PackingOptions
  /**
   * A random number. It distinguishes packed entities of this storage from those of other storages.
   */
  readonly #serial = newSerial()
  /** The signature of each component in UTF-8, by its number. */
  readonly #signatures: Uint8Array[] = []
  /**
   * How many calls of `moveIn` are running. There can be several, because an observer may call
   * `moveIn`.
   */
  #moveCount = 0

  constructor(options: PackingOptions) {
    this.#options = options
  }

  /** Does the work of the function `moveOut`. */
  moveOut(eid: number): number {
    const { worlds, memory, components, worldState } = this.#options
    const { pool } = memory.views
    if (typeof eid !== 'number' || !worlds.exists(eid)) {
      throw invalidArgument('the entity', eid, 'one that is in the world')
    }
    const own = worlds.componentsOf(eid) // a later entity with this id has another Set
    const signatures: Uint8Array[] = []
    const scalars: number[] = []
    const outgoing: Outgoing[] = []
    let offset = 0
    try {
      for (const one of components.all) {
        if (!worlds.has(eid, one.component)) continue
        signatures.push(this.#signatureOf(one))
        this.#packOne(one, eid, scalars, outgoing)
      }
      const blocks = outgoing.map(({ block }) => block)
      offset = writePacked(pool, { serial: this.#serial, signatures, blocks, scalars })
      for (const { column, row, isCopy } of outgoing) if (!isCopy) column.$setBlock(row, 0)
      removeSafely(worldState, worlds.of(eid)!, eid)
      return offset
    } catch (error) {
      // If an observer threw, the entity may still exist: then it gets its lists and texts back.
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
    for (let i = 0; i < fields.length; i++) {
      const column = store?.variable[i]
      if (column === undefined) scalars.push(row < 0 ? fields[i].code.initial : store!.load(i, row))
      else if (row < 0) outgoing.push({ column, row, block: 0, isCopy: true })
      else {
        const { block, isCopy } = column.$pack(row)
        outgoing.push({ column, row, block, isCopy })
      }
    }
  }

  #signatureOf({ number, signature }: StorageComponent): Uint8Array {
    this.#signatures[number] ??= new TextEncoder().encode(signature)
    return this.#signatures[number]
  }

  /** Does the work of the function `moveIn`. */
  moveIn(offset: number, world: World = this.#options.worlds.all[0]): number {
    const { worlds, memory } = this.#options
    const { pool } = memory.views
    if (!worlds.all.includes(world)) {
      throw invalidArgument('the world', world, 'one of those that createStorage() was given')
    }
    const packed = claimPacked(pool, offset)
    /** The blocks that the entity gets. For an interned text, this is not the packed copy. */
    const blocks = [...packed.blocks]
    let columns: readonly VariableColumn[] = []
    let eid: number
    this.#moveCount++
    try {
      const components = this.#componentsOf(packed)
      columns = columnsOf(components)
      for (let i = 0; i < columns.length; i++) blocks[i] = columns[i].$unpack(blocks[i])
      eid = this.#settle(world, components, columns, packed, blocks)
    } catch (error) {
      for (let i = 0; i < columns.length; i++) {
        if (blocks[i] !== packed.blocks[i]) columns[i].$freeBlock(blocks[i])
      }
      releasePacked(pool, offset)
      throw error
    } finally {
      this.#moveCount--
    }
    for (let i = 0; i < blocks.length; i++) {
      if (blocks[i] !== packed.blocks[i]) freeBlock(pool, packed.blocks[i])
    }
    endPacked(pool, offset)
    return eid
  }

  /**
   * Checks that no call of `moveIn` is running.
   * @throws StorageError 'move-busy' if one is
   */
  checkDispose(): void {
    if (this.#moveCount > 0) throw moveIsBusy('storage.dispose()')
  }

  /** Returns the components of this storage that have the signatures of a packed entity. */
  #componentsOf({ signatures, blocks, scalars }: PackedEntity): StorageComponent[] {
    const { all } = this.#options.components
    const components: StorageComponent[] = []
    let blockCount = 0
    let fieldCount = 0
    for (const signature of signatures) {
      const component = all.find((one) => areEqual(this.#signatureOf(one), signature))
      if (component === undefined) throw unknownSignature(signature, all)
      components.push(component)
      fieldCount += component.fields.length
      for (const { code } of component.fields) if (code.createColumn !== undefined) blockCount++
    }
    if (blocks.length === blockCount && scalars.length === fieldCount - blockCount)
      return components
    const given = scalars.length + blocks.length
    throw corrupt('the number of fields of a packed entity', given, String(fieldCount))
  }

  /**
   * Makes an entity with the packed values. If this throws, the blocks still belong to the caller.
   * An observer may remove the entity, and bitECS may give its id to another entity.
   */
  #settle(
    world: World,
    components: readonly StorageComponent[],
    columns: readonly VariableColumn[],
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
        const values: Record<string, unknown> = {}
        for (const { name, code } of fields) {
          if (code.createColumn !== undefined) continue
          const number = scalars[at++]
          values[name] = code.valueOf(isOwn || !code.isOfStorage ? number : 0, memory)
        }
        addComponent(world, eid, fields.length === 0 ? component : set(component, values))
      }
      // After the last observer, and before any block is installed, because `$takeIn` may throw.
      for (let i = 0; i < columns.length; i++) columns[i].$takeIn?.(blocks[i])
    } catch (error) {
      if (isThere()) removeEntity(world, eid)
      throw error
    }
    at = 0
    for (const { component, hooks } of components) {
      const hasComponent = isThere() && worlds.has(eid, component)
      for (const column of hooks?.store.variable ?? []) {
        if (column === undefined) continue
        const block = blocks[at++]
        if (hasComponent) install(column, hooks!.store.claim(eid), block)
        else column.$freeBlock(block)
      }
    }
    return eid
  }
}

/**
 * Removes an entity. If an observer throws, the entity keeps everything that it had: this function
 * puts the entity back into the queries from which bitECS has removed it, and keeps storages from
 * freeing its rows.
 * @throws the error that an observer throws
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

/** Returns the lists and texts of components, in the order of the components and their fields. */
const columnsOf = (components: readonly StorageComponent[]): readonly VariableColumn[] =>
  components.flatMap(({ hooks }) => hooks?.store.variable ?? []).filter((one) => one !== undefined)

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let i = a.length === b.length ? 0 : -1
  while (i >= 0 && i < a.length && a[i] === b[i]) i++
  return i === a.length
}

function unknownSignature(signature: Uint8Array, all: readonly StorageComponent[]): StorageError {
  const given = new TextDecoder().decode(signature.slice()) // a copy: browsers refuse shared memory
  const own = all.map((one) => one.signature).join(', ')
  return invalidArgument('a component of the packed entity', given, `one of ${own}`)
}

function install(column: VariableColumn, row: number, block: number): void {
  column.$freeRow(row) // this frees a list or text that an observer has written
  column.$setBlock(row, block)
}

function freeBlock(pool: Pool, block: number): void {
  if (block !== 0) pool.free(block)
}
