/** Moves entities from one world to another, of any thread, with the blocks of their lists and texts. */
import { addComponent, addEntity, removeEntity, set, type World } from 'bitecs'
import { corrupt, invalidArgument, packIsBusy } from '../base/errors.ts'
import type { Binding } from '../columns/binding.ts'
import type { VariableField, VariableMemory } from '../lists/variable-fields.ts'
import type { ComponentRegistry, Listed } from '../schema/component-registry.ts'
import type { Field, FieldType } from '../schema/schema.ts'
import type { Worlds } from '../world/worlds.ts'
import { type PackedComponent, PackedEntities } from './packed-entity.ts'
import type { WorldState } from './world-state.ts'

export interface PackingOptions {
  worlds: Worlds
  registry: ComponentRegistry
  memory: VariableMemory
  worldState: WorldState
  /** By number of the component; undefined of a tag. */
  bindingAt(number: number): Binding | undefined
}

/** A list or text of an entity that is being packed. */
interface Held {
  readonly variable: VariableField
  readonly row: number
  readonly block: number
  /** Of an interned text: the entity keeps its own. */
  readonly isCopy: boolean
}

/** A component on its way in: what it is in this storage, and the blocks of its lists and texts. */
interface Arrival extends Listed {
  readonly scalars: readonly number[]
  readonly blocks: readonly number[]
}

export class Packing {
  readonly #options: PackingOptions
  readonly #packed: PackedEntities
  /** Calls of `unpack` whose observers are running. */
  #unpackCount = 0

  constructor(options: PackingOptions) {
    const { cells, utf8 } = options.memory
    this.#options = options
    this.#packed = new PackedEntities(cells.pool, cells, utf8)
  }

  /** As `Storage.pack`. */
  pack(eid: number): number {
    const { worlds, memory, registry, worldState } = this.#options
    if (typeof eid !== 'number' || !worlds.exists(eid)) {
      throw invalidArgument('the entity', eid, 'one that is in the world')
    }
    const own = worlds.componentsOf(eid) // another Set for whoever has the id later
    const held: Held[] = []
    let offset = 0
    try {
      const listed = registry.all.filter(({ component }) => worlds.has(eid, component))
      offset = this.#packed.write(listed.map((one) => this.#packOne(one, eid, held)))
      for (const { variable, row, isCopy } of held) {
        if (!isCopy) variable.handles.setBlock(row, 0)
      }
      worldState.remove(worlds.of(eid)!, eid)
      return offset
    } catch (error) {
      // Where an observer threw, the entity may be there still: with what it had.
      const isThere = worlds.componentsOf(eid) === own
      for (const { variable, row, block, isCopy } of held) {
        if (!isThere || isCopy) memory.texts.free(block)
        else if (offset !== 0) install(variable, row, block)
      }
      if (offset !== 0) this.#packed.end(offset)
      throw error
    }
  }

  /** As `Storage.unpack`. */
  unpack(offset: number, world: World = this.#options.worlds.first): number {
    if (!this.#options.worlds.all.includes(world)) {
      throw invalidArgument('the world', world, 'one of those that createStorage() was given')
    }
    const { cells, internedTexts } = this.#options.memory
    const components = this.#packed.claim(offset)
    const interned: number[] = []
    const copies: number[] = []
    let eid: number
    this.#unpackCount++
    try {
      eid = this.#settle(
        world,
        components.map((packed) => this.#arrive(packed, interned, copies)),
      )
    } catch (error) {
      for (const block of interned) internedTexts.free(block)
      this.#packed.release(offset)
      throw error
    } finally {
      this.#unpackCount--
    }
    this.#packed.end(offset)
    for (const copy of copies) if (copy !== 0) cells.pool.free(copy)
    return eid
  }

