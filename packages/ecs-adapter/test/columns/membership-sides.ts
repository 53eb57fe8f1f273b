// The two sides of the membership tests: a storage, and a model of what it promises. The model is
// plain bitECS with components made by hand. It clears a row by rule: as soon as an entity has a
// component that this same entity did not have before.
import { Arena } from '@ashlar/core'
import { createSparseComponent, createStorage, t, verifyStorage } from '@ashlar/ecs-adapter'
import {
  createEntityIndex,
  createWorld,
  getId,
  hasComponent,
  observe,
  onGet,
  onSet,
  registerComponents,
  type World,
  withVersioning,
} from 'bitecs'
import * as assert from 'uvu/assert'
import { contextOf, WorldContexts } from '../../src/world/bitecs-internals.ts'

export const names = ['Plain', 'Count', 'Health', 'Late', 'Thin', 'Trail'] as const
export type Name = (typeof names)[number]
export type Values = Record<string, number | number[]>

/** What a new row holds. */
export const initial: Readonly<Record<Name, Values>> = {
  Plain: { x: 0, n: 0 },
  Count: { v: 0 },
  Health: { points: -300, rate: 0.5, max: 0 },
  Late: { q: 7 },
  Thin: { heat: 0, kind: 0 },
  Trail: { cost: 0, marks: [] },
}
const copy = ({ ...values }: Values): Values => {
  if (Array.isArray(values.marks)) values.marks = [...values.marks]
  return values
}

export const isDense = (name: Name) => name !== 'Thin' && name !== 'Trail'
/** A prefab's row begins with the initial values. In other components, it may hold anything. */
export const hasDefaults = (name: Name) => name === 'Health' || name === 'Late'

export interface SideOptions {
  readonly worldCount?: number
  readonly versioned?: boolean
  readonly capacity?: number
  /** Registers so many other components before ours, and again in the middle of them. */
  readonly padCount?: number
}

export interface Side {
  readonly worlds: readonly World[]
  readonly components: Readonly<Record<Name, object>>
  rowOf(eid: number): number
  /** The values in the columns. */
  read(name: Name, eid: number): Values
  /** Writes whole values to the columns. */
  write(name: Name, eid: number, values: Values): void
  /** Called after each call of bitECS, and first in each observer. */
  refresh(eid: number): void
  sync(): void
  reset(): void
  check(): void
}

function createWorlds({ worldCount = 1, versioned = false }: SideOptions): World[] {
  const index = versioned ? createEntityIndex(withVersioning(6)) : createEntityIndex()
  return Array.from({ length: worldCount }, () => createWorld(index))
}

/** Registers components that no entity gets. */
function pad(worlds: readonly World[], { padCount = 0 }: SideOptions): void {
  for (const world of worlds) {
    registerComponents(
      world,
      Array.from({ length: padCount }, () => ({})),
    )
  }
}

type Columns = Record<string, { [row: number]: number }>

/** Calls that read and write the columns of a component that has no lists. */
function columns(row: (eid: number) => number, get: () => Columns) {
  return {
    read: (eid: number): Values =>
      Object.fromEntries(Object.entries(get()).map(([key, column]) => [key, column[row(eid)]])),
    write(eid: number, values: Values): void {
      const all = get()
      for (const [key, value] of Object.entries(values)) all[key][row(eid)] = Number(value)
    },
  }
}

