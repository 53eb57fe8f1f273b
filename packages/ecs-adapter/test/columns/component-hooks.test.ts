import { ArenaError } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addComponents,
  addEntity,
  addPrefab,
  createEntityIndex,
  createRelation,
  createWorld,
  getComponent,
  getEntityComponents,
  getId,
  hasComponent,
  IsA,
  Not,
  observe,
  onAdd,
  onGet,
  onRemove,
  onSet,
  Pair,
  query,
  removeComponent,
  removeEntity,
  set,
  setComponent,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  assertSound,
  assertThrows,
  createComponent,
  createScene,
  scalars,
  withScene,
} from '../support.ts'

const test = suite('component-hooks')

test('a component works in queries, observers and removals as any other', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const Velocity = { x: [] as number[] }
    const both = addEntity(world, Position, Velocity)
    const one = addEntity(world, Position)
    assert.equal([...query(world, [Position])], [both, one])
    assert.equal([...query(world, [Position, Velocity])], [both])
    assert.equal([...query(world, [Position, Not(Velocity)])], [one])
    assert.equal(getEntityComponents(world, one), [Position])
    removeComponent(world, one, Position)
    assert.is(hasComponent(world, one, Position), false)
    assert.is(getComponent(world, one, Position), undefined)
    assert.equal([...query(world, [Position])], [both])
  })
})

test('the user’s onAdd observers find the row there and cleared, and may write it', () => {
  withScene({ capacity: 1 }, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const seen: number[] = []
    observe(world, onAdd(Position), (eid) => {
      seen.push(Position.x[eid])
      Position.x[eid] = eid * 10
    })
    const Other = {}
    observe(world, onAdd(Other, Position), (eid) => seen.push(Position.x[eid]))
    for (let i = 0; i < 100; i++) addEntity(world, Position)
    assert.equal(seen, new Array(100).fill(0))
    assert.is(Position.x[100], 1000)
    const both = addEntity(world, Other, Position)
    assert.equal(seen.slice(100), [0, both * 10])
  })
})

test('an observer may spawn, and so make the column grow', () => {
  withScene({ capacity: 2 }, ({ arena, world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    observe(world, onAdd(Position), (eid) => {
      Position.x[eid] = eid
      if (eid < 50) addEntity(world, Position)
    })
    addEntity(world, Position)
    assert.equal(
      [...Position.x.subarray(0, 51)],
      Array.from({ length: 51 }, (_, i) => i),
    )
    assertSound(arena)
  })
})

test('set comes after onAdd, and the user’s onSet observers see the values written', () => {
  withScene({ capacity: 1 }, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    const log: unknown[] = []
    observe(world, onAdd(Position), (eid) => {
      Position.x[eid] = 1
      Position.y[eid] = 1
      log.push('add')
    })
    observe(world, onSet(Position), (eid, values) => {
      log.push(values, Position.x[eid], Position.y[eid])
    })
    const eid = addEntity(world)
    addComponent(world, eid, set(Position, { x: 5 }))
    assert.equal(log, ['add', { x: 5 }, 5, 1])
    setComponent(world, eid, Position, { y: 6 })
    assert.equal(getComponent(world, eid, Position), { x: 5, y: 6 })
  })
})

test('the user’s onGet observers add to what getComponent gives', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    observe(world, onGet(Position), (eid) => ({ length: Math.hypot(Position.x[eid]), y: -1 }))
    const eid = addEntity(world, set(Position, { x: 3, y: 4 }))
    assert.equal(getComponent(world, eid, Position), { x: 3, y: -1, length: 3 })
    // Inherited values come by the same way: what is no field is left aside.
    const prefab = addPrefab(world)
    addComponent(world, prefab, set(Position, { x: 5, y: 6 }))
    const instance = addEntity(world, IsA(prefab))
    assert.is(Position.x[instance], 5)
    assert.is(Position.y[instance], -1)
  })
})

