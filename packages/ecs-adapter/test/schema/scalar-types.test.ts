// Field types as functions of their options: defaults in their range, and booleans.
import {
  applyCommands,
  createCommands,
  createSparseComponent,
  createTable,
  moveIn,
  moveOut,
  type Schema,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  getComponent,
  IsA,
  observe,
  onAdd,
  onSet,
  removeComponent,
  removeEntity,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertThrows, buffers, createComponent, withScene } from '../support.ts'

const test = suite('scalar types')

/** Per type: defaults that fit, and how the column has them; and defaults that do not. */
const numbers: readonly [
  name: 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'f32' | 'f64',
  good: readonly number[],
  bad: readonly number[],
][] = [
  ['i8', [-128, 127, 1], [-129, 128, 0.5]],
  ['u8', [255, 1], [-1, 256, 0.5]],
  ['i16', [-32768, 32767], [-32769, 32768]],
  ['u16', [65535], [-1, 65536, 1e300]],
  ['i32', [-(2 ** 31), 2 ** 31 - 1], [-(2 ** 31) - 1, 2 ** 31, 1.5]],
  ['u32', [2 ** 32 - 1], [-1, 2 ** 32]],
  ['f32', [0.1, -0, 3e38, Infinity, -Infinity, Number.NaN], [1e39, -1e39, Number.MAX_VALUE]],
  ['f64', [0.1, -0, Number.MAX_VALUE, Infinity, Number.NaN], []],
]

for (const sparse of [false, true]) {
  const kind = sparse ? 'sparse' : 'dense'

  test(`${kind}: new rows hold the defaults, of every type`, () => {
    withScene({}, ({ world, storage }) => {
      for (const [name, good] of numbers) {
        for (const [i, given] of good.entries()) {
          const schema = { x: t[name]({ default: given }), y: t[name] }
          const C = createComponent<Schema>(storage, `${name} ${i}`, schema, sparse)
          const stored = new t[name].array(new ArrayBuffer(8), 0, 1)
          stored[0] = given
          const eid = addEntity(world, C)
          assert.ok(Object.is(getComponent(world, eid, C).x, stored[0]), `${name} ${given}`)
          assert.is(getComponent(world, eid, C).y, 0)
        }
      }
    })
  })

  test(`${kind}: defaults come with every way to get the component`, () => {
    withScene({ capacity: 4 }, ({ world, storage }) => {
      const schema = {
        max: t.u16({ default: 100 }),
        left: t.f64({ default: 0.5 }),
        isAlive: t.bool({ default: true }),
        tags: t.list(t.u8),
      }
      for (const [name, given] of [
        ['Plain', { max: schema.max, left: schema.left, isAlive: schema.isAlive }],
        ['Full', schema],
      ] as const) {
        const Health = createComponent<Schema>(storage, name, given, sparse)
        const more = name === 'Full' ? { tags: [] } : {}
        const initial = { max: 100, left: 0.5, isAlive: true, ...more }
        const seen: unknown[] = []
        observe(world, onAdd(Health), (eid) => seen.push(getComponent(world, eid, Health)))

        const added = addEntity(world, Health)
        assert.equal(getComponent(world, added, Health), initial)
        const some = addEntity(world, set(Health, { max: 5 }))
        assert.equal(getComponent(world, some, Health), { ...initial, max: 5 })
        for (let i = 0; i < 100; i++) addEntity(world, Health) // columns grow
        assert.ok(seen.every((values) => JSON.stringify(values) === JSON.stringify(initial)))

        // A row that is used again, and an entity that gets the component again.
        removeEntity(world, some)
        const heir = addEntity(world, Health)
        assert.is(heir, some)
        assert.equal(getComponent(world, heir, Health), initial)
        addComponent(world, heir, set(Health, { max: 1, left: 2, isAlive: false }))
        removeComponent(world, heir, Health)
        addComponent(world, heir, Health)
        assert.equal(getComponent(world, heir, Health), initial)

        const commands = createCommands(storage)
        const [one, two] = [addEntity(world), addEntity(world)]
        commands.add(one, Health)
        commands.set(two, Health, { isAlive: false })
        assert.is(applyCommands(storage, commands), 0)
        commands.dispose()
        assert.equal(getComponent(world, one, Health), initial)
        assert.equal(getComponent(world, two, Health), { ...initial, isAlive: false })

        const moved = moveIn(storage, moveOut(storage, two))
        assert.equal(getComponent(world, moved, Health), { ...initial, isAlive: false })
        storage.sync()
        assert.equal(getComponent(world, one, Health), initial)
      }
    })
  })

  test(`${kind}: prefabs have the defaults, and their instances the values of the prefab`, () => {
    withScene({ capacity: 4 }, ({ world, storage }) => {
      const Plain = createComponent<Schema>(
        storage,
        'Plain',
        { max: t.u16({ default: 9 }) },
        sparse,
      )
      const schema = { max: t.u16({ default: 9 }), tags: t.list(t.u8) }
      const Full = createComponent<Schema>(storage, 'Full', schema, sparse)
      const early = addPrefab(world)
      for (const [C, more] of [
        [Plain, {}],
        [Full, { tags: [] }],
      ] as const) {
        const dead = [1, 2, 3].map(() => addEntity(world, set(C, { max: 77 })))
        for (const eid of dead) removeEntity(world, eid)
        const prefabs = dead.map(() => addPrefab(world))
        assert.equal([...prefabs].sort(), [...dead].sort())
        addComponent(world, early, C)
        addComponent(world, prefabs[0], C)
        addComponent(world, prefabs[1], set(C, {}))
        addComponent(world, prefabs[2], set(C, { max: 5 }))
        const maxOf = (eid: number) => getComponent(world, eid, C)
        for (const eid of [early, prefabs[0], prefabs[1]]) {
          assert.equal(maxOf(eid), { max: 9, ...more })
          assert.equal(maxOf(addEntity(world, IsA(eid))), { max: 9, ...more })
        }
        assert.equal(maxOf(prefabs[2]), { max: 5, ...more })
        assert.equal(maxOf(addEntity(world, IsA(prefabs[2]))), { max: 5, ...more })
        // What a prefab has written stays, whatever else gets the component, or loses it.
        addComponent(world, early, set(C, { max: 6 }))
        removeComponent(world, addEntity(world, C), C)
        addComponent(world, addPrefab(world), C)
        assert.equal(maxOf(early), { max: 6, ...more })
        removeComponent(world, early, C)
        addComponent(world, early, C)
        if (!sparse) assert.equal(maxOf(early), { max: 9, ...more })
      }
    })
  })
}

