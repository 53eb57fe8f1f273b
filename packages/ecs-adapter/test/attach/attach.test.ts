// A storage seen by another pool: in one thread here, so that every order can be played through.
import { Arena, type Pool } from '@ashlar/core'
import { attachStorage, attachTable, createStorage, t } from '@ashlar/ecs-adapter'
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
import { ROOT_BYTE_LENGTH } from '../../src/shared/directory.ts'
import {
  assertSound,
  assertThrows,
  buffers,
  createRandom,
  createScene,
  type Scene,
  watch,
} from '../support.ts'

const test = suite('attach')

const anything = (value: unknown) => value as never

/** Nothing is left but what others hold. */
function disposeAll({ arena, storage }: Scene): void {
  assertSound(arena)
  storage.dispose()
  assertSound(arena)
  assert.equal(arena.blocks(), [], 'blocks left after dispose')
}

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
    assert.is(attached.row(eid), eid)
    seen.z[eid] = 9
    assert.is(Position.z[eid], 9)
    attached.detach()
    disposeAll(scene)
  })

  test(`${name}: growth, new components and entities show at the next sync after the publisher’s`, () => {
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
    assert.is(attached.components.Late, undefined)
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

test('publish shows what is new, and frees nothing that this thread holds', () => {
  const scene = createScene({ capacity: 2 })
  const { arena, world, storage } = scene
  const Position = storage.component('Position', { x: t.f32 })
  const attached = attachStorage(storage.handle, arena.openPool())
  const stale = Position.x
  addComponent(world, addEntity(world), Position)
  addComponent(world, addEntity(world), Position)
  assert.not.equal(stale, Position.x)
  const count = arena.blocks().length
  storage.publish()
  attached.sync()
  assert.is((attached.components.Position as typeof Position).x.length, Position.x.length)
  assert.ok(
    arena.blocks().some(({ offset }) => offset === stale.byteOffset),
    'the old column is live',
  )
  storage.sync()
  attached.sync()
  storage.sync()
  assert.ok(arena.blocks().length < count + 2)
  assert.not.ok(arena.blocks().some(({ offset }) => offset === stale.byteOffset))
  attached.detach()
  disposeAll(scene)
})

/** A scene whose column has moved out of a block that the reader still looks at. */
function movedScene() {
  const scene = createScene({ capacity: 2 })
  const { arena, world, storage } = scene
  const Position = storage.component('Position', { x: t.f32 })
  const pool = arena.openPool()
  const attached = attachStorage(storage.handle, pool)
  const stale = Position.x.byteOffset
  for (let i = 0; i < 10; i++) addComponent(world, addEntity(world), Position)
  for (let i = 0; i < 3; i++) storage.sync()
  const isLive = () => arena.blocks().some(({ offset }) => offset === stale)
  assert.ok(isLive(), 'one who is attached has not synced')
  return { ...scene, reader: pool, attached, isLive }
}

test('what a column moved out of is freed when all have synced', () => {
  const scene = movedScene()
  scene.attached.sync()
  assert.ok(scene.isLive())
  scene.storage.sync()
  assert.not.ok(scene.isLive())
  scene.attached.detach()
  disposeAll(scene)
})

test('one who has detached holds up nothing, and comes back with sync', () => {
  const scene = movedScene()
  scene.attached.detach()
  scene.attached.detach()
  scene.storage.sync()
  assert.not.ok(scene.isLive())
  scene.attached.sync()
  assert.is(scene.attached.entities.length, 10)
  for (let i = 0; i < 100; i++) addEntity(scene.world)
  scene.storage.sync()
  const { length } = scene.attached.entities
  assert.is(length, 10)
  scene.attached.detach()
  disposeAll(scene)
})

test('one who has died is forgotten, or is followed by an heir', () => {
  const scene = movedScene()
  scene.storage.forget(scene.reader.slot, scene.reader.generation + 1) // another one
  scene.storage.sync()
  assert.ok(scene.isLive())
  scene.storage.forget(scene.reader.slot, scene.reader.generation)
  scene.storage.sync()
  assert.not.ok(scene.isLive())
  disposeAll(scene)

  const second = movedScene()
  second.storage.forget(scene.reader.slot + 1)
  second.storage.sync()
  assert.ok(second.isLive())
  // The same slot in another generation, as after adoption.
  second.reader.close()
  const heir = second.arena.openPool()
  assert.is(heir.slot, second.reader.slot)
  const attached = attachStorage(second.storage.handle, heir)
  second.storage.sync()
  assert.not.ok(second.isLive())
  attached.detach()
  disposeAll(second)
})

test('the slowest of several holds up', () => {
  const scene = movedScene()
  const fast = attachStorage(scene.storage.handle, scene.arena.openPool())
  for (let i = 0; i < 5; i++) {
    addEntity(scene.world)
    scene.storage.sync()
    fast.sync()
    assert.is(fast.entities.length, 11 + i)
    assert.is(scene.attached.entities.length, 0)
  }
  assert.ok(scene.isLive())
  scene.attached.sync()
  scene.storage.sync()
  assert.not.ok(scene.isLive())
  fast.detach()
  scene.attached.detach()
  disposeAll(scene)
})

test('a storage that is looked at is not disposed of', () => {
  const { storage, arena } = createScene()
  const pool = arena.openPool()
  const attached = attachStorage(storage.handle, pool)
  assertThrows(() => storage.dispose(), 'still-attached', `${pool.slot}`, 'detach()')
  storage.sync() // goes on
  attached.detach()
  const { handle } = storage
  storage.dispose()
  assert.equal(arena.blocks(), [])
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

test('what is no handle, no pool or no slot is refused', () => {
  const { storage, arena, pool } = createScene()
  const other = Arena.create({ byteLength: 2 ** 20 }).openPool()
  const { handle } = storage
  const block = pool.allocZeroed(ROOT_BYTE_LENGTH)
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
  assert.is(attached.row(eid), storage.row(eid))
  storage.reset() // without versions from here on
  const next = addEntity(world)
  storage.sync()
  attached.sync()
  assert.equal([...attached.entities], [next])
  assert.is(attached.row(next), next)
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
  assert.equal(arena.blocks(), [])
  assertSound(arena)
})

test('out of memory while publishing: what was published stays, and it works when there is room', () => {
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
  assert.equal(arena.blocks(), [])
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
  fill(ROOT_BYTE_LENGTH)
  assertThrows(() => storage.handle, 'out-of-memory')
  pool.free(held.pop()!) // for the root
  fill(1)
  for (let i = 0; i < 2; i++) assertThrows(() => storage.handle, 'out-of-memory')
  for (const offset of held) pool.free(offset)
  assert.type(storage.handle.offset, 'number')
  storage.dispose()
  assert.equal(arena.blocks(), [])
  assertSound(arena)
})

test('random publishing, syncing, growing and leaving: everybody sees what was published', () => {
  const seed = 7
  const random = createRandom(seed)
  const scene = createScene({ capacity: 2 })
  const { arena, world, storage } = scene
  const Position = storage.component('Position', { x: t.i32 })
  const { handle } = storage
  const readers = Array.from({ length: 4 }, () => {
    const pool: Pool = arena.openPool()
    return attachStorage(handle, pool)
  })
  let eids: number[] = []
  let published = { eids, rows: Position.x.length }
  for (let step = 0; step < 1500; step++) {
    const dice = random(10)
    const reader = readers[random(4)]
    if (dice < 3) {
      const eid = addEntity(world)
      addComponent(world, eid, set(Position, { x: eid * 3 }))
      eids = [...eids, eid]
    } else if (dice === 3 && eids.length > 0) {
      const eid = eids[random(eids.length)]
      removeEntity(world, eid)
      eids = eids.filter((other) => other !== eid)
    } else if (dice < 6) {
      storage.sync()
      published = { eids, rows: Position.x.length }
    } else if (dice < 9) {
      reader.sync()
      const { components, entities } = reader
      const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b)
      assert.equal(sorted(entities), sorted(published.eids), `seed ${seed}, step ${step}`)
      const { x } = components.Position as typeof Position
      assert.is(x.length, published.rows)
      for (const eid of entities) {
        assert.is(x[eid], eid * 3, `seed ${seed}, step ${step}`)
      }
    } else {
      reader.detach()
    }
    if (step % 20 === 0) assertSound(arena)
  }
  for (const reader of readers) reader.detach()
  disposeAll(scene)
})

test('a storage in the place of another is not taken for it', () => {
  const { arena, pool, storage } = createScene()
  storage.component('A', { x: t.f32 })
  const { handle } = storage
  const attached = attachStorage(handle, arena.openPool())
  const commands = attached.commands()
  commands.spawn()
  attached.detach()
  storage.dispose()
  const later = watch(arena, createStorage(createWorld(), pool))
  later.component('A', { x: t.list(t.f32) })
  assert.is(later.handle.offset, handle.offset)
  assertThrows(
    () => later.apply({ offset: commands.offset }),
    'invalid-argument',
    'another storage',
  )
  assertThrows(() => attached.sync(), 'invalid-argument', 'the handle')
  assertThrows(() => attachStorage(handle, arena.openPool()), 'invalid-argument', 'the handle')
  commands.dispose()
  later.dispose()
  assertSound(arena)
  assert.equal(arena.blocks(), [])
})

test('a thread that has ended without detach is waited for by nobody, once its slot is closed', () => {
  for (const how of ['dispose', 'sync'] as const) {
    const scene = createScene({ capacity: 2 })
    const { arena, world, storage } = scene
    const Path = storage.component('Path', { kind: t.text.interned })
    const eid = addEntity(world)
    addComponent(world, eid, set(Path, { kind: 'road' }))
    const pool = arena.openPool()
    const seen = attachStorage(storage.handle, pool).components.Path as typeof Path
    assert.is(seen.kind.get(eid), 'road')
    pool.close()
    if (how === 'sync') {
      for (let i = 0; i < 100; i++) addComponent(world, addEntity(world), Path) // columns move
      storage.sync()
      const blocks = arena.blocks().filter(({ type }) => type === 'u32')
      assert.is(blocks.length, 1, 'the column that is, and none that was')
    }
    disposeAll(scene)
  }
})

test('one that cannot attach to all there is, is not attached', () => {
  const scene = createScene()
  const { arena, storage } = scene
  const [first, second] = ['First', 'Second'].map((name) => storage.table(name, { x: t.f32 }))
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
