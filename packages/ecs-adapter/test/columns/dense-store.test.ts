// When lists and texts are freed, and what bitECS’s calls return of them.
import { blocks } from '@ashlar/core'
import { t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createWorld,
  getComponent,
  IsA,
  observe,
  onAdd,
  onRemove,
  onSet,
  Prefab,
  query,
  removeComponent,
  removeEntity,
  resetWorld,
  set,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, createScene, type Scene, withScene } from '../support.ts'

const test = suite('dense store: lists and texts')

const schema = { points: t.list(t.f32), label: t.text, kind: t.text({ interned: true }), x: t.f32 }
const empty = { points: [], label: '', kind: '', x: 0 }
const values = { points: [1, 2], label: 'gate', kind: 'wood', x: 7 }

/** Blocks beyond those of the columns of `Path`. */
const blockCount = ({ arena }: Scene) => blocks(arena).length - 4

test('set writes and getComponent copies: plain arrays and strings', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const Path = storage.component('Path', schema)
    const eid = addEntity(world)
    addComponent(world, eid, set(Path, values))
    const copy = getComponent(world, eid, Path)
    assert.equal(copy, values)
    assert.equal(Object.keys(copy), ['points', 'label', 'kind', 'x'])
    assert.ok(Array.isArray(copy.points))
    copy.points.push(3)
    assert.is(Path.points.length(eid), 2)
    addComponent(world, eid, set(Path, { points: Uint8Array.of(5), x: 1 }))
    assert.equal(getComponent(world, eid, Path), { ...values, points: [5], x: 1 })
    addComponent(world, eid, set(Path, { points: [], label: '', kind: '' }))
    assert.equal(getComponent(world, eid, Path), { ...empty, x: 1 })
    assertSound(scene.arena)
  })
})

test('set writes all fields or none', () => {
  withScene({}, ({ world, storage, arena }) => {
    const Path = storage.component('Path', schema)
    const eid = addEntity(world, set(Path, values))
    const wrong: [object, string][] = [
      [{ points: [9], label: 'x', kind: 'y', x: '1' }, 'Path.x'],
      [{ points: [9, '9'], label: 'x', kind: 'y', x: 1 }, 'Path.points[1]'],
      [{ points: 5, label: 'x', kind: 'y', x: 1 }, 'Path.points'],
      [{ points: [9], label: 5, kind: 'y', x: 1 }, 'Path.label'],
      [{ points: [9], label: 'x', kind: null, x: 1 }, 'Path.kind'],
    ]
    for (const [given, words] of wrong) {
      assertThrows(() => addComponent(world, eid, set(Path, given)), 'invalid-argument', words)
      assert.equal(getComponent(world, eid, Path), values)
      assertSound(arena)
    }
    assertThrows(() => addComponent(world, eid, set(Path, 5)), 'invalid-argument', 'points, label')
  })
})

test('a set that runs out of memory half-way leaves no block behind', () => {
  withScene({ byteLength: 2 ** 20 }, ({ world, storage, arena }) => {
    const { points, x, ...texts } = schema
    const Path = storage.component('Path', { ...texts, points, x }) // points last
    const eid = addEntity(world, set(Path, values))
    const before = blocks(arena)
    const given = { points: new Array(2 ** 18).fill(1), label: 'other', kind: 'stone', x: 8 }
    assertThrows(() => addComponent(world, eid, set(Path, given)), 'out-of-memory')
    assert.equal(blocks(arena), before)
    assert.equal(getComponent(world, eid, Path), values)
    assertSound(arena)
  })
})

test('a posted component takes its columns along, and no list', () => {
  withScene({ shared: true }, ({ storage }) => {
    const Path = storage.component('Path', schema)
    assert.instance(structuredClone({ ...Path }).x, Float32Array)
  })
})

