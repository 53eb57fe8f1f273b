/** Which entities have a component, as bitECS has it. */
import { Prefab } from 'bitecs'
import { contextOf, type Worlds } from '../world/worlds.ts'

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

  /** Prefabs among them. */
  of(component: object): ReadonlySet<number> {
    return new Set(this.#all.filter((eid) => this.#worlds.has(eid, component)))
  }

  isPrefab(eid: number): boolean {
    return this.#worlds.has(eid, Prefab)
  }
}
