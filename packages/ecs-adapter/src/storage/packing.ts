/**
 * Moves entities from one world to another, of any thread, with the blocks of their lists and
 * texts.
 */
import { addComponent, addEntity, removeEntity, set, type World } from 'bitecs'
import { corrupt, invalidArgument, packIsBusy } from '../base/errors.ts'
import type { StorageComponent, StorageComponents } from '../columns/storage-components.ts'
import type { VariableColumn } from '../lists/variable-column.ts'
import type { VariableMemory } from '../lists/variable-fields.ts'
import type { Field } from '../schema/schema.ts'
import type { Worlds } from '../world/worlds.ts'
import { type PackedComponent, PackedEntities } from './packed-entity.ts'
import type { WorldState } from './world-state.ts'

export interface PackingOptions {
  worlds: Worlds
  components: StorageComponents
  memory: VariableMemory
  worldState: WorldState
}

/** A list or text of an entity that is being packed. */
interface Outgoing {
  readonly variable: VariableColumn
  readonly row: number
  readonly block: number
  /** An interned text: the entity keeps its own, and a plain copy is packed. */
  readonly isCopy: boolean
}

/** A component of an entity that is being unpacked. */
interface Incoming extends StorageComponent {
  readonly scalars: readonly number[]
  /** Of its lists and texts. */
  readonly blocks: readonly number[]
}

/** A text that becomes interned, and the block of the plain copy that was packed. */
interface Interned {
  readonly block: number
  readonly copy: number
}

export class Packing {
  readonly #options: PackingOptions
  readonly #packed: PackedEntities
  /** Calls of `unpack` whose observers are running. */
  #unpackCount = 0

  constructor(options: PackingOptions) {
    this.#options = options
    this.#packed = new PackedEntities(options.memory.cells)
  }

  /** As `Storage.pack`. */
  pack(eid: number): number {
    const { worlds, memory, components, worldState } = this.#options
    if (typeof eid !== 'number' || !worlds.exists(eid)) {
      throw invalidArgument('the entity', eid, 'one that is in the world')
    }
    const own = worlds.componentsOf(eid) // the next entity with this id has another Set
    const outgoing: Outgoing[] = []
    let offset = 0
    try {
      const listed = components.all.filter(({ component }) => worlds.has(eid, component))
      offset = this.#packed.write(listed.map((one) => this.#packOne(one, eid, outgoing)))
      for (const { variable, row, isCopy } of outgoing) {
        if (!isCopy) variable.$setBlock(row, 0)
      }
      worldState.remove(worlds.of(eid)!, eid)
      return offset
    } catch (error) {
      // If an observer threw, the entity may still be there: then it gets back what it had.
      const isThere = worlds.componentsOf(eid) === own
      for (const { variable, row, block, isCopy } of outgoing) {
        if (!isThere || isCopy) memory.texts.free(block)
        else if (offset !== 0) install(variable, row, block)
      }
      if (offset !== 0) this.#packed.end(offset)
      throw error
    }
  }