test('values stay readable in onRemove, whether the component goes or the entity', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const Velocity = storage.component('Velocity', { x: t.f32 })
    const seen: number[] = []
    observe(world, onRemove(Position), (eid) => {
      seen.push(Position.x[eid], Velocity.x[eid])
      // One that spawns as it dies.
      addEntity(world, set(Position, { x: -1 }), set(Velocity, { x: -1 }))
      seen.push(Position.x[eid], Velocity.x[eid])
    })
    observe(world, onRemove(Velocity), (eid) => seen.push(Position.x[eid], Velocity.x[eid]))
    const first = addEntity(world, set(Position, { x: 1 }), set(Velocity, { x: 2 }))
    removeEntity(world, first)
    assert.equal(seen.splice(0), [1, 2, 1, 2, 1, 2])
    const second = addEntity(world, set(Position, { x: 3 }), set(Velocity, { x: 4 }))
    removeComponent(world, second, Position)
    assert.equal(seen.splice(0), [3, 4, 3, 4])
  })
})

test('a recycled id does not show what its former owner had', () => {
  withScene({}, ({ world, storage }) => {
    const All = storage.component('All', scalars)
    const Position = storage.component('Position', { x: t.f32 })
    const ones = Object.fromEntries(Object.keys(scalars).map((name) => [name, 1]))
    const zeros = Object.fromEntries(Object.keys(scalars).map((name) => [name, 0]))
    const dead = addEntity(world, set(All, ones), set(Position, { x: 1 }))
    removeEntity(world, dead)
    const heir = addEntity(world)
    assert.is(heir, dead)
    addComponent(world, heir, All)
    assert.equal(getComponent(world, heir, All), zeros)
    addComponent(world, heir, set(Position, {}))
    assert.equal(getComponent(world, heir, Position), { x: 0 })
  })
})

test('a component that is added again is cleared, whether or not a query came between', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    const eid = addEntity(world, set(Position, { x: 1, y: 2 }))
    for (const between of [() => {}, () => query(world, [Position])]) {
      removeComponent(world, eid, Position)
      between()
      addComponent(world, eid, set(Position, { y: 3 }))
      assert.equal(getComponent(world, eid, Position), { x: 0, y: 3 })
      assert.equal([...query(world, [Position])], [eid])
    }
  })
})

test('adding a component that is there changes nothing', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const eid = addEntity(world, set(Position, { x: 1 }))
    addComponent(world, eid, Position)
    assert.is(Position.x[eid], 1)
  })
})

test('instances of a prefab begin with its values, and go their own way', () => {
  withScene({ capacity: 2 }, ({ arena, world, storage }) => {
    const Health = storage.component('Health', { current: t.i16, max: t.i16 })
    const Position = storage.component('Position', { x: t.f32, y: t.f64 })
    const Enemy = storage.component('Enemy', {})
    const Orc = addPrefab(world)
    addComponents(
      world,
      Orc,
      set(Health, { current: 9, max: 10 }),
      set(Position, { y: 0.5 }),
      Enemy,
    )
    const Chief = addPrefab(world)
    addComponent(world, Chief, IsA(Orc))
    addComponent(world, Chief, set(Health, { max: 99 }))

    const orcs = Array.from({ length: 40 }, () => addEntity(world, IsA(Orc)))
    const chiefs = Array.from({ length: 40 }, () => addEntity(world, IsA(Chief)))
    for (const eid of orcs) assert.equal(getComponent(world, eid, Health), { current: 9, max: 10 })
    for (const eid of chiefs)
      assert.equal(getComponent(world, eid, Health), { current: 9, max: 99 })
    for (const eid of [...orcs, ...chiefs]) {
      assert.equal(getComponent(world, eid, Position), { x: 0, y: 0.5 })
      assert.ok(hasComponent(world, eid, Enemy))
      Health.current[eid] = 1
    }
    assert.is(Health.current[Orc], 9)
    assert.is(Health.current[Chief], 9)
    assert.equal([...query(world, [Health])], [...orcs, ...chiefs])

    // What an entity has already, it does not inherit.
    const own = addEntity(world, set(Health, { current: 3, max: 4 }))
    addComponent(world, own, IsA(Orc))
    assert.equal(getComponent(world, own, Health), { current: 3, max: 4 })
    assertSound(arena)
  })
})

