/**
 * Writes the defaults of a dense component to the rows of prefabs. bitECS does not report that a
 * prefab gets a component, but asks the component afterwards, without the id: then the prefabs are
 * looked through for those that have it newly.
 */
import { Prefab } from 'bitecs'
import { uncover } from '../world/component-watcher.ts'
import { listPrefabs, prefabVersion } from '../world/prefabs.ts'
import type { Worlds } from '../world/worlds.ts'

export class PrefabDefaults {
  readonly #worlds: Worlds
  readonly #component: object
  readonly #owns: (eid: number) => boolean
  readonly #store: { clear(eid: number): void }
  /** By prefab whose row has its values: bitECS's Set of its components, see `componentsOf`. */
  readonly #done = new Map<number, unknown>()
  #prefabs: readonly number[] = []
  /** `prefabVersion` when `#prefabs` were listed. */
  #version = -1
  /** The entity that was added last, until bitECS asks the component; 0 for none. */
  #added = 0

  /**
   * @param owns whether bitECS has reported that an entity got the component: it was no prefab then
   * @param store `clear` writes the values of a new row
   */
  constructor(
    worlds: Worlds,
    component: object,
    owns: (eid: number) => boolean,
    store: { clear(eid: number): void },
  ) {
    this.#worlds = worlds
    this.#component = component
    this.#owns = owns
    this.#store = store
  }

  /** bitECS has reported an entity that gets the component, so will ask for it. */
  add(eid: number): void {
    uncover(this.#component) // a relation's pair would not be asked
    this.#added = eid
  }

  /** bitECS has asked the component. */
  look(): void {
    const worlds = this.#worlds
    const added = this.#added
    this.#added = 0
    // If an observer of the addition threw, bitECS has not asked for it.
    if (added !== 0 && worlds.componentsOf(added)?.has(this.#component) === true) return
    if (!worlds.havePrefabs) return
    const version = prefabVersion(worlds)
    if (version !== this.#version) {
      this.#version = version
      this.#prefabs = listPrefabs(worlds)
    }
    for (let i = 0; i < this.#prefabs.length; i++) this.#look(this.#prefabs[i])
  }

  /** Values are about to be written: bitECS asks only afterwards. */
  write(eid: number): void {
    const worlds = this.#worlds
    if (worlds.havePrefabs && worlds.has(eid, Prefab)) this.#look(eid)
  }

  forget(): void {
    this.#done.clear()
    this.#prefabs = []
    this.#version = -1
    this.#added = 0
  }

  #look(eid: number): void {
    const own = this.#worlds.componentsOf(eid)
    if (own?.has(this.#component) !== true) this.#done.delete(eid)
    else if (this.#done.get(eid) !== own) {
      if (!this.#owns(eid)) this.#store.clear(eid)
      this.#done.set(eid, own)
    }
  }
}
