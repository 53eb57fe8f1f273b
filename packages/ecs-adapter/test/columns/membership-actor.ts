// How the players of the membership tests act, at rest and in observers.
import { addComponent, addEntity, addPrefab, removeComponent, removeEntity, set } from 'bitecs'
import { Player } from './membership-player.ts'
import { isDense, type Name, names } from './membership-sides.ts'

export abstract class Actor extends Player {
  /**
   * Entities that become prefabs only with the option `unseen`: those that were prefabs, and those
   * that stayed because an observer threw. See `membership-unreported.test.ts`.
   */
  protected readonly unfit = new Set<number>()
  #depth = 0
  /** How many calls of `removeEntity` are running. */
  #removals = 0

  override play(name: string, seed: number): string[] {
    this.#depth = 0
    this.#removals = 0
    return super.play(name, seed)
  }

  protected override act(self?: number): void {
    if (this.#depth > 1 || !this.isOnceIn(3)) return
    this.#depth++
    try {
      const isFree = this.options.unseen === true || this.#removals === 0
      const eids = isFree ? this.eids() : []
      const isMade = self !== undefined && this.eids().includes(self)
      const isSelf = isFree && isMade && this.isOnceIn(2)
      const eid = isSelf ? self : this.pick(eids)
      if (eid === undefined || this.isOnceIn(4)) this.spawn()
      else if (this.isOnceIn(3)) this.remove(eid)
      else if (this.isOnceIn(5)) this.kill(eid)
      else this.add(eid, this.pick(this.#removals > 0 ? names.filter(isDense) : names))
    } finally {
      this.#depth--
    }
  }

  protected spawn(): void {
    const world = this.pick(this.side.worlds)
    const eid = this.isOnceIn(8) ? addPrefab(world) : addEntity(world)
    for (let count = this.random(4); count > 0; count--) this.add(eid, this.pick(names))
  }

  protected add(eid: number, name: Name): void {
    const component = this.side.components[name]
    const isWhole = this.needsAll(eid, name)
    const given = isWhole || this.isOnceIn(2)
    const values = this.createValues(name, isWhole)
    addComponent(this.worldOf(eid), eid, given ? set(component, values) : component)
    this.see(eid)
  }

  protected remove(eid: number): void {
    const chosen = this.ownOf(eid).filter(() => this.isOnceIn(2))
    const components = chosen.map((name) => this.side.components[name])
    removeComponent(this.worldOf(eid), eid, ...components, this.pick(this.tags))
    this.see(eid)
  }

  protected kill(eid: number): void {
    const eids = this.eids()
    this.#removals++
    try {
      removeEntity(this.worldOf(eid), eid)
    } catch (error) {
      for (const one of eids) this.unfit.add(one)
      throw error
    }
    this.#removals--
    this.see(eid)
  }

  /** An observer that tells what it sees, and perhaps acts or throws. */
  protected observe(label: string, canThrow: boolean): (eid: number) => undefined {
    const kind = this.random(3)
    return (eid) => {
      this.tell(`${label}: ${eid} ${this.show(eid)}`)
      if (kind === 1) this.act(eid)
      // Of an entity that stays because an observer threw, `sync` frees the lists and sparse rows.
      const mayThrow = canThrow && this.ownOf(eid).every(isDense)
      if (kind === 2 && mayThrow && this.isOnceIn(8)) throw new Error(`boom in ${label}`)
    }
  }
}