test('values stay readable in onRemove, and are freed at sync', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    const seen: unknown[] = []
    observe(world, onRemove(Path), (eid) => {
      seen.push(Path.points.toArray(eid), Path.label.get(eid), Path.kind.get(eid))
      Path.points.push(eid, 3)
      Path.label.set(eid, 'grave')
    })
    const eids = [1, 2, 3].map(() => addEntity(world, set(Path, values)))
    removeEntity(world, eids[0])
    removeComponent(world, eids[1], Path)
    assert.equal(seen, [[1, 2], 'gate', 'wood', [1, 2], 'gate', 'wood'])
    assert.equal(Path.points.toArray(eids[0]), [1, 2, 3])
    assert.is(Path.label.get(eids[1]), 'grave')
    assert.is(blockCount(scene), 3 + 3 + 1)
    storage.sync()
    assert.is(blockCount(scene), 3)
    assert.is(Path.points.length(eids[0]), 0)
    assert.is(Path.label.get(eids[1]), '')
    assert.equal(getComponent(world, eids[2], Path), values)
    assertSound(arena)
    storage.sync()
    assert.is(blockCount(scene), 3)
  })
})

test('a row that is used again before sync is empty, and its blocks are freed then', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    observe(world, onAdd(Path), (eid) => {
      assert.is(Path.points.length(eid), 0)
      Path.points.push(eid, -1)
    })
    for (let life = 0; life < 50; life++) {
      const eid = addEntity(world)
      addComponent(world, eid, Path)
      assert.equal(getComponent(world, eid, Path), { ...empty, points: [-1] })
      addComponent(world, eid, set(Path, values))
      if (life % 2 === 0) {
        removeComponent(world, eid, Path)
        addComponent(world, eid, Path)
        if (life % 4 === 0) query(world, [Path])
        assert.equal(getComponent(world, eid, Path), { ...empty, points: [-1] })
      }
      removeEntity(world, eid)
      assert.ok(blockCount(scene) <= 3, 'no sync, and no pile of blocks')
      assertSound(arena)
    }
    const heir = addEntity(world, set(Path, values))
    storage.sync()
    assert.equal(getComponent(world, heir, Path), values, 'what was queued is not the heir’s')
  })
})

test('lists written for an entity without the component are freed at sync', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    const without = addEntity(world)
    const gone = addEntity(world, set(Path, values))
    removeEntity(world, gone)
    query(world, [Path])
    storage.sync()
    for (const eid of [without, gone, 0, 500]) {
      Path.points.push(eid, 1)
      Path.label.set(eid, 'stray')
    }
    assert.is(blockCount(scene), 8)
    assertSound(arena)
    storage.sync()
    assert.is(blockCount(scene), 0)
    Path.points.push(without, 1)
    addComponent(world, without, Path)
    assert.is(Path.points.length(without), 0)
    Path.points.push(without, 2)
    storage.sync()
    assert.equal(Path.points.toArray(without), [2])
  })
})

test('instances of a prefab have lists and texts of their own', () => {
  withScene({ capacity: 2 }, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    const base = addPrefab(world)
    addComponent(world, base, set(Path, values))
    const derived = addPrefab(world)
    addComponent(world, derived, IsA(base))
    Path.points.push(derived, 3)
    const one = addEntity(world, IsA(base))
    const two = addEntity(world, IsA(derived))
    assert.equal(getComponent(world, one, Path), values)
    assert.equal(getComponent(world, two, Path), { ...values, points: [1, 2, 3] })
    Path.points.push(one, 9)
    Path.label.set(one, 'door')
    Path.kind.set(one, 'stone')
    assert.equal(getComponent(world, base, Path), values)
    const offsets = [base, derived, one, two].map((eid) => Path.points.offset(eid))
    assert.is(new Set(offsets).size, 4)
    storage.sync()
    assert.equal(getComponent(world, derived, Path), { ...values, points: [1, 2, 3] })
    removeEntity(world, one)
    removeEntity(world, two)
    storage.sync()
    assert.equal(getComponent(world, base, Path), values)
    assertSound(arena)
  })
})

