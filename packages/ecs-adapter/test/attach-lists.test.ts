// Lists and texts in attached threads.
import { Arena, blocks } from '@ashlar/core'
import { attachStorage, createStorage } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getComponent, removeEntity, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createPaths, endAll, pathOf, schema } from './attach-lists-scenes.ts'
import { assertSound, assertThrows, buffers, TEXTS, watch } from './support.ts'

const test = suite('attach: lists and texts')

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: the same lists and texts, whoever writes them`, () => {
    const scene = createPaths({ shared })
    const { world, storage, attached, Path, seen, spawn, arena } = scene
    assert.equal(Object.keys(seen), ['points', 'targets', 'weight', 'label', 'kind'])
    const eid = spawn()
    storage.sync()
    attached.sync()
    addComponent(world, eid, set(Path, { points: [1, 2.5], label: 'gate', kind: 'road' }))
    assert.equal(seen.points.toArray(eid), [1, 2.5])
    assert.is(seen.label.get(eid), 'gate')
    assert.is(seen.kind.get(eid), 'road')
    for (let i = 0; i < 3000; i++) assert.is(seen.points.push(eid, i), i + 3)
    assert.equal(Path.points.toArray(eid), seen.points.toArray(eid))
    assert.is(Path.points.offset(eid), seen.points.offset(eid))
    assert.equal([...seen.points.view(eid)], Path.points.toArray(eid))
    assert.is(seen.points.view(eid).buffer, arena.buffer)
    for (const text of TEXTS) {
      seen.label.set(eid, text)
      seen.kind.set(eid, text)
      assert.is(Path.label.get(eid), seen.label.get(eid))
      assert.is(Path.kind.get(eid), seen.label.get(eid))
      Path.kind.set(eid, text)
      assert.ok(seen.kind.equals(eid, text) || text !== seen.kind.get(eid))
    }
    assert.equal((getComponent(world, eid, Path) as { points: number[] }).points.length, 3002)
    Path.points.pop(eid)
    seen.points.clear(eid)
    assert.is(Path.points.length(eid), 0)
    endAll(scene)
  })

  test(`${name}: sync follows moved columns; the field objects stay`, () => {
    const scene = createPaths({ shared })
    const { storage, attached, Path, seen, spawn } = scene
    const { points } = seen
    const eids: number[] = []
    for (let round = 0; round < 60; round++) {
      eids.push(spawn(), spawn(), spawn())
      if (round % 2 === 0) storage.sync()
      else storage.publish()
      attached.sync()
      assert.is(seen.points, points)
      for (const eid of eids) points.push(eid, eid * round)
      for (const eid of eids) seen.kind.set(eid, `kind ${(eid + round) % 5}`)
    }
    for (const [i, eid] of eids.entries()) {
      const first = Math.floor(i / 3)
      const expected = Array.from({ length: 60 - first }, (_, j) => eid * (first + j))
      assert.equal(Path.points.toArray(eid), expected)
      assert.is(Path.kind.get(eid), `kind ${(eid + 59) % 5}`)
    }
    endAll(scene)
  })
}

test('entities without a row and wrong values are refused as in the world’s thread', () => {
  const scene = createPaths({ capacity: 8 })
  const { seen, spawn } = scene
  const eid = spawn()
  assert.is(seen.points.length(20), 0)
  assert.is(seen.label.get(20), '')
  assertThrows(() => seen.points.push(20, 1), 'invalid-argument', 'entity 20')
  assertThrows(() => seen.points.push('1' as never, 1), 'invalid-argument', 'the entity')
  assertThrows(() => seen.points.push(eid, '1' as never), 'invalid-argument', 'Path.points')
  assertThrows(() => seen.label.set(eid, 5 as never), 'invalid-argument', 'Path.label')
  assertThrows(() => seen.points.set(eid, 0, 1), 'invalid-argument', 'the list is empty')
  assert.throws(() => Object.assign(seen, { points: 1 }), TypeError)
  endAll(scene)
})

test('two attached storages that take turns with one pool', () => {
  const scene = createPaths({ capacity: 20 })
  const { storage, arena, theirPool, attached, spawn, seen, Path } = scene
  const eids = Array.from({ length: 10 }, spawn)
  for (const eid of eids) seen.kind.set(eid, 'road')
  attached.detach()
  const second = attachStorage(storage.handle, theirPool)
  for (const eid of eids) assert.is(pathOf(second).kind.get(eid), 'road')
  for (const eid of eids) pathOf(second).kind.set(eid, 'rail')
  second.detach()
  attached.sync()
  for (const eid of eids) assert.is(seen.kind.get(eid), 'rail')
  for (const eid of eids) seen.kind.set(eid, 'road')
  assert.ok(eids.every((eid) => Path.kind.get(eid) === 'road'))
  assertSound(arena)
  endAll(scene)
})

test('publish drops the ids of removed entities', () => {
  const scene = createPaths()
  const { world, storage, attached, seen, spawn } = scene
  const [first, second] = [spawn(), spawn()]
  seen.targets.replace(first, [second, first, second])
  removeEntity(world, second)
  assert.is(spawn(), second)
  storage.publish()
  attached.sync()
  assert.equal(seen.targets.toArray(first), [first])
  seen.targets.push(first, second) // the new one
  storage.sync()
  assert.equal(seen.targets.toArray(first), [first, second])
  endAll(scene)
})

test('a WebAssembly.Memory that grows', () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 128 })
  const arena = Arena.create({ memory })
  const world = createWorld()
  const storage = watch(arena, createStorage(world, arena.openPool(), { capacity: 8 }))
  const Path = storage.component('Path', schema)
  const theirPool = arena.openPool()
  const attached = attachStorage(storage.handle, theirPool)
  const seen = pathOf(attached)
  const eid = addEntity(world)
  addComponent(world, eid, set(Path, { points: [1], kind: 'road', label: 'x' }))
  for (let i = 0; i < 20; i++) {
    assert.is(seen.kind.get(eid), 'road')
    memory.grow(1)
    if (i % 2 === 0) attached.sync()
    seen.points.push(eid, i)
    seen.kind.set(eid, `kind ${i}`)
    seen.kind.set(eid, 'road')
    seen.label.set(eid, `label ${i}`)
  }
  attached.sync()
  storage.sync()
  assert.is(Path.points.length(eid), 21)
  assert.is(Path.label.get(eid), 'label 19')
  attached.detach()
  storage.dispose()
  storage.pool.flush()
  theirPool.collect()
  storage.pool.collect()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('out of memory: lists and texts are as they were, and can be freed', () => {
  const scene = createPaths({ byteLength: 2 ** 20, capacity: 64 })
  const { arena, Path, seen, attached, spawn, pool, theirPool } = scene
  const eids = Array.from({ length: 50 }, spawn)
  for (const eid of eids) Path.points.replace(eid, [1, 2, 3])
  for (const eid of eids) Path.kind.set(eid, 'road')
  const held: number[] = []
  for (let byteLength = 65536; byteLength >= 8; byteLength >>= 1) {
    for (const one of [pool, theirPool]) {
      for (let o = one.tryAlloc(byteLength); o !== 0; o = one.tryAlloc(byteLength)) held.push(o)
    }
  }
  for (const eid of eids) {
    assertThrows(() => seen.points.append(eid, Array(100).fill(1)), 'out-of-memory')
    assertThrows(() => seen.label.set(eid, 'x'.repeat(100)), 'out-of-memory')
    assertThrows(() => seen.kind.set(eid, 'x'.repeat(100)), 'out-of-memory')
    assert.equal(seen.points.toArray(eid), [1, 2, 3])
    assert.is(seen.kind.get(eid), 'road')
    assert.is(seen.label.get(eid), '')
  }
  for (const eid of eids) seen.points.clear(eid)
  assertSound(arena)
  for (const offset of held) pool.free(offset)
  pool.collect() // spans that they can have
  attached.sync()
  theirPool.flush()
  pool.collect()
  assert.ok(
    blocks(arena).every(({ byteLength }) => byteLength !== 24),
    'the lists are freed',
  )
  for (const eid of eids) assert.is(Path.points.length(eid), 0)
  endAll(scene)
})

test.run()