  /** As `Storage.unpack`. */
  unpack(offset: number, world: World = this.#options.worlds.all[0]): number {
    if (!this.#options.worlds.all.includes(world)) {
      throw invalidArgument('the world', world, 'one of those that createStorage() was given')
    }
    const { cells, internedTexts } = this.#options.memory
    const components = this.#packed.claim(offset)
    const interned: Interned[] = []
    let eid: number
    this.#unpackCount++
    try {
      const incoming = components.map((packed) => this.#unpackOne(packed, interned))
      eid = this.#settle(world, incoming)
    } catch (error) {
      for (const { block } of interned) internedTexts.free(block)
      this.#packed.release(offset)
      throw error
    } finally {
      this.#unpackCount--
    }
    this.#packed.end(offset)
    for (const { copy } of interned) cells.pool.free(copy)
    return eid
  }

  /**
   * Call it before the storage ends.
   * @throws StorageError 'pack-busy' while an entity is unpacked
   */
  checkIdle(what: string): void {
    if (this.#unpackCount > 0) throw packIsBusy(what)
  }

  #packOne(
    { hooks, signature, fields }: StorageComponent,
    eid: number,
    outgoing: Outgoing[],
  ): PackedComponent {
    const { memory } = this.#options
    const store = hooks?.store
    const row = store === undefined ? -1 : store.find(eid)
    const scalars: number[] = []
    const blocks: number[] = []
    for (const [i, { type }] of fields.entries()) {
      const variable = store?.variable[i]
      if (variable === undefined) scalars.push(row < 0 ? 0 : store!.load(i, row))
      else if (row < 0) blocks.push(0)
      else {
        variable.$dropRemoved?.(row)
        const isCopy = isInterned({ type })
        const block = isCopy
          ? memory.texts.create(String(variable.$readRow(row)))
          : variable.$blockAt(row)
        outgoing.push({ variable, row, block, isCopy })
        blocks.push(block)
      }
    }
    return { signature, scalars, blocks }
  }

  #unpackOne({ signature, scalars, blocks }: PackedComponent, interned: Interned[]): Incoming {
    const { components, memory } = this.#options
    const listed = components.all.find((one) => one.signature === signature)
    if (listed === undefined) {
      const own = components.all.map((one) => one.signature).join(', ')
      throw invalidArgument('a component of the packed entity', signature, `one of ${own}`)
    }
    const variable = listed.fields.filter((field) => !isScalar(field))
    if (
      blocks.length !== variable.length ||
      scalars.length !== listed.fields.length - blocks.length
    ) {
      const given = scalars.length + blocks.length
      throw corrupt('the number of fields of a packed entity', given, signature)
    }
    const own = blocks.map((copy, i) => {
      if (!isInterned(variable[i])) return copy
      const block = memory.internedTexts.create(memory.texts.read(copy))
      interned.push({ block, copy })
      return block
    })
    return { ...listed, scalars, blocks: own }
  }

  /**
   * Makes the entity. If this throws, the blocks are still the caller's. An observer may remove the
   * entity, so that another one gets its id.
   */
  #settle(world: World, incoming: readonly Incoming[]): number {
    const { worlds } = this.#options
    const eid = addEntity(world)
    const own = worlds.componentsOf(eid)
    const isThere = () => worlds.componentsOf(eid) === own
    try {
      for (const { component, fields, scalars } of incoming) {
        if (!isThere()) break
        const values = fields.length === 0 ? component : set(component, valuesOf(fields, scalars))
        addComponent(world, eid, values)
      }
      // When all observers are done, and before anything is installed, as `takeIn` may throw.
      for (const one of incoming) {
        for (const [i, variable] of this.#variablesOf(one).entries()) {
          variable.$takeIn?.(one.blocks[i])
        }
      }
    } catch (error) {
      if (isThere()) removeEntity(world, eid)
      throw error
    }
    for (const one of incoming) this.#install(eid, one, isThere())
    return eid
  }

  #install(eid: number, incoming: Incoming, isThere: boolean): void {
    const { worlds, memory } = this.#options
    const { hooks, fields, component, blocks } = incoming
    const hasComponent = isThere && worlds.has(eid, component)
    const types = fields.filter((field) => !isScalar(field))
    for (const [i, variable] of this.#variablesOf(incoming).entries()) {
      if (hasComponent) install(variable, hooks!.store.claim(eid), blocks[i])
      else if (isInterned(types[i])) memory.internedTexts.free(blocks[i])
      else memory.texts.free(blocks[i])
    }
  }

  /** The lists and texts of a component, in the order of its fields. */
  #variablesOf({ hooks }: StorageComponent): VariableColumn[] {
    const { variable = [] } = hooks?.store ?? {}
    return variable.filter((field) => field !== undefined)
  }
}

function install(variable: VariableColumn, row: number, block: number): void {
  variable.$freeRow(row) // what an observer has written
  variable.$setBlock(row, block)
}

const isScalar = ({ type }: Pick<Field, 'type'>) => type.kind === 'scalar'
const isInterned = ({ type }: Pick<Field, 'type'>) => type.kind === 'text' && type.isInterned

/** As `set` takes them. */
function valuesOf(fields: readonly Field[], scalars: readonly number[]): Record<string, number> {
  return Object.fromEntries(fields.filter(isScalar).map(({ name }, i) => [name, scalars[i]]))
}
