import { Arena, blocks as blocksOf, exactStats } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createWorld,
  deleteWorld,
  getComponent,
  hasComponent,
  IsA,
  observe,
  onAdd,
  query,
  removeComponent,
  removeEntity,
  resetWorld,
  set,
  type World,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, buffers, createScene, withScene } from '../support.ts'

const test = suite('storage')

test('an invalid world, pool or capacity is refused, and named', () => {
  const { pool } = createScene()
  const hostile: unknown[] = [undefined, null, 5, 'world', {}, [], () => 1]
  for (const world of hostile) {
    assertThrows(() => createStorage(world as World, pool), 'invalid-argument', 'world')
  }
  for (const given of hostile) {
    const call = () => createStorage(createWorld(), given as typeof pool)
    assertThrows(call, 'invalid-argument', 'the pool', 'arena.openPool()')
  }
  for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 28 + 1, '64', null, 5n]) {
    const call = () => createStorage(createWorld(), pool, { capacity: capacity as number })
    assertThrows(call, 'invalid-argument', 'the capacity')
  }
})

test('a capacity that the arena has no room for is out of memory', () => {
  const { arena, pool, world } = createScene()
  const storage = createStorage(world, pool, { capacity: 2 ** 28 })
  const schema = { a: t.u8, b: t.f64 }
  assertThrows(() => storage.component('Position', schema), 'out-of-memory')
  assert.equal(blocksOf(arena), [])
  assertSound(arena)
})