test('instances of a prefab in recycled rows have its values alone', () => {
  withScene({}, ({ world, storage }) => {
    const Health = storage.component('Health', { current: t.i16, max: t.i16 })
    const Orc = addPrefab(world)
    addComponent(world, Orc, set(Health, { max: 10 }))
    const dead = addEntity(world, set(Health, { current: 7, max: 7 }))
    removeEntity(world, dead)
    const instance = addEntity(world, IsA(Orc))
    assert.is(instance, dead)
    assert.equal(getComponent(world, instance, Health), { current: 0, max: 10 })
  })
})

test('a prefab’s columns may be written after addComponent, though nothing is fired', () => {
  withScene({ capacity: 2 }, ({ arena, world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const Unused = storage.component('Unused', { x: t.f32 })
    for (let i = 0; i < 5000; i++) addEntity(world)
    const prefabs = Array.from({ length: 3 }, () => addPrefab(world))
    for (const prefab of prefabs) {
      addComponent(world, prefab, Position)
      Position.x[prefab] = prefab
    }
    for (const prefab of prefabs) {
      assert.is(Position.x[prefab], prefab)
      assert.is(Position.x[addEntity(world, IsA(prefab))], prefab)
    }
    const later = addPrefab(world)
    addComponent(world, later, Position)
    Position.x[later] = 1
    assert.is(Position.x[later], 1)
    assert.is(Unused.x.length, 2)
    assertSound(arena)
  })
})

test('out of memory on a prefab takes the component off again', () => {
  for (const value of ['values', 'none']) {
    const { arena, world, storage } = createScene({ byteLength: 2 ** 20, capacity: 16 })
    const Position = storage.component('Position', { x: t.f64 })
    const near = addPrefab(world)
    addComponent(world, near, set(Position, { x: 1 }))
    while (addEntity(world) < 200_000) {}
    const far = addPrefab(world)
    const add = () =>
      addComponent(world, far, value === 'none' ? Position : set(Position, { x: 2 }))
    for (let i = 0; i < 2; i++) {
      assertThrows(add, 'out-of-memory')
      assert.is(hasComponent(world, far, Position), false)
      assert.is(hasComponent(world, near, Position), true)
      assert.is(Position.x.length, 16)
    }
    // Rows that are there do not fail for those that are not.
    const eid = 5
    addComponent(world, eid, set(Position, { x: 3 }))
    assert.is(Position.x[eid], 3)
    removeComponent(world, eid, Position)
    assert.is(Position.x[near], 1)
    assertSound(arena)
  }
})

test('out of memory: no observer sees an addition or a removal', () => {
  const { world, storage } = createScene({ byteLength: 2 ** 20, capacity: 16 })
  const Position = storage.component('Position', { x: t.f64 })
  const Tag = {}
  const log: string[] = []
  observe(world, onAdd(Position), (eid) => log.push(`add ${eid}`))
  observe(world, onRemove(Position), (eid) => log.push(`remove ${eid}`))
  observe(world, onAdd(Tag, Position), (eid) => log.push(`add both ${eid}`))
  observe(world, onRemove(Tag, Position), (eid) => log.push(`remove both ${eid}`))
  while (addEntity(world) < 200_000) {}
  const far = addEntity(world, Tag)
  const before = [...query(world, [Not(Position), Tag])]
  assert.throws(
    () => addComponent(world, far, Position),
    (error: unknown) => error instanceof ArenaError && error.code === 'out-of-memory',
  )
  assert.equal(log, [])
  assert.equal([...query(world, [Position])], [])
  assert.equal([...query(world, [Not(Position), Tag])], before)
  assert.equal(getEntityComponents(world, far), [Tag])
  removeEntity(world, far)
  assert.equal(log, [])
})

test('relations work with components of a storage, and with stores of columns', () => {
  withScene({ capacity: 2 }, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const ChildOf = createRelation({ autoRemoveSubject: true })
    const parent = addEntity(world, set(Position, { x: 1 }))
    const child = addEntity(world, set(Position, { x: 2 }), Pair(ChildOf, parent))
    assert.equal([...query(world, [Position, Pair(ChildOf, parent)])], [child])
    removeEntity(world, parent)
    assert.equal([...query(world, [Position])], [])
    const heirs = [addEntity(world, Position), addEntity(world, Position)]
    assert.equal([...Position.x.subarray(0, 4)], [0, 0, 0, 0])
    assert.equal(heirs.sort(), [parent, child].sort())
  })
})

