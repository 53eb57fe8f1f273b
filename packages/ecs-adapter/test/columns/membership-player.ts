// What the players of the membership tests see, and what they say of it. Two players with the same
// seed do the same on both sides, as long as both sides show them the same.
import {
  And,
  createRelation,
  entityExists,
  getAllEntities,
  getComponent,
  getEntityComponents,
  getRelationTargets,
  hasComponent,
  IsA,
  Not,
  Or,
  Pair,
  Prefab,
  type QueryTerm,
  Wildcard,
  type World,
} from 'bitecs'
import { isMadeIn } from '../../src/world/bitecs-internals.ts'
import { createRandom } from '../support.ts'
import {
  hasDefaults,
  isDense,
  type Name,
  names,
  type Side,
  type Values,
} from './membership-sides.ts'

export interface PlayerOptions {
  /** The last entity is removed first: in another order, bitECS loses versioned ids. */
  readonly lastOnly?: boolean
  /** Whether steps also do what bitECS 0.4 does not tell the observers of a query. */
  readonly unseen?: boolean
}

export abstract class Player {
  readonly side: Side
  protected readonly options: PlayerOptions
  protected readonly tags = [{}, {}]
  protected readonly relations: Record<string, ReturnType<typeof createRelation>>
  protected random = createRandom(0)
  /** Dense rows that an entity has had. */
  protected readonly known = new Map<string, [Name, number]>()
  #log: string[] = []

  constructor(side: Side, options: PlayerOptions) {
    this.side = side
    this.options = options
    this.relations = {
      Likes: createRelation(),
      Only: createRelation({ exclusive: true }),
      ChildOf: createRelation({ autoRemoveSubject: options.lastOnly !== true }),
      Watches: createRelation({
        // bitECS gives the world, the subject and the target. Its types lack the world.
        onTargetRemoved: (...given: unknown[]) => {
          this.tell(`target removed: ${given.slice(1)}`)
          this.act()
        },
      }),
      IsA,
    }
  }

  /** The steps by name. */
  abstract readonly steps: Readonly<Record<string, () => void>>
  /** What an observer does now and then. */
  protected abstract act(): void

  /** Does a step. Returns what to compare: what happened, and how things are now. */
  play(name: string, seed: number): string[] {
    this.random = createRandom(seed)
    this.#log = []
    try {
      this.steps[name]()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      // bitECS inherits undefined of a component that it only lists. Both sides throw then.
      this.tell(`thrown: ${message.includes('undefined') ? 'undefined' : message}`)
    }
    const told = this.#log
    for (const eid of this.eids()) this.see(eid)
    return [...told, ...this.#state()]
  }

  protected tell(line: string): void {
    this.#log.push(line)
  }

  protected pick<T>(list: readonly T[]): T {
    return list[this.random(list.length)]
  }

  protected isOnceIn(count: number): boolean {
    return this.random(count) === 0
  }

  protected eids(): number[] {
    return this.side.worlds.flatMap((world) => getAllEntities(world))
  }

  protected worldOf(eid: number): World {
    return this.side.worlds.find((world) => isMadeIn(world, eid)) ?? this.side.worlds[0]
  }

  protected has(eid: number, what: object): boolean {
    return hasComponent(this.worldOf(eid), eid, what)
  }

  protected ownOf(eid: number): Name[] {
    return names.filter((name) => this.has(eid, this.side.components[name]))
  }

  /** Whether `set` must give all values: nobody clears the row of a prefab without defaults. */
  protected needsAll(eid: number, name: Name): boolean {
    return !hasDefaults(name) && this.has(eid, Prefab)
  }

  protected createValues(name: Name, isWhole: boolean): Values {
    const value = () => this.random(100)
    const all: Record<Name, Values> = {
      Plain: { x: value(), n: value() },
      Count: { v: value() },
      Health: { points: value(), rate: value(), max: value() },
      Late: { q: value() },
      Thin: { heat: value(), kind: value() },
      Trail: { cost: value(), marks: Array.from({ length: this.random(4) }, value) },
    }
    if (isWhole) return all[name]
    return Object.fromEntries(Object.entries(all[name]).filter(() => !this.isOnceIn(3)))
  }

  /** Notes the rows of an entity. Call it after each call of bitECS, and first in observers. */
  protected see(eid: number): void {
    this.side.refresh(eid)
    const row = this.side.rowOf(eid)
    for (const name of this.ownOf(eid)) {
      if (isDense(name)) this.known.set(`${name} ${row}`, [name, row])
    }
  }

  /** What can be read of an entity in an observer. */
  protected show(eid: number): string {
    this.see(eid)
    const own = this.ownOf(eid)
    const shown = names.filter((name) => {
      if (own.includes(name)) return !this.needsAll(eid, name)
      return this.known.has(`${name} ${this.side.rowOf(eid)}`)
    })
    return JSON.stringify(shown.map((name) => [name, this.side.read(name, eid)]))
  }

  #state(): string[] {
    const lines: string[] = []
    for (const world of this.side.worlds) {
      for (const eid of getAllEntities(world)) {
        const values = this.ownOf(eid).map((name) => {
          const given = getComponent(world, eid, this.side.components[name])
          return [name, this.side.read(name, eid), given]
        })
        const isThere = entityExists(world, eid)
        const listed = isThere ? getEntityComponents(world, eid).length : -1
        const targets = Object.entries(this.relations).map(([name, relation]) =>
          isThere ? `${name} ${getRelationTargets(world, eid, relation)}` : '',
        )
        const is = [eid, this.has(eid, Prefab), listed, ...targets]
        lines.push(`${is.join(', ')}: ${JSON.stringify(values)}`)
      }
    }
    // Also the rows whose entities have lost the component: nobody has got them since.
    for (const [key, [name, row]] of this.known) {
      lines.push(`row ${key}: ${JSON.stringify(this.side.read(name, row))}`)
    }
    return lines
  }

  #term(): [string, QueryTerm] {
    // A list is added in two steps, so queries with it tell apart what bitECS mixes up otherwise.
    const name = this.pick([...names.filter((one) => one !== 'Trail'), undefined])
    return name === undefined ? ['Tag', this.pick(this.tags)] : [name, this.side.components[name]]
  }

  /** Terms of a random query. */
  protected createTerms(): { label: string; terms: QueryTerm[] } {
    const [[a, one], [b, two], [c, third]] = [this.#term(), this.#term(), this.#term()]
    const [relation, related] = this.pick(Object.entries(this.relations))
    const target = this.pick(this.eids()) ?? 1
    const all: [string, QueryTerm[]][] = [
      [a, [one]],
      [a, [one]],
      ['Trail', [this.side.components.Trail]],
      [`${a} ${b}`, [one, two]],
      [`${a} not ${b}`, [one, Not(two)]],
      [`not ${b}`, [Not(two)]],
      [`or ${a} ${b}`, [Or(one, two)]],
      [`and ${a} ${b}, not ${c}`, [And(one, two), Not(third)]],
      [`${a} ${relation} *`, [one, Pair(related, Wildcard)]],
      [`${a} ${relation} ${target}`, [one, Pair(related, target)]],
      [`* ${target}`, [Pair(Wildcard, target)]],
    ]
    const [label, terms] = this.pick(all)
    return { label, terms }
  }
}
