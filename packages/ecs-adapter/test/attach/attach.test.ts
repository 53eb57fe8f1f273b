// Attached threads: the same names over the same memory, and misuse.
import { Arena, blocks } from '@ashlar/core'
import { attachStorage, attachTable, createStorage, createTable, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createEntityIndex,
  createWorld,
  removeEntity,
  set,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as rootLayout from '../../src/shared/storage-root.ts'
import { assertSound, assertThrows, buffers, createScene, watch } from '../support.ts'
import { disposeAll } from './scenes.ts'

const test = suite('attach')

const anything = (value: unknown) => value as never

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: the same names over the same memory`, () => {
    const scene = createScene({ shared, capacity: 100 })
    const { arena, world, storage } = scene
    const Position = storage.component('Position', { x: t.f32, y: t.f64, z: t.i8 })
    storage.component('Tag', {})
    const eid = addEntity(world)
    addComponent(world, eid, set(Position, { x: 1.5, y: -2, z: 3 }))
    const attached = attachStorage(structuredClone(storage.handle), arena.openPool())
    const seen = attached.components.Position as typeof Position
    assert.equal(Object.keys(attached.components).sort(), ['Position', 'Tag'])
    assert.equal(Object.keys(seen), ['x', 'y', 'z'])
    assert.instance(seen.y, Float64Array)
    assert.equal([seen.x[eid], seen.y[eid], seen.z[eid]], [1.5, -2, 3])
    assert.is(seen.x.byteOffset, Position.x.byteOffset)
    assert.is(seen.x.length, 100)
    assert.equal([...attached.entities], [eid])
    assert.is(attached.indexOf(eid), eid)
    seen.z[eid] = 9
    assert.is(Position.z[eid], 9)
    attached.detach()
    disposeAll(scene)
  })

  test(`${name}: growth, new components and entities show at the next sync`, () => {
    const scene = createScene({ shared, capacity: 4 })
    const { arena, world, storage } = scene
    const Position = storage.component('Position', { x: t.f32 })
    const attached = attachStorage(storage.handle, arena.openPool())
    const seen = attached.components.Position as typeof Position
    const before = seen.x
    const eids = Array.from({ length: 50 }, () => addEntity(world))
    for (const eid of eids) addComponent(world, eid, set(Position, { x: eid }))
    const Late = storage.component('Late', { points: t.u16 })
    attached.sync()
    assert.is(seen.x, before)
    assert.is('Late' in attached.components, false)
    storage.sync()
    assert.is(seen.x, before)
    assert.equal([...before], [0, 1, 2, 3], 'what the column moved out of is as it was')
    attached.sync()
    assert.is(seen.x.length, Position.x.length)
    assert.is(seen.x.byteOffset, Position.x.byteOffset)
    assert.equal([...seen.x], [...Position.x])
    assert.equal([...attached.entities], eids)
    assert.is((attached.components.Late as typeof Late).points.length, 4)
    attached.detach()
    disposeAll(scene)
  })
}

test('publish shows new columns, and frees no block that this thread uses', () => {
  const scene = createScene({ capacity: 2 })
  const { arena, world, storage } = scene
  const Position = storage.component('Position', { x: t.f32 })
  const attached = attachStorage(storage.handle, arena.openPool())
  const stale = Position.x
  addComponent(world, addEntity(world), Position)
  addComponent(world, addEntity(world), Position)
  assert.not.equal(stale, Position.x)
  const count = blocks(arena).length
  storage.publish()
  attached.sync()
  assert.is((attached.components.Position as typeof Position).x.length, Position.x.length)
  assert.ok(
    blocks(arena).some(({ offset }) => offset === stale.byteOffset),
    'the old column is live',
  )
  storage.sync()
  attached.sync()
  storage.sync()
  assert.ok(blocks(arena).length < count + 2)
  assert.not.ok(blocks(arena).some(({ offset }) => offset === stale.byteOffset))
  attached.detach()
  disposeAll(scene)
})

test('a storage with attached threads cannot be disposed of', () => {
  const { storage, arena } = createScene()
  const pool = arena.openPool()
  const attached = attachStorage(storage.handle, pool)
  assertThrows(() => storage.dispose(), 'still-attached', `${pool.slot}`, 'detach()')
  storage.sync() // goes on
  attached.detach()
  const { handle } = storage
  storage.dispose()
  assert.equal(blocks(arena), [])
  assertThrows(() => attached.sync(), 'invalid-argument', 'storage.handle')
  assertThrows(() => attachStorage(handle, pool), 'invalid-argument')
  assertThrows(() => storage.handle, 'storage-disposed')
  assertThrows(() => storage.publish(), 'storage-disposed')
  assertThrows(() => storage.forget(0), 'storage-disposed')
})

test('a pool attaches once', () => {
  const { storage, arena } = createScene()
  const pool = arena.openPool()
  const attached = attachStorage(storage.handle, pool)
  assertThrows(() => attachStorage(storage.handle, pool), 'already-attached', `${pool.slot}`)
  attached.detach()
  const again = attachStorage(storage.handle, pool)
  assertThrows(() => attached.sync(), 'already-attached')
  again.sync()
})

test('values that are no handle, pool or slot are refused', () => {
  const { storage, arena, pool } = createScene()
  const other = Arena.create({ byteLength: 2 ** 20 }).openPool()
  const { handle } = storage
  const block = pool.allocZeroed(rootLayout.BYTE_LENGTH)
  const handles = [undefined, null, 5, {}, { offset: '16' }, { offset: 17 }, { offset: block }]
  for (const bad of handles) {
    assertThrows(() => attachStorage(anything(bad), pool), 'invalid-argument', 'the handle')
  }
  assertThrows(() => attachStorage(handle, other), 'invalid-argument')
  for (const bad of [undefined, {}, 3]) {
    assertThrows(() => attachStorage(handle, anything(bad)), 'invalid-argument', 'the pool')
  }
  for (const bad of [-1, 1.5, 256, '1', undefined]) {
    assertThrows(() => storage.forget(anything(bad)), 'invalid-argument', 'slot')
  }
  assertSound(arena)
})

test('versioned ids: rows and signs', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  const scene = createScene({ world })
  const { storage, arena } = scene
  for (let i = 0; i < 200; i++) removeEntity(world, addEntity(world))
  const eid = addEntity(world)
  assert.ok(eid < 0)
  const attached = attachStorage(storage.handle, arena.openPool())
  assert.equal([...attached.entities], [eid])
  assert.is(attached.indexOf(eid), storage.indexOf(eid))
  storage.reset() // without versions from here on
  const next = addEntity(world)
  storage.sync()
  attached.sync()
  assert.equal([...attached.entities], [next])
  assert.is(attached.indexOf(next), next)
  attached.detach()
  disposeAll(scene)
})

test('a WebAssembly.Memory that grows', () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 128 })
  const arena = Arena.create({ memory })
  const world = createWorld()
  const storage = watch(arena, createStorage(world, arena.openPool(), { capacity: 8 }))
  const Position = storage.component('Position', { x: t.f32 })
  const attached = attachStorage(storage.handle, arena.openPool())
  const seen = attached.components.Position as typeof Position
  const eid = addEntity(world)
  addComponent(world, eid, set(Position, { x: 4 }))
  memory.grow(1)
  storage.sync()
  attached.sync()
  assert.is(seen.x.buffer, memory.buffer)
  assert.is(seen.x[eid], 4)
  assert.equal([...attached.entities], [eid])
  memory.grow(1)
  attached.sync() // though nothing was published
  assert.is(seen.x.buffer, memory.buffer)
  assert.equal([...attached.entities], [eid])
  memory.grow(1)
  attached.detach()
  storage.dispose()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('out of memory while publishing: the old columns stay, until there is room', () => {
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  const world = createWorld()
  const storage = watch(arena, createStorage(world, pool, { capacity: 16 }))
  const Position = storage.component('Position', { x: t.f32 })
  const attached = attachStorage(storage.handle, arena.openPool())
  const eids = Array.from({ length: 1000 }, () => addEntity(world))
  addComponent(world, eids[999], Position)
  const held: number[] = []
  for (let byteLength = 65536; byteLength >= 8; byteLength >>= 1) {
    for (let offset = pool.tryAlloc(byteLength); offset !== 0; ) {
      held.push(offset)
      offset = pool.tryAlloc(byteLength)
    }
  }
  for (let i = 0; i < 3; i++) storage.sync()
  attached.sync()
  assert.is(attached.entities.length, 0)
  assertSound(arena)
  for (const offset of held) pool.free(offset)
  storage.sync()
  attached.sync()
  assert.equal([...attached.entities], eids)
  assert.is((attached.components.Position as typeof Position).x.length, Position.x.length)
  attached.detach()
  storage.dispose()
  assert.equal(blocks(arena), [])
})

test('handle: out of memory, and nothing is left', () => {
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  const storage = watch(arena, createStorage(createWorld(), pool))
  const held: number[] = []
  const fill = (byteLength: number) => {
    for (let o = pool.tryAlloc(byteLength); o !== 0; o = pool.tryAlloc(byteLength)) held.push(o)
  }
  fill(65536)
  fill(rootLayout.BYTE_LENGTH)
  assertThrows(() => storage.handle, 'out-of-memory')
  pool.free(held.pop()!) // for the root
  fill(1)
  for (let i = 0; i < 2; i++) assertThrows(() => storage.handle, 'out-of-memory')
  for (const offset of held) pool.free(offset)
  assert.type(storage.handle.offset, 'number')
  storage.dispose()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('a thread that cannot attach to a table is not attached to the storage', () => {
  const scene = createScene()
  const { arena, storage } = scene
  const [first, second] = ['First', 'Second'].map((name) =>
    createTable(storage, name, { x: t.f32 }),
  )
  const pool = arena.openPool()
  const direct = attachTable(second.handle, pool)
  for (let turn = 0; turn < 3; turn++) {
    assertThrows(() => attachStorage(storage.handle, pool), 'already-attached', `${pool.slot}`)
    storage.sync()
  }
  attachTable(first.handle, pool).detach() // it is free again
  direct.detach()
  const attached = attachStorage(storage.handle, pool)
  assertThrows(() => attachStorage(storage.handle, pool), 'already-attached', `${pool.slot}`)
  assert.equal(Object.keys(attached.tables), ['First', 'Second'])
  attached.sync() // the first is attached still
  attached.detach()
  disposeAll(scene)
})

test.run()
