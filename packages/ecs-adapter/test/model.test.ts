// Random calls of bitECS against a plain model of what each entity has; the arena is verified after
// every step. Observers check what they are shown, in the middle of bitECS's own calls.
import { blocks } from '@ashlar/core'
import {
  type Component,
  type FieldType,
  type ListField,
  type TextField,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  getComponent,
  hasComponent,
  IsA,
  observe,
  onAdd,
  onRemove,
  onSet,
  query,
  removeComponent,
  removeEntity,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../test/support/rounds.ts'
import { assertSound, buffers, createRandom, createScene } from './support.ts'

const test = suite('model')

const schemas = {
  Position: { x: t.f32, y: t.f32 },
  Health: { points: t.i16({ default: -300 }), max: t.u8, isHurt: t.bool({ default: true }) },
  Target: { eid: t.eid, at: t.f64({ default: 0.1 }), flag: t.i8, isNear: t.bool },
  Path: { points: t.list(t.f32), label: t.text, kind: t.text({ interned: true }), cost: t.u16 },
  Team: { members: t.list(t.eid), bits: t.list(t.u8) },
  Enemy: {},
}
type Name = keyof typeof schemas
type Value = number | number[] | string | boolean
type Row = Record<string, Value>
interface Entity {
  isPrefab: boolean
  rows: Map<Name, Row>
}

/** What a new row holds, if it is not 0. */
const defaults: Readonly<Record<string, Value>> = {
  'Health.points': -300,
  'Health.isHurt': true,
  'Target.at': 0.1,
}

const names = Object.keys(schemas) as Name[]
const fieldsOf = (name: Name) => Object.keys(schemas[name])

function runModel(seed: number, shared: boolean, stepCount: number): void {
  const random = createRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]
  const scene = createScene({ shared, capacity: 1 + random(8), byteLength: 2 ** 21 })
  const { arena, world, storage } = scene
  const components = Object.fromEntries(
    names.map((name) => [name, storage.component(name, schemas[name])]),
  ) as Record<Name, Component>
  let entities = new Map<number, Entity>()
  let eventCount = 0

  const typeOf = (name: Name, field: string): FieldType =>
    (schemas[name] as Record<string, FieldType>)[field]
  const kindOf = (name: Name, field: string) =>
    typeOf(name, field).kind as 'scalar' | 'list' | 'text'
  // Small whole numbers: every type of field holds them as they are.
  const createNumber = () => 1 + random(100)
  const createList = () => Array.from({ length: random(random(5) === 0 ? 200 : 6) }, createNumber)
  const createText = () => pick(['', 'gate', 'Größe 🙂', 'x'.repeat(random(300)), 'stone'])
  const create = { scalar: createNumber, list: createList, text: createText }
  const createEmpty = { scalar: () => 0, list: () => [], text: () => '' }
  const isBool = (name: Name, field: string) => {
    const type = typeOf(name, field)
    return type.kind === 'scalar' && type.name === 'bool'
  }
  const createValue = (name: Name, field: string): Value =>
    isBool(name, field) ? random(2) === 0 : create[kindOf(name, field)]()
  const defaultOf = (name: Name, field: string): Value =>
    defaults[`${name}.${field}`] ??
    (isBool(name, field) ? false : createEmpty[kindOf(name, field)]())
  const createValues = (name: Name, isWhole: boolean): Row =>
    Object.fromEntries(
      fieldsOf(name)
        .filter(() => isWhole || random(3) > 0)
        .map((field) => [field, createValue(name, field)]),
    )
  const initial = (name: Name): Row =>
    Object.fromEntries(fieldsOf(name).map((field) => [field, defaultOf(name, field)]))
  /** The column as what it is, by the kind of the field. */
  const numbersOf = (name: Name, field: string) => components[name][field] as Float32Array
  const listOf = (name: Name, field: string) => components[name][field] as ListField
  const textOf = (name: Name, field: string) => components[name][field] as TextField
  const valueIn = (name: Name, field: string, eid: number): Value =>
    ({
      scalar: () => {
        const value = numbersOf(name, field)[eid]
        return isBool(name, field) ? value !== 0 : value
      },
      list: () => listOf(name, field).toArray(eid),
      text: () => textOf(name, field).get(eid),
    })[kindOf(name, field)]()
  const inColumns = (name: Name, eid: number): Row =>
    Object.fromEntries(fieldsOf(name).map((field) => [field, valueIn(name, field, eid)]))

  function watch(): void {
    for (const name of names) {
      const component = components[name]
      observe(world, onAdd(component), (eid) => {
        eventCount++
        assert.equal(inColumns(name, eid), initial(name), `${name} of ${eid} in onAdd`)
      })
      observe(world, onSet(component), (eid, values) => {
        eventCount++
        for (const [field, value] of Object.entries(values as Row)) {
          assert.equal(valueIn(name, field, eid), value, `${name}.${field} of ${eid} in onSet`)
        }
      })
      observe(world, onRemove(component), (eid) => {
        eventCount++
        const row = entities.get(eid)?.rows.get(name)
        assert.equal(inColumns(name, eid), row, `${name} of ${eid} in onRemove`)
      })
    }
  }

  function check(eid: number): void {
    const { rows } = entities.get(eid)!
    for (const name of names) {
      const row = rows.get(name)
      assert.is(hasComponent(world, eid, components[name]), row !== undefined, `${name} of ${eid}`)
      if (row === undefined) continue
      assert.equal(getComponent(world, eid, components[name]), row, `${name} of ${eid}`)
      assert.equal(inColumns(name, eid), row, `${name} of ${eid} in columns`)
    }
  }

  function add(eid: number): void {
    const { isPrefab, rows } = entities.get(eid)!
    const name = pick(names)
    const component = components[name]
    const before = rows.get(name)
    // Without a default, a prefab's row is cleared by who writes it: bitECS does not report it.
    const hasDefaults = Object.keys(defaults).some((field) => field.startsWith(`${name}.`))
    const isUncleared = isPrefab && before === undefined && !hasDefaults
    if (random(2) === 0) {
      const values = createValues(name, isUncleared)
      addComponent(world, eid, set(component, values))
      rows.set(name, { ...(before ?? initial(name)), ...structuredClone(values) })
    } else {
      addComponent(world, eid, component)
      rows.set(name, before ?? initial(name))
      if (isUncleared) write(eid, name, true)
    }
  }

  function write(eid: number, name: Name, isWhole: boolean): void {
    const row = entities.get(eid)!.rows.get(name)!
    for (const [field, value] of Object.entries(createValues(name, isWhole))) {
      if (typeof value === 'number') numbersOf(name, field)[eid] = value
      else if (typeof value === 'boolean') numbersOf(name, field)[eid] = value ? 1 : 0
      else if (typeof value === 'string') textOf(name, field).set(eid, value)
      else if (isWhole) listOf(name, field).replace(eid, value)
      else {
        change(listOf(name, field), eid, row[field] as number[], value)
        continue
      }
      row[field] = value
    }
  }

  /** Changes a list and what it should be alike. */
  function change(list: ListField, eid: number, model: number[], values: number[]): void {
    const at = random(model.length + 1)
    const isThere = at < model.length
    const changes = [
      () => assert.is(list.push(eid, at), model.push(at)),
      () => assert.is(list.pop(eid), model.pop()),
      () => {
        list.insert(eid, at, 7)
        model.splice(at, 0, 7)
      },
      () => isThere && assert.is(list.removeAt(eid, at), model.splice(at, 1)[0]),
      () => {
        if (!isThere) return
        list.set(eid, at, 9)
        model[at] = 9
      },
      () => {
        if (!isThere) return
        const last = model.length - 1
        assert.is(list.swapRemoveAt(eid, at), model[at])
        model[at] = model[last]
        model.length = last
      },
      () => assert.is(list.append(eid, values), model.push(...values)),
      () => {
        list.replace(eid, values)
        model.splice(0, model.length, ...values)
      },
      () => {
        list.clear(eid)
        model.length = 0
      },
      () => {
        list.resize(eid, at)
        model.length = at
      },
      () => list.reserve(eid, random(100)),
    ]
    pick(changes)()
    assert.equal(list.toArray(eid), model)
  }

  /** Blocks that the lists and texts of all that lives are in. */
  function variableBlockCount(): number {
    let count = 0
    const kinds = new Set<string>()
    for (const [eid, { rows }] of entities) {
      for (const name of rows.keys()) {
        for (const field of fieldsOf(name)) {
          const type = typeOf(name, field)
          if (type.kind === 'scalar') continue
          if (type.kind === 'text' && type.isInterned) kinds.add(textOf(name, field).get(eid))
          else if (listOf(name, field).offset(eid) !== 0) count++
        }
      }
    }
    kinds.delete('')
    return count + kinds.size
  }

  const eids = () => [...entities.keys()]
  const track = (eid: number, isPrefab: boolean) => {
    assert.not.ok(entities.has(eid))
    entities.set(eid, { isPrefab, rows: new Map() })
    return eid
  }
  const steps: Record<string, () => void> = {
    spawn: () => add(track(addEntity(world), false)),
    spawnMany() {
      for (let count = random(40); count > 0; count--) track(addEntity(world), false)
    },
    prefab: () => add(track(addPrefab(world), true)),
    instance() {
      const prefabs = eids().filter((eid) => entities.get(eid)!.isPrefab)
      if (prefabs.length === 0) return
      const prefab = pick(prefabs)
      const eid = track(addEntity(world), false)
      addComponent(world, eid, IsA(prefab))
      for (const [name, row] of entities.get(prefab)!.rows) {
        entities.get(eid)!.rows.set(name, structuredClone(row))
      }
      check(eid)
      check(prefab)
    },
    kill() {
      if (entities.size === 0) return
      const eid = pick(eids())
      removeEntity(world, eid)
      entities.delete(eid)
    },
    add() {
      if (entities.size > 0) add(pick(eids()))
    },
    remove() {
      const owners = eids().filter((eid) => entities.get(eid)!.rows.size > 0)
      if (owners.length === 0) return
      const eid = pick(owners)
      const name = pick([...entities.get(eid)!.rows.keys()])
      removeComponent(world, eid, components[name])
      entities.get(eid)!.rows.delete(name)
    },
    write() {
      const owners = eids().filter((eid) => entities.get(eid)!.rows.size > 0)
      if (owners.length === 0) return
      const eid = pick(owners)
      write(eid, pick([...entities.get(eid)!.rows.keys()]), false)
    },
    query() {
      const name = pick(names)
      const owners = eids().filter((eid) => {
        const { isPrefab, rows } = entities.get(eid)!
        return !isPrefab && rows.has(name)
      })
      const found = [...query(world, [components[name]])]
      assert.equal(found.sort(), owners.sort(), `query of ${name}`)
    },
    sync() {
      storage.sync()
      const columnCount = names.flatMap(fieldsOf).length
      assert.is(blocks(arena).length, columnCount + variableBlockCount())
    },
    reset() {
      if (random(20) > 0) return
      storage.reset()
      entities = new Map()
      watch()
    },
  }

  watch()
  const log: string[] = []
  try {
    for (let step = 0; step < stepCount; step++) {
      // Now the world tends to grow, now to shrink.
      const isGrowing = Math.floor(step / 100) % 2 === 0
      const often = isGrowing ? ['spawn', 'add', 'spawnMany'] : ['kill']
      const name = pick(random(2) === 0 ? often : Object.keys(steps))
      log.push(name)
      steps[name]()
      assertSound(arena)
      if (step % 20 === 0) for (const eid of entities.keys()) check(eid)
    }
    for (const eid of entities.keys()) check(eid)
    assert.ok(eventCount > stepCount / 4, `${eventCount} events`)
    storage.dispose()
    assert.equal(blocks(arena), [])
    assertSound(arena)
  } catch (error) {
    const last = log.slice(-10).join(', ')
    throw new Error(`seed ${seed}, step ${log.length}, ... ${last}: ${error}`, { cause: error })
  }
}

for (const [name, { shared }] of Object.entries(buffers)) {
  for (const seed of someOf([1, 2, 3])) {
    test(`${name}, seed ${seed}: a world does what the model does`, () => {
      runModel(seed, shared, 700)
    })
  }
}

test.run()