test('the sync after a prefab’s removal, which bitECS does not report, frees its values', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    const bySet = addPrefab(world)
    addComponent(world, bySet, set(Path, values))
    const byPush = addPrefab(world)
    addComponent(world, byPush, Path)
    Path.points.push(byPush, 1)
    const loses = addPrefab(world)
    addComponent(world, loses, set(Path, values))
    for (let i = 0; i < 3; i++) storage.sync()
    assert.equal(getComponent(world, bySet, Path), values)
    assert.equal(Path.points.toArray(byPush), [1])
    removeEntity(world, bySet)
    removeEntity(world, byPush)
    removeComponent(world, loses, Path)
    storage.sync()
    assert.is(blockCount(scene), 0)
    assertSound(arena)
  })
})

test('a row that a prefab left is a clean one for an entity that gets the component', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const Path = storage.component('Path', schema)
    const prefab = addPrefab(world)
    addComponent(world, prefab, set(Path, values))
    removeEntity(world, prefab)
    const heir = addEntity(world, Path)
    assert.is(heir, prefab)
    assert.equal(getComponent(world, heir, Path), empty)
    Path.points.push(heir, 5)
    storage.sync()
    assert.equal(Path.points.toArray(heir), [5])
    removeEntity(world, heir)
    storage.sync()
    assert.is(blockCount(scene), 0)
  })
})

test('a prefab that takes the row of one that lost the component keeps its values', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    const gone = addEntity(world, set(Path, values))
    removeEntity(world, gone)
    const heir = addPrefab(world)
    assert.is(heir, gone)
    addComponent(world, heir, set(Path, { points: [7, 8], label: 'x' }))
    assert.is(Path.kind.get(heir), '')

    const turned = addEntity(world, set(Path, values))
    removeComponent(world, turned, Path)
    addComponent(world, turned, Prefab)
    addComponent(world, turned, set(Path, { points: [7, 8], label: 'x' }))

    const { kind, ...without } = values
    const filled = addEntity(world, set(Path, without))
    removeEntity(world, filled)
    assert.is(addPrefab(world), filled)
    addComponent(world, filled, Path)
    Path.kind.set(filled, 'iron')
    assert.is(Path.points.length(filled), 0)
    Path.points.replace(filled, [7, 8])
    Path.label.set(filled, 'x')

    for (let i = 0; i < 3; i++) {
      storage.sync()
      for (const eid of [heir, turned, filled]) {
        assert.equal(Path.points.toArray(eid), [7, 8])
        assert.is(Path.label.get(eid), 'x')
      }
      assert.is(Path.kind.get(filled), 'iron')
      assertSound(arena)
    }
    for (const eid of [heir, turned, filled]) removeEntity(world, eid)
    storage.sync()
    assert.is(blockCount(scene), 0)
  })
})

test('an onRemove observer that fills an empty field leaves the others readable', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const Path = storage.component('Path', schema)
    observe(world, onRemove(Path), (eid) => Path.kind.set(eid, 'grave'))
    const eid = addEntity(world, set(Path, { points: [1, 2] }))
    removeEntity(world, eid)
    assert.equal(Path.points.toArray(eid), [1, 2])
    assert.is(Path.kind.get(eid), 'grave')
    storage.sync()
    assert.is(blockCount(scene), 0)
  })
})

test('an entity that becomes a prefab, or stops being one, keeps its values', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const Path = storage.component('Path', schema)
    const becomes = addEntity(world, set(Path, values))
    addComponent(world, becomes, Prefab)
    const was = addPrefab(world)
    addComponent(world, was, set(Path, values))
    removeComponent(world, was, Prefab)
    for (let i = 0; i < 3; i++) storage.sync()
    assert.equal(getComponent(world, becomes, Path), values)
    assert.equal(getComponent(world, was, Path), values)
    removeEntity(world, becomes)
    removeEntity(world, was)
    storage.sync()
    assert.is(blockCount(scene), 0)
  })
})

