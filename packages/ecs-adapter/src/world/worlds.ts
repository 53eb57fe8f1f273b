/** The worlds of a storage: one, or several that share an entity index, so that no two have an id at once. */
import {
  $internal,
  entityExists,
  getId,
  hasComponent,
  type InternalWorld,
  resetWorld,
  type World,
  type WorldContext,
} from 'bitecs'
import { checkedEid } from '../base/arguments.ts'
import { invalidArgument, noNegativeId } from '../base/errors.ts'
import { noWorlds, otherIndex, worldTwice } from './world-errors.ts'

type EntityIndex = WorldContext['entityIndex']

/** What bitECS knows of a world; undefined of what is no world, or no longer one after `deleteWorld`. */
export const contextOf = (world: World): WorldContext => (world as InternalWorld)[$internal]

const isWorld = (given: unknown): given is World =>
  typeof given === 'object' && given !== null && contextOf(given) !== undefined

/** Takes a component away of which nobody has been told yet: queries do not match from then on. */
export function clearBit(world: World, eid: number, component: object): void {
  const { componentMap, entityMasks } = contextOf(world)
  const { generationId, bitflag } = componentMap.get(component)!
  entityMasks[generationId][eid] &= ~bitflag
}

export class Worlds {
  readonly all: readonly World[]
  readonly contexts: readonly WorldContext[]

  /** @throws StorageError 'invalid-argument' */
  constructor(given: World | readonly World[]) {
    this.all = isWorld(given) ? [given] : [...checkedList(given)]
    this.contexts = this.all.map(contextOf)
  }

  /** Where what is in no world yet is made. */
  get first(): World {
    return this.all[0]
  }

  get entityIndex(): EntityIndex {
    return this.contexts[0].entityIndex
  }

  /** Whether an index is that of every world: none was reset by itself. */
  haveIndex(index: EntityIndex): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      if (this.contexts[i].entityIndex !== index) return false
    }
    return true
  }

  /** Before what needs bitECS. @throws StorageError 'invalid-argument' after `deleteWorld` */
  check(): void {
    for (let i = 0; i < this.all.length; i++) {
      if (!isWorld(this.all[i])) throw noWorld('the world', this.all[i])
    }
  }

  /** The world that an entity is in. One that is alone is asked by others whether it is there. */
  of(eid: number): World | undefined {
    if (this.all.length === 1) return this.all[0]
    for (let i = 0; i < this.all.length; i++) {
      if (this.contexts[i].entityComponents.has(eid)) return this.all[i]
    }
    return undefined
  }

  /** The index of an entity in columns. @throws StorageError 'invalid-argument' for what is no id */
  rowOf(given: unknown): number {
    const eid = checkedEid(given)
    if (eid < 0 && !this.entityIndex.versioning) throw noNegativeId(eid)
    return getId(this.entityIndex, eid)
  }

  /** The components of an entity: another Set for whoever has its id later. */
  componentsOf(eid: number) {
    for (let i = 0; i < this.contexts.length; i++) {
      const components = this.contexts[i].entityComponents.get(eid)
      if (components !== undefined) return components
    }
    return undefined
  }

  /** Whether somebody has an id, also in a world of the same index that is none of these. */
  isInIndex(eid: number): boolean {
    const { sparse, dense, aliveCount, entityMask } = this.entityIndex
    const place = sparse[eid & entityMask]
    return place < aliveCount && dense[place] === eid
  }

  exists(eid: number): boolean {
    const world = this.of(eid)
    return world !== undefined && isWorld(world) && entityExists(world, eid)
  }

  has(eid: number, component: object): boolean {
    for (let i = 0; i < this.all.length; i++) {
      if (isWorld(this.all[i]) && hasComponent(this.all[i], eid, component)) return true
    }
    return false
  }

  /** Whether any of them has, or has had, an entity in a relation to another one. */
  get haveRelations(): boolean {
    for (let i = 0; i < this.contexts.length; i++) {
      if (this.contexts[i].entitiesWithRelations.size > 0) return true
    }
    return false
  }

  /** Components that they know. */
  get componentCount(): number {
    let sum = 0
    for (let i = 0; i < this.contexts.length; i++) sum += this.contexts[i].componentCount
    return sum
  }

  /** Whether any of them knows a component. */
  know(component: object): boolean {
    return this.contexts.some(({ componentMap }) => componentMap.has(component))
  }

  /** By bitECS's `resetWorld`, which gives each an index of its own: they share one again then. */
  reset(): void {
    for (const world of this.all) resetWorld(world)
    for (const context of this.contexts) context.entityIndex = this.entityIndex
  }
}

function checkedList(given: unknown): readonly World[] {
  if (!Array.isArray(given)) throw noWorld('the world', given)
  if (given.length === 0) throw noWorlds()
  for (const [i, world] of given.entries()) {
    if (!isWorld(world)) throw noWorld(`worlds[${i}]`, world)
    if (given.indexOf(world) < i) throw worldTwice(given.indexOf(world), i)
    if (contextOf(world).entityIndex !== contextOf(given[0]).entityIndex) throw otherIndex(i)
  }
  return given
}

const noWorld = (what: string, given: unknown) =>
  invalidArgument(
    what,
    given,
    'a world that createWorld of bitECS gave and that was not deleted since, or an array of such worlds',
  )
