// When the publisher frees blocks: after each attached thread has synced, detached or ended.

import type { Pool } from '@ashlar/core'
import { blocks as blocksOf } from '@ashlar/core'
import { applyCommands, attachStorage, createCommands, createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, removeEntity, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, createRandom, createScene, watch } from '../support.ts'
import { disposeAll } from './scenes.ts'

const test = suite('attach: epochs')

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
  const isLive = () => blocksOf(arena).some(({ offset }) => offset === stale)
  assert.ok(isLive(), 'one who is attached has not synced')
  return { ...scene, reader: pool, attached, isLive }
}

test('the old block of a moved column is freed when all threads have synced', () => {
  const scene = movedScene()
  scene.attached.sync()
  assert.ok(scene.isLive())
  scene.storage.sync()
  assert.not.ok(scene.isLive())
  scene.attached.detach()
  disposeAll(scene)
})

test('a detached thread delays no free, and sync attaches it again', () => {
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

test('a dead thread is forgotten, or its slot is adopted', () => {
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

test('the slowest of several threads delays the free', () => {
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

test('random steps of all threads: each sees what was published', () => {
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

test('a storage at the offset of a disposed one is not taken for it', () => {
  const { arena, pool, storage } = createScene()
  storage.component('A', { x: t.f32 })
  const { handle } = storage
  const attached = attachStorage(handle, arena.openPool())
  const commands = createCommands(attached)
  commands.spawn()
  attached.detach()
  storage.dispose()
  const later = watch(arena, createStorage(createWorld(), pool))
  later.component('A', { x: t.list(t.f32) })
  assert.is(later.handle.offset, handle.offset)
  assertThrows(
    () => applyCommands(later, { offset: commands.offset }),
    'invalid-argument',
    'another storage',
  )
  assertThrows(() => attached.sync(), 'invalid-argument', 'the handle')
  assertThrows(() => attachStorage(handle, arena.openPool()), 'invalid-argument', 'the handle')
  commands.dispose()
  later.dispose()
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
})

test('a thread that ended without detach delays no free once its slot is closed', () => {
  for (const how of ['dispose', 'sync'] as const) {
    const scene = createScene({ capacity: 2 })
    const { arena, world, storage } = scene
    const Path = storage.component('Path', { kind: t.text({ interned: true }) })
    const eid = addEntity(world)
    addComponent(world, eid, set(Path, { kind: 'road' }))
    const pool = arena.openPool()
    const seen = attachStorage(storage.handle, pool).components.Path as typeof Path
    assert.is(seen.kind.get(eid), 'road')
    pool.close()
    if (how === 'sync') {
      for (let i = 0; i < 100; i++) addComponent(world, addEntity(world), Path) // columns move
      storage.sync()
      const blocks = blocksOf(arena).filter(({ type }) => type === 'u32')
      assert.is(blocks.length, 1, 'the column that is, and none that was')
    }
    disposeAll(scene)
  }
})

test.run()
