// The steps of the membership tests: each operation of bitECS that touches what entities have.
import {
  addComponent,
  addComponents,
  addEntity,
  addPrefab,
  asBuffer,
  commitRemovals,
  getHierarchyDepth,
  Hierarchy,
  noCommit,
  observe,
  onAdd,
  onGet,
  onRemove,
  onSet,
  Pair,
  Prefab,
  type QueryTerm,
  query,
  registerQuery,
  removeComponent,
  removeQuery,
  set,
  setComponent,
  type World,
} from 'bitecs'
import { Actor } from './membership-actor.ts'
import { isDense, names } from './membership-sides.ts'

interface Used {
  readonly world: World
  readonly label: string
  readonly terms: QueryTerm[]
}

export class StepPlayer extends Actor {
  #used: Used[] = []
  #ends: (() => void)[] = []
  /** Makes the queries for one component, which the storage may or may not have made already. */
  registerAll(): void {
    for (const world of this.side.worlds) {
      for (const name of names) query(world, [this.side.components[name]])
    }
  }

  #withAny(call: (eid: number, world: World) => void): void {
    const eid = this.pick(this.eids())
    if (eid === undefined) return
    call(eid, this.worldOf(eid))
    if (this.eids().includes(eid)) this.see(eid)
  }

  #relate(eid: number, relation: string): void {
    const target = this.pick(this.eids())
    if (target !== eid) addComponent(this.worldOf(eid), eid, Pair(this.relations[relation], target))
  }

  #tellQuery(label: string, found: ArrayLike<number>): void {
    this.tell(`query ${label}: ${Array.from(found)}`)
  }

  #newTerms(): Used {
    const used = { world: this.pick(this.side.worlds), ...this.createTerms() }
    this.#used.push(used)
    return used
  }

  /** Whether all components are dense and have only scalars: others are added in two steps. */
  #isPlain({ label }: Used): boolean {
    return !/Thin|Trail/.test(label)
  }

  readonly steps: Record<string, () => void> = {
    spawn: () => this.spawn(),
    spawnMany: () => {
      for (let count = this.random(6); count > 0; count--) this.spawn()
    },
    spawnWith: () => {
      const [one, two] = [this.pick(names), this.pick(names)]
      const { components } = this.side
      const given = set(components[two], this.createValues(two, false))
      const world = this.pick(this.side.worlds)
      this.see(addEntity(world, components[one], given, this.pick(this.tags)))
    },
    prefab: () => this.add(addPrefab(this.pick(this.side.worlds)), this.pick(names)),
    toPrefab: () =>
      this.#withAny((eid, world) => {
        if (this.options.unseen || !this.unfit.has(eid)) addComponent(world, eid, Prefab)
      }),
    fromPrefab: () => {
      const prefabs = this.eids().filter((eid) => this.has(eid, Prefab))
      for (const eid of prefabs) {
        this.unfit.add(eid)
        if (this.isOnceIn(3)) removeComponent(this.worldOf(eid), eid, Prefab)
      }
    },
    add: () => this.#withAny((eid) => this.add(eid, this.pick(names))),
    addMany: () =>
      this.#withAny((eid, world) => {
        const given = names
          .filter((name) => !this.needsAll(eid, name) && this.isOnceIn(2))
          .map((name) => {
            const component = this.side.components[name]
            return this.isOnceIn(2) ? component : set(component, this.createValues(name, false))
          })
        addComponents(world, eid, given)
      }),
    tag: () => this.#withAny((eid, world) => addComponent(world, eid, this.pick(this.tags))),
    set: () =>
      this.#withAny((eid, world) => {
        const name = this.pick(this.ownOf(eid))
        if (name === undefined) return
        setComponent(world, eid, this.side.components[name], this.createValues(name, false))
      }),
    write: () =>
      this.#withAny((eid) => {
        for (const name of this.ownOf(eid)) {
          if (isDense(name)) this.side.write(name, eid, this.createValues(name, true))
        }
      }),
    remove: () => this.#withAny((eid) => this.remove(eid)),
    again: () =>
      this.#withAny((eid, world) => {
        for (const name of this.ownOf(eid)) {
          removeComponent(world, eid, this.side.components[name])
          this.see(eid)
          if (this.isOnceIn(2)) this.add(eid, name)
        }
      }),
    kill: () => {
      const eid = this.options.lastOnly ? this.eids().at(-1) : this.pick(this.eids())
      if (eid !== undefined) this.kill(eid)
    },
    killMany: () => {
      const eids = this.eids()
        .reverse()
        .filter((_, i) => (this.options.lastOnly ? i < 2 : this.isOnceIn(3)))
      for (const eid of eids) this.kill(eid)
    },
    inherit: () => this.#withAny((eid) => this.#relate(eid, 'IsA')),
    relate: () =>
      this.#withAny((eid) => this.#relate(eid, this.pick(Object.keys(this.relations).slice(0, 4)))),
    unrelate: () =>
      this.#withAny((eid, world) => {
        const target = this.pick(this.eids())
        const [, relation] = this.pick(Object.entries(this.relations))
        removeComponent(world, eid, Pair(relation, this.isOnceIn(8) ? '*' : target))
      }),
    /** Gives a new entity, with a used id, what its forerunner had. */
    recycle: () =>
      this.#withAny((eid, world) => {
        if (this.options.lastOnly && eid !== this.eids().at(-1)) return
        const own = this.ownOf(eid)
        this.kill(eid)
        const heir = addEntity(world)
        this.see(heir)
        for (const name of own) this.add(heir, name)
      }),
    query: () => {
      const { world, label, terms } = this.#newTerms()
      this.#tellQuery(label, query(world, terms))
    },
    register: () => {
      const { world, terms } = this.#newTerms()
      registerQuery(world, terms) // a second time, too: then there are two queries
    },
    noCommit: () => {
      const { world, label, terms } = this.#newTerms()
      this.#tellQuery(label, query(world, terms, noCommit))
    },
    buffer: () => {
      const { world, label, terms } = this.#newTerms()
      this.#tellQuery(label, query(world, terms, asBuffer))
    },
    hierarchy: () => {
      if (this.options.lastOnly) return // bitECS's arrays of depths are as long as versioned ids
      const world = this.pick(this.side.worlds)
      const { label, terms } = this.createTerms()
      const { ChildOf } = this.relations
      const depth = this.isOnceIn(2) ? undefined : this.random(3)
      this.#tellQuery(`${label} by depth`, query(world, [...terms, Hierarchy(ChildOf, depth)]))
      this.#withAny((eid) => this.tell(`depth ${getHierarchyDepth(world, eid, ChildOf)}`))
    },
    queryAgain: () => {
      for (const { world, label, terms } of this.#used) this.#tellQuery(label, query(world, terms))
    },
    removeQuery: () => {
      if (this.options.unseen && this.isOnceIn(2)) {
        const name = this.pick(names.filter(isDense))
        removeQuery(this.pick(this.side.worlds), [this.side.components[name]])
        return
      }
      const used = this.pick(this.#used)
      if (used !== undefined && used.terms.length > 1) removeQuery(used.world, used.terms)
    },
    commit: () => commitRemovals(this.pick(this.side.worlds)),
    observeAdd: () => {
      const used = this.#newTerms()
      const observer = this.observe(`add ${used.label}`, this.#isPlain(used))
      this.#ends.push(observe(used.world, onAdd(...used.terms), observer))
    },
    observeRemove: () => {
      const used = this.#newTerms()
      const observer = this.observe(`remove ${used.label}`, this.#isPlain(used))
      this.#ends.push(observe(used.world, onRemove(...used.terms), observer))
    },
    observeSet: () => {
      const [name, world] = [this.pick(names), this.pick(this.side.worlds)]
      const observer = this.observe(`set ${name}`, isDense(name))
      this.#ends.push(observe(world, onSet(this.side.components[name]), observer))
    },
    observeGet: () => {
      const [name, world] = [this.pick(names), this.pick(this.side.worlds)]
      const observer = (eid: number) => ({ [`eid${this.#ends.length}`]: eid })
      this.#ends.push(observe(world, onGet(this.side.components[name]), observer))
    },
    unsubscribe: () => {
      if (this.#ends.length < 4) return
      const [end] = this.#ends.splice(this.random(this.#ends.length), 1)
      end?.()
    },
    sync: () => this.side.sync(),
    reset: () => {
      if (!this.isOnceIn(8)) return
      this.side.reset()
      this.known.clear()
      this.#used = []
      this.#ends = []
      this.registerAll()
    },
  }
}
