import { Arena, ArenaError, blocks, verify } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getComponent, hasComponent, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, buffers, createScene, scalars, withScene } from '../support.ts'

const test = suite('component-store')

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: a column is a typed array over a block whose header has its type`, () => {
    withScene({ shared, capacity: 100 }, ({ arena, storage }) => {
      const All = storage.component('All', scalars)
      for (const column of Object.values(All)) {
        const view = arena.view(column.byteOffset)
        assert.is(column.buffer, arena.buffer)
        assert.is(view.constructor, column.constructor)
        assert.is(view.byteOffset, column.byteOffset)
        assert.is(view.length, 100)
        assert.is(column.length, 100)
      }
      assert.is(blocks(arena).length, Object.keys(scalars).length)
    })
  })

  test(`${name}: columns double when an id outgrows them, and keep their values`, () => {
    withScene({ shared, capacity: 4 }, ({ arena, world, storage }) => {
      const Position = storage.component('Position', { x: t.f32, y: t.f64, z: t.i8 })
      const lengths = new Set<number>()
      for (let i = 1; i <= 300; i++) {
        const eid = addEntity(world)
        addComponent(world, eid, Position)
        Position.x[eid] = i + 0.5
        Position.y[eid] = i + 0.1
        Position.z[eid] = -i % 128
        lengths.add(Position.x.length)
        assert.is(Position.y.length, Position.x.length)
        assert.is(Position.z.length, Position.x.length)
        assertSound(arena)
      }
      assert.equal([...lengths], [4, 8, 16, 32, 64, 128, 256, 512])
      for (let eid = 1; eid <= 300; eid++) {
        assert.is(Position.x[eid], eid + 0.5)
        assert.is(Position.y[eid], eid + 0.1)
        assert.is(Position.z[eid], -eid % 128)
      }
      assert.ok(Position.x.subarray(301).every((value) => value === 0))
    })
  })

  test(`${name}: new rows read zero in memory that was used before`, () => {
    withScene({ shared, capacity: 8 }, ({ pool, world, storage }) => {
      const dirt = [8, 16, 32, 64, 128].map((length) => pool.allocArray(Float64Array, length))
      for (const block of dirt) block.fill(-1)
      for (const block of dirt) pool.free(block.byteOffset)
      const Position = storage.component('Position', { x: t.f64 })
      assert.equal([...Position.x], new Array(8).fill(0))
      for (let i = 1; i < 128; i++) {
        addComponent(world, addEntity(world), Position)
        assert.ok(Position.x.every((value) => value === 0))
      }
    })
  })

  test(`${name}: former columns stay readable until sync, which frees them`, () => {
    withScene({ shared, capacity: 2 }, ({ arena, world, storage }) => {
      const Position = storage.component('Position', { x: t.f32 })
      const eid = addEntity(world)
      addComponent(world, eid, set(Position, { x: 7 }))
      const views = [Position.x]
      while (views.length < 4) {
        addComponent(world, addEntity(world), Position)
        if (Position.x !== views.at(-1)) views.push(Position.x)
      }
      assert.equal(
        views.map((view) => view.length),
        [2, 4, 8, 16],
      )
      assert.equal(
        views.map((view) => view[eid]),
        [7, 7, 7, 7],
      )
      const liveOffsets = () => blocks(arena).map(({ offset }) => offset)
      assert.equal(
        liveOffsets(),
        views.map(({ byteOffset }) => byteOffset).sort((a, b) => a - b),
      )

      // Nothing that is allocated meanwhile may come to lie there.
      Position.x[eid] = 8
      const Filler = storage.component('Filler', { a: t.f32, b: t.f64, c: t.u8 })
      for (const column of [Filler.a, Filler.b, Filler.c]) column.fill(99)
      assert.equal(
        views.map((view) => view[eid]),
        [7, 7, 7, 8],
      )

      storage.sync()
      assert.is(Position.x, views.at(-1))
      assert.is(liveOffsets().length, 4)
      assertSound(arena)
      storage.sync()
      assert.is(Position.x[eid], 8)
    })
  })
}

test('a large column grows in place if the memory behind it is free; new rows read zero', () => {
  const arena = Arena.create({ byteLength: 32 * 2 ** 20 })
  const pool = arena.openPool()
  // What lies behind was used before.
  const used = pool.alloc(16 * 2 ** 20)
  arena.u8.fill(255, used, used + 16 * 2 ** 20)
  pool.free(used)
  const world = createWorld()
  const storage = createStorage(world, pool, { capacity: 2 ** 18 })
  const Health = storage.component('Health', { points: t.f32 })
  const { byteOffset } = Health.points
  const before = Health.points
  before[1] = 5
  const eids = Array.from({ length: 2 ** 18 }, () => addEntity(world))
  addComponent(world, eids[2 ** 18 - 1], Health)
  assert.is(Health.points.length, 2 ** 19)
  assert.is(Health.points.byteOffset, byteOffset)
  assert.is(Health.points[1], 5)
  assert.ok(Health.points.subarray(2 ** 18).every((value) => value === 0))
  assert.is(blocks(arena).length, 1)
  assert.equal(verify(arena), [])
})

test('large columns of equal length do not lie whole pages apart where blocks have room', () => {
  withScene({ capacity: 10_000 }, ({ arena, storage }) => {
    const names = Array.from({ length: 16 }, (_, i) => `f${i}`)
    const Many = storage.component('Many', Object.fromEntries(names.map((name) => [name, t.f32])))
    const linesInPage = names.map((name) => Math.floor((Many[name].byteOffset % 4096) / 64))
    assert.ok(new Set(linesInPage).size >= 14, `lines in their pages: ${linesInPage}`)
    for (const name of names) {
      assert.is(Many[name].length, 10_000)
      Many[name].fill(1)
    }
    assertSound(arena)
  })
})

test('each column grows in place for itself', () => {
  const arena = Arena.create({ byteLength: 32 * 2 ** 20 })
  const pool = arena.openPool()
  const world = createWorld()
  const storage = createStorage(world, pool, { capacity: 2 ** 18 })
  // The second column lies behind the first, and nothing behind the second.
  const Point = storage.component('Point', { x: t.f32, y: t.f32 })
  const before = [Point.x.byteOffset, Point.y.byteOffset]
  Point.x[1] = 1
  Point.y[1] = 2
  for (let i = 0; i < 2 ** 18; i++) addEntity(world)
  addComponent(world, 2 ** 18, Point)
  assert.is.not(Point.x.byteOffset, before[0])
  assert.equal([Point.x[1], Point.y[1]], [1, 2])
  assert.is(new Float32Array(arena.buffer, before[0], 2)[1], 1)
  storage.sync()
  assert.is(blocks(arena).length, 2)
  assert.equal(verify(arena), [])
})

test('columns of different components grow apart', () => {
  withScene({ capacity: 8 }, ({ world, storage }) => {
    const Player = storage.component('Player', { score: t.u32 })
    const Particle = storage.component('Particle', { age: t.f32 })
    addComponent(world, addEntity(world), Player)
    for (let i = 0; i < 1000; i++) addComponent(world, addEntity(world), Particle)
    assert.is(Player.score.length, 8)
    assert.is(Particle.age.length, 1024)
  })
})

test('an id far above the capacity grows the column at once, to a power of two times it', () => {
  withScene({ capacity: 3 }, ({ arena, world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    let eid = 0
    while (eid < 5000) eid = addEntity(world)
    addComponent(world, eid, set(Position, { x: 1 }))
    assert.is(Position.x.length, 6144)
    assert.is(Position.x[5000], 1)
    assert.is(blocks(arena).length, 2)
  })
})

test('set converts as the typed array does, for every type', () => {
  withScene({}, ({ world, storage }) => {
    const All = storage.component('All', scalars)
    const eid = addEntity(world)
    const numbers = [
      0,
      -0,
      1,
      -1,
      1.5,
      127,
      128,
      255,
      256,
      -129,
      65535,
      65536,
      2 ** 31,
      2 ** 32 + 3,
    ]
    const odd = [1e300, 1e-300, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 31), 0.1]
    for (const number of [...numbers, ...odd]) {
      const values = Object.fromEntries(Object.keys(scalars).map((name) => [name, number]))
      addComponent(world, eid, set(All, values))
      const expected = Object.entries(scalars).map(([name, { array }]) => {
        const cell = new array(new ArrayBuffer(8), 0, 1)
        cell[0] = number
        return [name, cell[0]] as const
      })
      for (const [name, value] of expected) assert.ok(Object.is(All[name as 'f32'][eid], value))
      assert.equal(getComponent(world, eid, All), Object.fromEntries(expected))
    }
  })
})

test('set writes the fields it is given, and no other', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    const eid = addEntity(world)
    addComponent(world, eid, set(Position, { y: 2 }))
    assert.equal(getComponent(world, eid, Position), { x: 0, y: 2 })
    addComponent(world, eid, set(Position, { x: 1, y: undefined, z: 5 }))
    assert.equal(getComponent(world, eid, Position), { x: 1, y: 2 })
    addComponent(world, eid, set(Position, Object.create({ x: 6 })))
    assert.equal(getComponent(world, eid, Position), { x: 6, y: 2 })
    assert.equal(Object.keys(Position), ['x', 'y'])
  })
})

test('set refuses a value that is no number, names the field, and writes nothing', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    const eid = addEntity(world)
    addComponent(world, eid, set(Position, { x: 1, y: 2 }))
    for (const y of [null, '5', true, 5n, {}, [], Symbol('s'), () => 1]) {
      const call = () => addComponent(world, eid, set(Position, { x: 9, y }))
      assertThrows(call, 'invalid-argument', 'Position.y', 'a number')
    }
    for (const values of [null, 5, 'x', true]) {
      const call = () => addComponent(world, eid, set(Position, values))
      assertThrows(call, 'invalid-argument', 'Position', 'x, y')
    }
    assert.equal(getComponent(world, eid, Position), { x: 1, y: 2 })
  })
})

test('getComponent gives a copy', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const eid = addEntity(world)
    addComponent(world, eid, set(Position, { x: 1 }))
    const copy = getComponent(world, eid, Position)
    copy.x = 5
    assert.is(Position.x[eid], 1)
    Position.x[eid] = 2
    assert.is(copy.x, 5)
  })
})

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: out of memory while growing leaves storage and world as they were`, () => {
    // 14 spans beside the control area: no room for a third doubling of 3 columns from 16,384 rows.
    const { arena, pool, world, storage } = createScene({
      shared,
      byteLength: 17 * 65536,
      capacity: 4,
    })
    const Position = storage.component('Position', { x: t.f64, y: t.f32, z: t.u8 })
    const owners: number[] = []
    let failure: unknown
    let eid = 0
    while (failure === undefined) {
      eid = addEntity(world)
      try {
        addComponent(world, eid, set(Position, { x: eid, y: eid, z: eid }))
        owners.push(eid)
        if (eid % 1000 === 0) storage.sync()
      } catch (error) {
        failure = error
      }
    }
    assert.ok(failure instanceof ArenaError && failure.code === 'out-of-memory', `${failure}`)
    assert.ok(owners.length > 10_000, `${owners.length} rows`)
    assertSound(arena)
    const { x, y, z } = Position
    assert.is(x.length, y.length)
    assert.is(x.length, z.length)
    assert.ok(owners.every((owner) => x[owner] === owner && y[owner] === owner))
    assert.is(hasComponent(world, eid, Position), false)
    assertThrows(() => addComponent(world, eid, Position), 'out-of-memory')
    assert.is(hasComponent(world, eid, Position), false)
    assert.is(Position.x, x)
    assertSound(arena)

    // Rows that are there still serve, and so does everything once there is room.
    addComponent(world, owners[0], set(Position, { x: -1 }))
    assert.is(Position.x[owners[0]], -1)
    storage.sync()
    const Other = storage.component('Other', { a: t.u8 })
    assertSound(arena)
    storage.dispose()
    assert.equal(blocks(arena), [])
    assert.is(Other.a.length, 0)

    const again = createStorage(createWorld(), pool, { capacity: x.length })
    again.component('Position', { x: t.f64, y: t.f32, z: t.u8 })
    again.dispose()
    assertSound(arena)
  })

  test(`${name}: growth goes on when something is freed`, () => {
    const { arena, pool, world, storage } = createScene({
      shared,
      byteLength: 2 ** 20,
      capacity: 64,
    })
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    for (let i = 0; i < 63; i++) addComponent(world, addEntity(world), Position)
    Position.y[5] = 55
    const hoard: number[] = []
    for (const byteLength of [65536, 4096, 512, 256, 64]) {
      for (let offset = pool.tryAlloc(byteLength); offset !== 0; ) {
        hoard.push(offset)
        offset = pool.tryAlloc(byteLength)
      }
    }
    const eid = addEntity(world)
    const blockCount = blocks(arena).length
    assertThrows(() => addComponent(world, eid, set(Position, { x: 1 })), 'out-of-memory')
    assert.is(blocks(arena).length, blockCount)
    assert.is(hasComponent(world, eid, Position), false)
    for (const offset of hoard) pool.free(offset)
    addComponent(world, eid, set(Position, { x: 1 }))
    assert.equal(getComponent(world, eid, Position), { x: 1, y: 0 })
    assert.is(Position.y[5], 55)
    storage.dispose()
    assertSound(arena)
    assert.equal(blocks(arena), [])
  })
}