test('components are found by name', () => {
  withScene({}, ({ storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const Enemy = storage.component('Enemy', {})
    assert.equal(Object.keys(storage.components), ['Position', 'Enemy'])
    assert.is(storage.components.Position, Position)
    assert.is(storage.components.Enemy, Enemy)
    assert.is('toString' in storage.components, false)
  })
})

test('a closed pool is reported, and half-added components are removed', () => {
  const { pool, world, storage } = createScene({ capacity: 1 })
  const Position = storage.component('Position', { x: t.f32 })
  pool.close()
  const eid = addEntity(world)
  assertThrows(() => addComponent(world, eid, Position), 'pool-closed')
  assert.is(hasComponent(world, eid, Position), false)
  assertThrows(() => storage.component('Other', { x: t.f32 }), 'pool-closed')
})

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: reset empties the world and the rows, and all works again`, () => {
    withScene({ shared, capacity: 2 }, ({ arena, world, storage }) => {
      const Position = storage.component('Position', { x: t.f32, y: t.f32 })
      const Health = storage.component('Health', { points: t.i16 })
      for (let round = 0; round < 4; round++) {
        const added: number[] = []
        observe(world, onAdd(Position), (eid) => added.push(eid, Position.x[eid]))
        const Orc = addPrefab(world)
        addComponent(world, Orc, set(Health, { points: 5 }))
        for (let i = 0; i < 20; i++) {
          const eid = addEntity(world, set(Position, { x: 1, y: 2 }), IsA(Orc))
          assert.equal(getComponent(world, eid, Position), { x: 1, y: 2 })
          assert.equal(getComponent(world, eid, Health), { points: 5 })
          assert.equal(added.splice(0), [eid, 0])
        }
        assert.is(query(world, [Position]).length, 20)

        storage.reset()
        assert.is(query(world, [Position]).length, 0)
        assert.is(storage.components.Position, Position)
        assert.is(Position.x.length, 32)
        for (const column of [Position.x, Position.y, Health.points]) {
          assert.ok(column.every((value) => value === 0))
        }
        assert.is(blocksOf(arena).length, 3, 'what columns moved out of is freed')
        assertSound(arena)
        const first = addEntity(world, Position)
        assert.is(first, 1)
        assert.equal(added, [], 'observers of before are gone, as bitECS has it')
        removeEntity(world, first)
        storage.reset()
      }
    })
  })
}

test('rows that died before a reset read zero after it', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const eid = addEntity(world, set(Position, { x: 9 }))
    removeEntity(world, eid)
    assert.is(Position.x[eid], 9)
    storage.reset()
    assert.is(Position.x[eid], 0)
  })
})

test('resetWorld called past the storage is found at the next addition; reset repairs it', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    addEntity(world, set(Position, { x: 9 }))
    resetWorld(world)
    const eid = addEntity(world)
    const add = () => addComponent(world, eid, set(Position, { x: 1 }))
    assertThrows(add, 'world-was-reset', 'storage.reset()')
    storage.reset()
    assert.equal(getComponent(world, addEntity(world, Position), Position), { x: 0 })
  })
})

test('reset of a world with versioned ids goes on with plain ones, as bitECS has it', () => {
  const world = createWorld(createEntityIndex(withVersioning(4)))
  withScene({ world }, ({ storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    removeEntity(world, addEntity(world, set(Position, { x: 1 })))
    const eid = addEntity(world, set(Position, { x: 2 }))
    assert.is(storage.indexOf(eid), 1)
    assert.is.not(eid, 1)
    storage.reset()
    removeEntity(world, addEntity(world, Position))
    const plain = addEntity(world, set(Position, { x: 3 }))
    assert.is(plain, 1)
    assert.is(Position.x[storage.indexOf(plain)], 3)
  })
})

test('two storages on one world live side by side, and a reset renews both', () => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const world = createWorld()
  const [one, two] = [arena.openPool(), arena.openPool()]
  const first = createStorage(world, one, { capacity: 2 })
  const second = createStorage(world, two, { capacity: 4 })
  const A = first.component('Position', { x: t.f32 })
  const B = second.component('Position', { x: t.f64 })
  const spawn = () => {
    for (let i = 0; i < 40; i++) {
      const eid = addEntity(world, set(A, { x: i }), set(B, { x: -i }))
      assert.equal(getComponent(world, eid, A), { x: i })
      assert.equal(getComponent(world, eid, B), { x: -i })
    }
  }
  spawn()
  second.reset()
  assert.ok(A.x.every((value) => value === 0) && B.x.every((value) => value === 0))
  spawn()
  first.dispose()
  assert.is(A.x.length, 0)
  assert.is(blocksOf(arena).filter(({ slot }) => slot === one.slot).length, 0)
  second.reset()
  const eid = addEntity(world, set(B, { x: 1 }))
  assert.is(B.x[eid], 1)
  second.dispose()
  assert.equal(blocksOf(arena), [])
  assertSound(arena)
})

test('two worlds on one pool know nothing of each other', () => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const pool = arena.openPool()
  const [red, blue] = [createWorld(), createWorld()]
  const reds = createStorage(red, pool, { capacity: 2 })
  const blues = createStorage(blue, pool, { capacity: 2 })
  const Red = reds.component('Position', { x: t.f32 })
  const Blue = blues.component('Position', { x: t.f32 })
  for (let i = 0; i < 50; i++) {
    addEntity(red, set(Red, { x: i }))
    if (i % 2 === 0) addEntity(blue, set(Blue, { x: -i }))
  }
  reds.reset()
  for (let eid = 1; eid <= 25; eid++) {
    assert.is(Blue.x[eid], -(eid - 1) * 2)
    assert.is(Red.x[eid], 0)
  }
  reds.dispose()
  addEntity(blue, set(Blue, { x: 5 }))
  blues.dispose()
  assert.equal(blocksOf(arena), [])
  assertSound(arena)
})

test('dispose frees every block, takes the observers off, and empties the columns', () => {
  const { arena, world, storage } = createScene({ capacity: 2 })
  assert.is(exactStats(arena).liveByteLength, 0)
  const Position = storage.component('Position', { x: t.f32, y: t.u8 })
  for (let i = 0; i < 9; i++) addEntity(world, set(Position, { x: 1 }))
  storage.dispose()
  assert.equal(blocksOf(arena), [])
  assert.is(exactStats(arena).liveByteLength, 0)
  assertSound(arena)
  assert.instance(Position.x, Float32Array)
  assert.instance(Position.y, Uint8Array)
  assert.equal([Position.x.length, Position.y.length], [0, 0])

  // bitECS goes on with an object like any other.
  const eid = addEntity(world, set(Position, { x: 1 }))
  assert.equal(getComponent(world, eid, Position), {})
  removeComponent(world, eid, Position)
  removeEntity(world, 1)
  resetWorld(world)
  addEntity(world, Position)
  assert.equal(blocksOf(arena), [])
})

test('dispose works after the world was reset or deleted', () => {
  for (const end of [resetWorld, deleteWorld]) {
    const { arena, world, storage } = createScene()
    storage.component('Position', { x: t.f32 })
    end(world)
    storage.dispose()
    assert.equal(blocksOf(arena), [])
  }
})

test('a world that was deleted is refused', () => {
  const { arena, world, storage } = createScene()
  deleteWorld(world)
  assertThrows(() => storage.component('Position', { x: t.f32 }), 'invalid-argument', 'the world')
  assertThrows(() => storage.reset(), 'invalid-argument', 'the world')
  assert.equal(blocksOf(arena), [])
})

test('use after dispose is an error that says so, dispose included', () => {
  const { storage } = createScene()
  storage.dispose()
  const uses = [
    () => storage.dispose(),
    () => storage.sync(),
    () => storage.reset(),
    () => storage.indexOf(1),
    () => storage.component('Position', { x: t.f32 }),
  ]
  for (const use of uses) assertThrows(use, 'storage-disposed', 'disposed')
})

test('a storage can be made again on the same world, under the same names', () => {
  withScene({}, ({ pool, world, storage }) => {
    const before = storage.component('Position', { x: t.f32 })
    for (let i = 0; i < 10; i++) {
      const next = createStorage(world, pool, { capacity: 8 })
      const Position = next.component('Position', { x: t.f32 })
      assert.is.not(Position, before)
      addEntity(world, set(Position, { x: i }))
      next.dispose()
    }
  })
})

test('a component can be posted: its clone holds the columns', () => {
  withScene({ shared: true }, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    addEntity(world, set(Position, { x: 4 }))
    const { x } = structuredClone(Position)
    assert.is(x[1], 4)
    Position.x[1] = 5
    assert.is(x[1], 5)
  })
})

test('a reset in a full arena: every storage of the world begins anew', () => {
  const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 20, capacity: 4 })
  const sibling = createStorage(world, pool)
  const Path = storage.component('Path', { points: t.list(t.f32) })
  const Position = sibling.component('Position', { x: t.f32 })
  void storage.handle
  void sibling.handle
  const eid = addEntity(world)
  addComponent(world, eid, set(Path, { points: [1] }))
  addComponent(world, eid, set(Position, { x: 1 }))
  const blocks: number[] = []
  for (let byteLength = 2 ** 18; byteLength >= 16; ) {
    const block = pool.tryAlloc(byteLength)
    if (block === 0) byteLength /= 2
    else blocks.push(block)
  }
  storage.reset()
  assertSound(arena)
  const heir = addEntity(world)
  addComponent(world, heir, Path)
  addComponent(world, heir, Position)
  assert.is(Path.points.length(heir), 0)
  assert.is(Position.x[heir], 0)
  for (const block of blocks) pool.free(block)
  storage.sync()
  sibling.sync()
  storage.dispose()
  sibling.dispose()
  assert.equal(blocksOf(arena), [])
  assertSound(arena)
})

test.run()