test('a prefab with a versioned id in the row of another starts empty when it is set', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  withScene({ world }, (scene) => {
    const { storage, arena } = scene
    const Path = storage.component('Path', schema)
    const first = addPrefab(world)
    addComponent(world, first, set(Path, values))
    removeEntity(world, first)
    const second = addPrefab(world)
    assert.is(storage.indexOf(second), storage.indexOf(first))
    assert.is.not(second, first)
    addComponent(world, second, set(Path, { label: 'new' }))
    storage.sync()
    assert.is(Path.points.length(second), 0)
    assert.is(Path.label.get(second), 'new')
    assertSound(arena)
  })
})

test('reset frees every list and text, and all works again', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    for (let round = 0; round < 3; round++) {
      const prefab = addPrefab(world)
      addComponent(world, prefab, set(Path, values))
      const eids = [1, 2, 3].map(() => addEntity(world, set(Path, values), IsA(prefab)))
      removeEntity(world, eids[1])
      if (round === 1) resetWorld(world)
      storage.reset()
      assert.is(blockCount(scene), 0)
      assertSound(arena)
      const eid = addEntity(world, Path)
      assert.equal(getComponent(world, eid, Path), empty)
      Path.points.push(eid, 1)
      storage.sync()
      assert.equal(Path.points.toArray(eid), [1])
      storage.reset()
    }
  })
})

test('lists move with their handle column, not with each entity', () => {
  withScene({ capacity: 1 }, (scene) => {
    const { world, storage, arena } = scene
    const Path = storage.component('Path', schema)
    const first = addEntity(world, set(Path, values))
    const { points } = Path
    const offset = points.offset(first)
    observe(world, onSet(Path), (eid) => {
      if (eid < 200) addEntity(world, set(Path, values))
    })
    addEntity(world, set(Path, values))
    assert.is(Path.points, points, 'the field is the same object')
    assert.is(points.offset(first), offset)
    for (let eid = 1; eid <= 200; eid++) assert.equal(getComponent(world, eid, Path), values)
    assertSound(arena)
  })
})

test('a component of scalars has no query and no observer of one; one with lists has both', () => {
  const { storage } = createScene()
  const countObservers = (body: () => void) => {
    let count = 0
    const { add } = Set.prototype
    Set.prototype.add = function (value: unknown) {
      if (typeof value === 'function') count++
      return add.call(this, value)
    }
    try {
      body()
    } finally {
      Set.prototype.add = add
    }
    return count
  }
  const setAndGet = 2
  assert.is(
    countObservers(() => storage.component('A', { x: t.f32({ default: 1 }) })),
    setAndGet,
  )
  assert.is(
    countObservers(() => storage.component('B', { x: t.list(t.f32) })),
    setAndGet + 2,
  )
  assert.is(
    countObservers(() => storage.component('C', { x: t.text })),
    setAndGet + 2,
  )
  const weak = { x: t.list(t.eid, { weak: true }) }
  const ofEntities = 1
  assert.is(
    countObservers(() => storage.component('D', weak)),
    setAndGet + 2 + ofEntities,
  )
  assert.is(
    countObservers(() => storage.component('E', weak)),
    setAndGet + 2,
  )
})

test('a handle that was overwritten is an error, and the storage goes on', () => {
  const { arena, world, storage } = createScene({ capacity: 1024 })
  const Path = storage.component('Path', { points: t.list(t.f32) })
  const broken = addEntity(world, set(Path, { points: [1] }))
  const whole = addEntity(world, set(Path, { points: [2] }))
  const [column] = blocks(arena)
  const handle = (column.offset >> 2) + broken
  assert.is(arena.u32[handle], Path.points.offset(broken) - 8)
  arena.u32[handle] += 16
  removeEntity(world, broken)
  removeEntity(world, whole)
  assertThrows(() => storage.sync(), 'invalid-offset')
  storage.sync()
  assert.is(blocks(arena).length, 2, 'the block that nobody knows any more, and the column')
})

test.run()
