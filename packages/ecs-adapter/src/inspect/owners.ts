/** Which entities have a component, as bitECS has it: by their masks, and by its query. */
import { Prefab } from 'bitecs'
import type { Binding } from '../columns/binding.ts'
import { contextOf, type Worlds } from '../world/worlds.ts'

/**
 * Masks and queries differ for prefabs, which are in no query. They also differ after an observer has thrown
 * while bitECS removed an entity, or has given a component to an entity that was being removed.
 */
export interface ComponentOwners {
  /** By the mask and by the query, or prefabs. */
  readonly certain: ReadonlySet<number>
  /** By the mask or by the query. */
  readonly possible: ReadonlySet<number>
}

export class Owners {
  readonly #worlds: Worlds
  /** False once a world was deleted: nothing is known of its entities then. */
  readonly isKnown: boolean
  readonly entityMask: number
  readonly #all: readonly number[]

  constructor(worlds: Worlds) {
    this.#worlds = worlds
    this.isKnown = worlds.all.every((world) => contextOf(world) !== undefined)
    this.entityMask = worlds.entityIndex.entityMask
    this.#all = worlds.contexts.flatMap(({ entityComponents }) => [...entityComponents.keys()])
  }

  of({ component, owners }: Binding): ComponentOwners {
    const byMask = this.#all.filter((eid) => this.#worlds.has(eid, component))
    const byQuery = new Set(owners)
    const certain = byMask.filter((eid) => byQuery.has(eid) || this.isPrefab(eid))
    return { certain: new Set(certain), possible: new Set([...byMask, ...byQuery]) }
  }

  isPrefab(eid: number): boolean {
    return this.#worlds.has(eid, Prefab)
  }
}