test('where there is no room to double, columns grow by less', () => {
  const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 22, capacity: 16_384 })
  const Position = storage.component('Position', { x: t.f64 }) // 128 KiB
  const gap = pool.alloc(3 * 65_536)
  for (let byteLength = 2 ** 21; byteLength > 0; byteLength >>= 1) {
    while (pool.tryAlloc(byteLength) !== 0) {}
  }
  pool.free(gap)
  while (addEntity(world) < 16_384) {}
  addComponent(world, 16_384, set(Position, { x: 1 }))
  assert.is(Position.x.length, 16_384 + 256)
  assert.is(Position.x[16_384], 1)
  assertSound(arena)
})

test('a component of which not every column fits takes nothing', () => {
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: 40_000 })
  const schema = { a: t.f64, b: t.f64, c: t.f64, d: t.f64 }
  assertThrows(() => storage.component('Wide', schema), 'out-of-memory')
  assert.equal(blocks(arena), [])
  assert.equal(Object.keys(storage.components), [])
  storage.component('Wide', { a: t.f64, b: t.f64 })
  assertSound(arena)
})

test('columns in a WebAssembly.Memory that has grown are renewed by sync', () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 256 })
  const arena = Arena.create({ memory })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: 16 })
  const Position = storage.component('Position', { x: t.f32 })
  const [first, second] = [addEntity(world), addEntity(world)]
  addComponent(world, first, set(Position, { x: 1 }))
  memory.grow(1)
  assert.is(Position.x.length, 0, 'the engine detaches views')
  addComponent(world, second, set(Position, { x: 2 }))
  assert.equal(getComponent(world, first, Position), { x: 1 })
  storage.sync()
  assert.is(Position.x.buffer, memory.buffer)
  assert.equal([...Position.x.subarray(0, 4)], [0, 1, 2, 0])
  memory.grow(1)
  storage.sync()
  assert.equal([...Position.x.subarray(0, 4)], [0, 1, 2, 0])
  assertSound(arena)
  memory.grow(1)
  storage.dispose()
  assert.equal(blocks(arena), [])
  assert.is(Position.x.length, 0)
})

test.run()
