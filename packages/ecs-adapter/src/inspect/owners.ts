/**
 * Finds the entities that have a component, by two sources: the masks of bitECS, and the query of
 * the component if it has one.
 */
import { getAllEntities, Prefab } from 'bitecs'
import type { ComponentHooks } from '../columns/component-hooks.ts'
import { isWorld } from '../world/bitecs-internals.ts'
import type { Worlds } from '../world/worlds.ts'

/**
 * The entities that have a component. Masks and queries differ for prefabs, which are in no query.
 * They also differ if an observer threw while bitECS removed an entity, or if an observer gave a
 * component to an entity that was being removed.
 */
export interface ComponentOwners {
  /**
   * The entities that have the component by mask and by query, and the prefabs that have it by
   * mask.
   */
  readonly certain: ReadonlySet<number>
  /** The entities that have the component by mask or by query. */
  readonly possible: ReadonlySet<number>
}

export class Owners {
  readonly #worlds: Worlds
  /** False if a world was deleted, because its entities are then unknown. */
  readonly isKnown: boolean
  readonly entityMask: number
  readonly #all: readonly number[]

  constructor(worlds: Worlds) {
    this.#worlds = worlds
    this.isKnown = worlds.all.every(isWorld)
    this.entityMask = worlds.entityMask
    this.#all = worlds.all.filter(isWorld).flatMap((world) => [...getAllEntities(world)])
  }

  of({ component, owners }: ComponentHooks): ComponentOwners {
    const byMask = this.#all.filter((eid) => this.#worlds.has(eid, component))
    if (owners === undefined) return { certain: new Set(byMask), possible: new Set(byMask) }
    const byQuery = new Set(owners)
    const certain = byMask.filter((eid) => byQuery.has(eid) || this.isPrefab(eid))
    return { certain: new Set(certain), possible: new Set([...byMask, ...byQuery]) }
  }

  isPrefab(eid: number): boolean {
    return this.#worlds.has(eid, Prefab)
  }
}
