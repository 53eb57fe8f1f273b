/** Finds which entities have a component: by their masks, and by its query in bitECS. */
import { getAllEntities, Prefab } from 'bitecs'
import type { ComponentHooks } from '../columns/component-hooks.ts'
import { isWorld } from '../world/bitecs-internals.ts'
import type { Worlds } from '../world/worlds.ts'

/**
 * Masks and queries differ for prefabs, which are in no query. They also differ if an observer
 * threw while bitECS removed an entity, or gave a component to an entity that was being removed.
 */
export interface ComponentOwners {
  /** Entities that have the component by mask and by query, and prefabs that have it by mask. */
  readonly certain: ReadonlySet<number>
  /** Entities that have the component by mask or by query. */
  readonly possible: ReadonlySet<number>
}

export class Owners {
  readonly #worlds: Worlds
  /** False once a world was deleted: its entities are unknown then. */
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
    const byQuery = new Set(owners)
    const certain = byMask.filter((eid) => byQuery.has(eid) || this.isPrefab(eid))
    return { certain: new Set(certain), possible: new Set([...byMask, ...byQuery]) }
  }

  isPrefab(eid: number): boolean {
    return this.#worlds.has(eid, Prefab)
  }
}