export function createOurs(options: SideOptions): Side {
  const worlds = createWorlds(options)
  const arena = Arena.create({ byteLength: 2 ** 20, shared: true })
  const { capacity = 4 } = options
  const storage = createStorage(worlds, arena.openPool(), { capacity })
  const { indexOf } = storage
  pad(worlds, options)
  const Plain = storage.component('Plain', { x: t.f64, n: t.i16 })
  const Count = storage.component('Count', { v: t.u32 })
  const points = t.i16({ default: -300 })
  const Health = storage.component('Health', { points, rate: t.f64({ default: 0.5 }), max: t.u8 })
  pad(worlds, options)
  const Late = storage.component('Late', { q: t.i32({ default: 7 }) })
  const Thin = createSparseComponent(storage, 'Thin', { heat: t.f32, kind: t.u8 })
  const Trail = storage.component('Trail', { cost: t.u16, marks: t.list(t.u16) })
  const { rows } = Thin
  const cost = columns(indexOf, () => ({ cost: Trail.cost }))
  const access = {
    Plain: columns(indexOf, () => ({ x: Plain.x, n: Plain.n })),
    Count: columns(indexOf, () => ({ v: Count.v })),
    Health: columns(indexOf, () => ({ points: Health.points, rate: Health.rate, max: Health.max })),
    Late: columns(indexOf, () => ({ q: Late.q })),
    Thin: columns(rows.indexOf, () => ({ heat: rows.heat, kind: rows.kind })),
    Trail: {
      read: (eid: number): Values => ({ ...cost.read(eid), marks: Trail.marks.toArray(eid) }),
      write(eid: number, { marks, ...rest }: Values): void {
        cost.write(eid, rest)
        if (Array.isArray(marks)) Trail.marks.replace(eid, marks)
      },
    },
  }
  return {
    worlds,
    components: { Plain, Count, Health, Late, Thin, Trail },
    rowOf: indexOf,
    read: (name, eid) => access[name].read(eid),
    write: (name, eid, values) => access[name].write(eid, values),
    refresh() {},
    sync: storage.sync,
    reset: storage.reset,
    check() {
      assert.equal(verifyStorage(storage), [])
    },
  }
}

/** A component of the model: its values by row, and who got it, with its life. */
class ByHand {
  readonly component = {}
  readonly rows = new Map<number, Values>()
  /** For each entity that has the component: bitECS's Set of its components, see `componentsOf`. */
  readonly lives = new Map<number, unknown>()
}

export function createModel(options: SideOptions): Side {
  const worlds = createWorlds(options)
  const contexts = new WorldContexts(worlds)
  const made = Object.fromEntries(names.map((name) => [name, new ByHand()])) as Record<Name, ByHand>
  const rowOf = (eid: number) => getId(contexts.entityIndex, eid)
  const read = (name: Name, eid: number): Values => copy(valuesOf(name, eid))
  const valuesOf = (name: Name, eid: number): Values => made[name].rows.get(rowOf(eid)) ?? {}
  const write = (name: Name, eid: number, values: Values) => {
    made[name].rows.set(rowOf(eid), copy({ ...valuesOf(name, eid), ...values }))
  }

  function refresh(eid: number): void {
    const world = worlds.find((one) => contextOf(one).entityComponents.has(eid))
    const life = contexts.componentsOf(eid)
    for (const name of names) {
      const { component, lives, rows } = made[name]
      if (world === undefined || !hasComponent(world, eid, component)) lives.delete(eid)
      else if (lives.get(eid) !== life) {
        rows.set(rowOf(eid), copy(initial[name]))
        lives.set(eid, life)
      }
    }
  }

  function watch(isPadded: boolean): void {
    for (const name of names) {
      if (isPadded && (name === 'Plain' || name === 'Late')) pad(worlds, options)
      for (const world of worlds) {
        const { component } = made[name]
        observe(world, onSet(component), (eid, values: Values) => {
          refresh(eid)
          const isField = (key: string) => key in initial[name]
          const given = Object.entries(values).filter(([key]) => isField(key))
          write(name, eid, Object.fromEntries(given))
        })
        observe(world, onGet(component), (eid) => read(name, eid))
      }
    }
  }

  watch(true)
  return {
    worlds,
    components: Object.fromEntries(names.map((name) => [name, made[name].component])) as Record<
      Name,
      object
    >,
    rowOf,
    read,
    write,
    refresh,
    sync() {},
    reset() {
      contexts.reset()
      for (const { rows, lives } of Object.values(made)) {
        rows.clear()
        lives.clear()
      }
      watch(false)
    },
    check() {},
  }
}
