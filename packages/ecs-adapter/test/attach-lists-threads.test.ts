import { blocks } from '@ashlar/core'
import { attachStorage } from '@ashlar/ecs-adapter'
import { removeComponent, removeEntity } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import { createPaths, disposeAll, endAll, pathOf } from './attach-lists-scenes.ts'
import { assertSound, createRandom } from './support.ts'

const test = suite('attach: lists and texts of several threads')

test('the world’s thread and others free the lists and texts of each other', () => {
  const scene = createPaths({ capacity: 300 })
  const { world, storage, Path, attached, seen, spawn, arena, theirPool, pool } = scene
  const eids = Array.from({ length: 200 }, spawn)
  const { length } = blocks(arena)
  for (const eid of eids) seen.points.replace(eid, [eid, eid])
  for (const eid of eids) seen.label.set(eid, `label ${eid}`)
  for (const eid of eids) Path.targets.replace(eid, [1, 2, 3])
  for (const eid of eids) seen.targets.clear(eid)
  for (const eid of eids.slice(100)) removeComponent(world, eid, Path)
  storage.sync()
  for (const eid of eids.slice(0, 100)) removeEntity(world, eid)
  storage.sync()
  attached.sync()
  storage.sync()
  theirPool.flush()
  pool.collect()
  pool.flush()
  theirPool.collect()
  assert.is(blocks(arena).length, length)
  endAll(scene)
})

test('interned texts of other threads are found, and stored once', () => {
  const scene = createPaths({ capacity: 100 }, 3)
  const { threads, Path, spawn } = scene
  const eids = Array.from({ length: 90 }, spawn)
  for (const eid of eids) Path.kind.set(eid, `kind ${eid % 3}`)
  for (let round = 0; round < 5; round++) {
    for (const [i, eid] of eids.entries()) {
      const { kind } = pathOf(threads[i % 3].attached)
      kind.set(eid, kind.get(eid))
    }
  }
  assert.is(new Set(eids.map((eid) => Path.kind.offset(eid))).size, 3)
  endAll(scene)
})

test('references to interned texts are dropped when their thread is forgotten or replaced', () => {
  const scene = createPaths({ capacity: 100 })
  const { storage, arena, pool, theirPool, attached, seen, spawn } = scene
  const eids = Array.from({ length: 90 }, spawn)
  const kinds = () => {
    pool.flush()
    return blocks(arena).filter(({ byteLength }) => byteLength >= 100 && byteLength < 120).length
  }
  for (const eid of eids) seen.kind.set(eid, `${eid}`.padEnd(100))
  for (const eid of eids) scene.Path.kind.clear(eid)
  assert.is(kinds(), 90) // its index has them
  storage.forget(theirPool.slot, theirPool.generation + 1) // another one
  assert.is(kinds(), 90)
  storage.forget(theirPool.slot, theirPool.generation)
  theirPool.collect()
  assert.is(kinds(), 0)
  assertSound(arena)

  // It was alive after all: it begins anew.
  attached.sync()
  seen.kind.set(eids[0], 'again'.padEnd(100))
  scene.Path.kind.clear(eids[0])
  assert.is(kinds(), 1)
  attached.detach()
  attached.sync() // what it knows is still its own
  seen.kind.set(eids[0], 'again'.padEnd(100))
  assert.is(kinds(), 1)
  scene.Path.kind.clear(eids[0])
  attached.detach()
  theirPool.close()

  const heir = arena.openPool()
  assert.is(heir.slot, theirPool.slot)
  const next = attachStorage(storage.handle, heir)
  heir.collect()
  assert.is(kinds(), 0)
  next.detach()
  disposeAll(scene, [heir])
})

test('random writing by several threads, in turns: as one thread would have it', () => {
  const seed = 17
  const random = createRandom(seed)
  const scene = createPaths({}, 3)
  const { world, storage, arena, threads, Path, spawn } = scene
  const model = new Map<number, { points: number[]; label: string; kind: string }>()
  let isPublished = true
  for (let step = 0; step < rounds(4000); step++) {
    const what = `seed ${seed}, step ${step}`
    const dice = random(40)
    if (dice < 2) {
      model.set(spawn(), { points: [], label: '', kind: '' })
      isPublished = false
    } else if (dice === 2 && model.size > 0) {
      const eid = [...model.keys()][random(model.size)]
      removeEntity(world, eid)
      model.delete(eid)
    } else if (dice === 3) {
      storage.sync()
      isPublished = true
    } else if (model.size > 0) {
      const eid = [...model.keys()][random(model.size)]
      const { attached } = threads[random(3)]
      if (!isPublished) storage.publish()
      isPublished = true
      attached.sync()
      const path = random(4) === 0 ? Path : pathOf(attached)
      const entry = model.get(eid)!
      assert.equal(path.points.toArray(eid), entry.points, what)
      assert.is(path.label.get(eid), entry.label, what)
      assert.is(path.kind.get(eid), entry.kind, what)
      entry.points = dice < 6 ? [] : [...entry.points, ...Array(random(30)).fill(step)]
      if (dice < 6) path.points.clear(eid)
      else path.points.append(eid, entry.points.slice(path.points.length(eid)))
      entry.label = dice === 7 ? '' : `label ${step}`
      path.label.set(eid, entry.label)
      entry.kind = `kind ${random(dice < 20 ? 8 : 4000)}`
      path.kind.set(eid, entry.kind)
    }
    if (step % 50 === 0) {
      assertSound(arena)
      const { attached, pool } = threads[random(3)]
      attached.detach()
      pool.collect()
      attached.sync()
    }
  }
  endAll(scene)
})

test.run()