test('ids with versions: row gives the index; set, get and clearing find it themselves', () => {
  const index = createEntityIndex(withVersioning(8))
  withScene({ world: createWorld(index), capacity: 2 }, ({ arena, world, storage }) => {
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    // bitECS takes recycled ids for dead unless the last one made is the first to go.
    const seen = new Set<number>()
    for (let life = 0; life < 200; life++) {
      const eids = [1, 2, 3].map((y) => addEntity(world, set(Position, { y })))
      for (const [i, eid] of eids.entries()) {
        seen.add(eid)
        assert.is(storage.indexOf(eid), i + 1)
        assert.is(storage.indexOf(eid), getId(index, eid))
        assert.equal(getComponent(world, eid, Position), { x: 0, y: i + 1 })
        Position.x[storage.indexOf(eid)] = 5
      }
      for (const eid of eids.reverse()) removeEntity(world, eid)
    }
    assert.is(seen.size, 600)
    assert.ok(
      [...seen].some((eid) => eid < 0),
      'ids whose highest bit is set are negative',
    )
    assert.is(Position.x.length, 4)
    assertSound(arena)
  })
})

test('ids without versions are rows', () => {
  withScene({}, ({ world, storage }) => {
    for (let i = 0; i < 10; i++) {
      const eid = addEntity(world)
      assert.is(storage.indexOf(eid), eid)
    }
  })
})

test('entities made before the storage get rows when they get a component', () => {
  const world = createWorld()
  const early = Array.from({ length: 50 }, () => addEntity(world))
  withScene({ world, capacity: 1 }, ({ storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    for (const eid of early) addComponent(world, eid, set(Position, { x: eid }))
    for (const eid of early) assert.is(Position.x[eid], eid)
  })
})

for (const sparse of [false, true]) {
  test(`${sparse ? 'sparse' : 'flat'}: a getter among values moves and frees no row`, () => {
    withScene({}, ({ arena, world, storage }) => {
      const Fire = createComponent(storage, 'Fire', { heat: t.f32, marks: t.list(t.u16) }, sparse)
      const sibling = createStorage(world, storage.pool)
      const [gone, eid] = [addEntity(world), addEntity(world)]
      for (const one of [gone, eid])
        addComponent(world, one, set(Fire, { heat: one, marks: [one] }))
      removeEntity(world, gone)
      for (const call of [storage.sync, storage.reset, storage.dispose, sibling.sync]) {
        for (const name of ['heat', 'marks']) {
          const values = { heat: 7, marks: [7, 7] }
          Object.defineProperty(values, name, { get: () => call() })
          assertThrows(() => addComponent(world, eid, set(Fire, values)), 'set-busy', 'getter')
          assertSound(arena)
          assert.equal(getComponent(world, eid, Fire), { heat: eid, marks: [eid] })
        }
      }
      sibling.dispose()
      storage.sync()
      addComponent(world, eid, set(Fire, { heat: 1, marks: [1] }))
      assert.equal(getComponent(world, eid, Fire), { heat: 1, marks: [1] })
    })
  })
}

test('what onColumnsMoved throws for a prefab is thrown by addComponent', () => {
  const onColumnsMoved = () => {
    throw new Error('bad hook')
  }
  withScene({ capacity: 4, onColumnsMoved }, ({ world, storage }) => {
    const Body = storage.component('Body', { x: t.f32({ default: 2 }) })
    while (addEntity(world) < 10) {}
    const prefab = addPrefab(world)
    assert.throws(() => addComponent(world, prefab, Body), 'bad hook')
    addComponent(world, addEntity(world), Body)
    assert.equal(getComponent(world, prefab, Body), { x: 2 })
  })
})

test.run()