test('an observer of an addition that throws does not spoil the defaults of a prefab', () => {
  withScene({}, ({ world, storage }) => {
    const Health = storage.component('Health', { max: t.u16({ default: 9 }) })
    const spare = addEntity(world, set(Health, { max: 7 }))
    removeEntity(world, spare)
    const prefab = addPrefab(world)
    assert.is(prefab, spare)
    const end = observe(world, onAdd(Health), () => {
      throw new Error('mine')
    })
    assert.throws(() => addEntity(world, Health), 'mine')
    end()
    addComponent(world, prefab, Health)
    assert.is(Health.max[prefab], 9)
  })
})

test('an entity that becomes a prefab keeps its values', () => {
  withScene({}, ({ world, storage }) => {
    const Health = storage.component('Health', { max: t.u16({ default: 9 }) })
    const eid = addEntity(world, set(Health, { max: 7 }))
    const first = addPrefab(world)
    addComponent(world, eid, IsA(first))
    addComponent(world, first, Health)
    assert.is(Health.max[eid], 7)
    storage.reset()
    addPrefab(world)
    assert.is(Health.max[addEntity(world, Health)], 9)
  })
})

test('defaults out of range, and other options, are refused', () => {
  for (const [name, , bad] of numbers) {
    for (const given of bad) {
      const range = name.startsWith('f') ? 'in the range of f32' : 'a whole number from'
      const call = () => t[name]({ default: given })
      assertThrows(call, 'invalid-argument', `default of t.${name}`, `${given}`, range)
    }
    for (const given of ['1', null, {}, true, 5n, () => 1] as unknown[]) {
      const call = () => t[name]({ default: given as number })
      assertThrows(call, 'invalid-argument', `default of t.${name}`)
    }
    for (const options of [undefined, null, 5, [], { defualt: 1 }] as never[]) {
      assertThrows(() => t[name](options), 'invalid-argument', `options of t.${name}`, 'default')
    }
  }
  for (const given of [0, 1, 'true', null] as unknown[]) {
    const call = () => t.bool({ default: given as boolean })
    assertThrows(call, 'invalid-argument', 'default of t.bool', 'a boolean')
  }
  assertThrows(() => t.list(t.u8({ default: 1 })), 'invalid-argument', 'without a default')
  // @ts-expect-error no list has booleans
  assertThrows(() => t.list(t.bool), 'invalid-argument', 't.bool')
  assert.is(t.u16.name, 'u16')
  assert.ok(Object.isFrozen(t.u16) && Object.isFrozen(t.u16({})))
})

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: a boolean is 0 or 1 in its column, and a boolean elsewhere`, () => {
    withScene({ shared }, ({ world, storage }) => {
      const Lamp = storage.component('Lamp', { isOn: t.bool, isRed: t.bool({ default: true }) })
      assert.instance(Lamp.isOn, Uint8Array)
      const seen: unknown[] = []
      observe(world, onSet(Lamp), (_, values) => seen.push({ ...values }))
      const eid = addEntity(world, set(Lamp, { isOn: true }))
      assert.equal([Lamp.isOn[eid], Lamp.isRed[eid]], [1, 1])
      Lamp.isRed[eid] = 0
      assert.equal(getComponent(world, eid, Lamp), { isOn: true, isRed: false })
      Lamp.isRed[eid] = 7
      assert.equal(getComponent(world, eid, Lamp), { isOn: true, isRed: true })
      const commands = createCommands(storage)
      commands.set(eid, Lamp, { isOn: false })
      commands.set(eid, 'Lamp', { isRed: false })
      applyCommands(storage, commands)
      assert.equal([Lamp.isOn[eid], Lamp.isRed[eid]], [0, 0])
      assert.equal(seen, [
        { isOn: true },
        { isOn: false, isRed: undefined },
        { isOn: undefined, isRed: false },
      ])
      for (const given of [0, 1, 'true', null, {}] as never[]) {
        const words = ['Lamp.isOn', 'a boolean'] as const
        const add = () => addComponent(world, eid, set(Lamp, { isOn: given }))
        assertThrows(add, 'invalid-argument', ...words)
        assertThrows(() => commands.set(eid, Lamp, { isOn: given }), 'invalid-argument', ...words)
      }
      commands.dispose()
    })
  })

  test(`${name}: rows of tables begin with the defaults, in every thread`, () => {
    withScene({ shared, byteLength: 2 ** 22 }, ({ storage }) => {
      const schema = {
        ...{ a: t.f64({ default: -0.1 }), b: t.u8, c: t.i16({ default: -2 }), d: t.f32 },
        ...{ e: t.bool({ default: true }), f: t.u32({ default: 2 ** 32 - 1 }), g: t.f64 },
        ...{
          h: t.f32({ default: Number.NaN }),
          i: t.f64({ default: -0 }),
          j: t.i8({ default: -1 }),
        },
      }
      const values = [-0.1, 0, -2, 0, 1, 2 ** 32 - 1, 0, Number.NaN, -0, -1]
      const table = createTable(storage, 'Shot', schema, { chunkByteLength: 2048 })
      const rowOf = (id: number) => {
        const [chunk, row] = [table.chunkOf(id)!, table.indexOf(id)]
        const { a, b, c, d, e, f, g, h, i, j } = chunk
        return [a, b, c, d, e, f, g, h, i, j].map((column) => column[row])
      }
      const ids = Array.from({ length: 100 }, () => table.add())
      for (const id of ids) assert.ok(rowOf(id).every((value, i) => Object.is(value, values[i])))
      for (const chunk of table.chunks) chunk.a.fill(5)
      for (const id of ids) table.remove(id)
      assert.ok(rowOf(table.add()).every((value, i) => Object.is(value, values[i])))
      table.dispose()
    })
  })
}

test('sparse rows may not be called as what rows have', () => {
  withScene({}, ({ storage }) => {
    for (const name of ['count', 'entities', 'indexOf']) {
      const make = () => createSparseComponent<Schema>(storage, 'S', { [name]: t.f32 })
      assertThrows(make, 'invalid-argument', 'a field name', name)
    }
    const make = () => createSparseComponent<Schema>(storage, 'S', { rows: t.text })
    assertThrows(make, 'invalid-argument', 'a field name', 'rows')
    const Odd = createSparseComponent(storage, 'Odd', { rows: t.f32, count: t.text })
    assert.is(Odd.rows.rows.length, Odd.rows.entities.length)
  })
})

test.run()