  /** Before the storage ends. @throws StorageError 'pack-busy' while an entity is being unpacked */
  checkIdle(what: string): void {
    if (this.#unpackCount > 0) throw packIsBusy(what)
  }

  #packOne({ number, signature, fields }: Listed, eid: number, held: Held[]): PackedComponent {
    const { bindingAt, memory } = this.#options
    const binding = bindingAt(number)
    const scalars: number[] = []
    const blocks: number[] = []
    for (const [i, { type }] of fields.entries()) {
      const { store } = binding!
      const row = store.find(eid)
      const variable = store.fields?.byField[i]
      if (row < 0 || variable === undefined) {
        if (type.kind === 'scalar') scalars.push(row < 0 ? 0 : store.columns.load(i, row))
        else blocks.push(0)
        continue
      }
      variable.dropRemoved?.(row)
      const isCopy = isInterned(type)
      const block = isCopy
        ? memory.texts.create(String(variable.read(row)))
        : variable.handles.blockAt(row)
      held.push({ variable, row, block, isCopy })
      blocks.push(block)
    }
    return { signature, scalars, blocks }
  }

  #arrive(packed: PackedComponent, interned: number[], copies: number[]): Arrival {
    const { registry, memory } = this.#options
    const { signature, scalars } = packed
    const listed = registry.all.find((one) => one.signature === signature)
    if (listed === undefined) {
      const own = registry.all.map((one) => one.signature).join(', ')
      throw invalidArgument('a component of the packed entity', signature, `one of ${own}`)
    }
    const types = listed.fields.map(({ type }) => type).filter(({ kind }) => kind !== 'scalar')
    if (
      packed.blocks.length !== types.length ||
      scalars.length !== listed.fields.length - types.length
    ) {
      throw corrupt(
        'the number of fields of a packed entity',
        scalars.length + packed.blocks.length,
        signature,
      )
    }
    const blocks = packed.blocks.map((block, i) => {
      if (!isInterned(types[i])) return block
      copies.push(block)
      interned.push(memory.internedTexts.create(memory.texts.read(block)))
      return interned[interned.length - 1]
    })
    return { ...listed, scalars, blocks }
  }

  /**
   * Makes the entity; nobody has the blocks but it, or whoever gave them where this throws. An observer may take
   * it away again, and give its id to somebody else.
   */
  #settle(world: World, arrivals: readonly Arrival[]): number {
    const { worlds } = this.#options
    const eid = addEntity(world)
    const own = worlds.componentsOf(eid)
    const isThere = () => worlds.componentsOf(eid) === own
    try {
      for (const { component, fields, scalars } of arrivals) {
        if (!isThere()) break
        addComponent(
          world,
          eid,
          fields.length === 0 ? component : set(component, valuesOf(fields, scalars)),
        )
      }
      for (const arrival of arrivals) this.#takeIn(arrival)
    } catch (error) {
      if (isThere()) removeEntity(world, eid)
      throw error
    }
    for (const arrival of arrivals) this.#install(eid, arrival, isThere())
    return eid
  }

  /** When all observers are done, and before anything is installed. @throws StorageError 'group-busy' */
  #takeIn({ number, fields, blocks }: Arrival): void {
    const variable = fields.map((_, i) => this.#options.bindingAt(number)?.store.fields?.byField[i])
    for (const [place, field] of variable.filter((one) => one !== undefined).entries()) {
      field.takeIn?.(blocks[place] ?? 0)
    }
  }

  #install(eid: number, { number, fields, component, blocks }: Arrival, isThere: boolean): void {
    const { worlds, bindingAt, memory } = this.#options
    const binding = bindingAt(number)
    const hasComponent = isThere && worlds.has(eid, component)
    let place = 0
    for (const [i, { type }] of fields.entries()) {
      const variable = binding?.store.fields?.byField[i]
      if (binding === undefined || variable === undefined) continue
      const block = blocks[place++] ?? 0
      if (hasComponent) {
        install(variable, binding.store.claim(eid), block)
      } else if (isInterned(type)) memory.internedTexts.free(block)
      else if (block !== 0) memory.cells.pool.free(block)
    }
  }
}

function install(variable: VariableField, row: number, block: number): void {
  variable.free(row) // what an observer has written
  variable.handles.setBlock(row, block)
}

const isInterned = (type: FieldType) => type.kind === 'text' && type.isInterned

/** Of the scalar fields, as `set` takes them. */
function valuesOf(fields: readonly Field[], scalars: readonly number[]): Record<string, number> {
  const names = fields.filter(({ type }) => type.kind === 'scalar').map(({ name }) => name)
  return Object.fromEntries(names.map((name, i) => [name, scalars[i] ?? 0]))
}
