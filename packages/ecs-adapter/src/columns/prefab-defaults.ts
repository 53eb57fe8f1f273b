/**
 * Writes the defaults of a dense component to the rows of prefabs. bitECS does not report that a
 * prefab gets a component. But it asks the component afterwards, without the id. Then this class
 * searches all prefabs for those that have got the component since the last search.
 */
import { Prefab } from 'bitecs'
import { uncover } from '../world/component-watcher.ts'
import { listPrefabs, prefabVersion } from '../world/prefabs.ts'
import type { Worlds } from '../world/worlds.ts'

export class PrefabDefaults {
  readonly #worlds: Worlds
  readonly #component: object
  readonly #store: { clear(eid: number): void }
  /**
   * For each prefab whose row has its values: bitECS's Set of its components, see `componentsOf`.
   */
  readonly #done = new Map<number, unknown>()
  #prefabs: readonly number[] = []
  /** The value of `prefabVersion` when `#prefabs` were listed. */
  #version = -1
  /** The last entity that was added. */
  #added = 0
  /** bitECS's Set of its components, until bitECS asks the component. */
  #addedOwn: Set<unknown> | undefined

  /**
   * @param store its `clear` writes the values of a new row
   */
  constructor(worlds: Worlds, component: object, store: { clear(eid: number): void }) {
    this.#worlds = worlds
    this.#component = component
    this.#store = store
  }

  /**
   * Called when bitECS reports an entity that gets the component. bitECS will then ask the
   * component.
   */
  add(eid: number): void {
    uncover(this.#component) // bitECS does not ask a pair of a relation
    this.#added = eid
    this.#addedOwn = this.#worlds.componentsOf(eid)
  }

  /** Called when bitECS asks the component. */
  look(): void {
    const worlds = this.#worlds
    const own = this.#addedOwn
    // If an observer of the addition threw, bitECS has not asked the component for it.
    if (own?.has(this.#component) === true) {
      if (own.has(Prefab)) this.#look(this.#added) // an observer made it a prefab
      this.#addedOwn = undefined
      return
    }
    this.#addedOwn = undefined
    if (!worlds.havePrefabs) return
    const version = prefabVersion(worlds)
    if (version !== this.#version) {
      this.#version = version
      this.#prefabs = listPrefabs(worlds)
      for (const eid of this.#done.keys()) if (!worlds.has(eid, Prefab)) this.#done.delete(eid)
    }
    for (let i = 0; i < this.#prefabs.length; i++) this.#look(this.#prefabs[i])
  }

  /** Call it before values are written, because bitECS asks the component only afterwards. */
  write(eid: number): void {
    const worlds = this.#worlds
    if (worlds.havePrefabs && worlds.has(eid, Prefab)) this.#look(eid)
  }

  forget(): void {
    this.#done.clear()
    this.#prefabs = []
    this.#version = -1
    this.#addedOwn = undefined
  }

  #look(eid: number): void {
    const own = this.#worlds.componentsOf(eid)
    if (own?.has(this.#component) !== true) this.#done.delete(eid)
    else if (this.#done.get(eid) !== own) {
      const isReported = own === this.#addedOwn
      if (!isReported && isFirst(own, Prefab, this.#component)) this.#store.clear(eid)
      this.#done.set(eid, own)
    }
  }
}

/**
 * Returns whether an entity became a prefab before it got the component. If it got the component
 * first, its row has values already. (bitECS's Set of components is in the order of additions.)
 */
function isFirst(components: Set<unknown>, one: object, other: object): boolean {
  for (const component of components) {
    if (component === one) return true
    if (component === other) return false
  }
  return false
}
