// Lists and texts of a storage, seen and changed by other pools: in one thread here.
import { Arena, type Pool } from '@ashlar/core'
import {
  type AttachedStorage,
  attachStorage,
  type Component,
  createStorage,
  type Schema,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  getComponent,
  removeComponent,
  removeEntity,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  assertSound,
  assertThrows,
  buffers,
  createRandom,
  createScene,
  type Scene,
  TEXTS,
  watch,
} from './support.ts'

const test = suite('attach: lists and texts')

const schema = {
  points: t.list(t.f32),
  targets: t.list(t.eid, { dropRemoved: true }),
  weight: t.f64,
  label: t.text,
  kind: t.text.interned,
} satisfies Schema
type Path = Component<typeof schema>

const pathOf = ({ components }: AttachedStorage) => components.Path as Path

/** A storage with a component `Path`, and threads that are attached to it. */
function createPaths(options: Parameters<typeof createScene>[0] = {}, threadCount = 1) {
  const scene = createScene({ capacity: 4, ...options })
  const { arena, world, storage } = scene
  const Path = storage.component('Path', schema)
  const spawn = () => {
    const eid = addEntity(world)
    addComponent(world, eid, Path)
    return eid
  }
  const threads = Array.from({ length: threadCount }, () => {
    const pool = arena.openPool()
    return { pool, attached: attachStorage(storage.handle, pool) }
  })
  const [{ pool: theirPool, attached }] = threads
  return { ...scene, Path, spawn, threads, theirPool, attached, seen: pathOf(attached) }
}

/** Nothing is left but what others hold. */
function disposeAll({ arena, storage, pool }: Scene, others: readonly Pool[]): void {
  assertSound(arena)
  storage.dispose()
  pool.flush()
  for (const other of others) if (other.isOpen) other.collect()
  pool.collect()
  assertSound(arena)
  assert.equal(arena.blocks(), [], 'blocks left after dispose')
}

function endAll(scene: ReturnType<typeof createPaths>): void {
  for (const { attached, pool } of scene.threads) {
    attached.detach()
    if (pool.isOpen) pool.flush()
  }
  const pools = scene.threads.map(({ pool }) => pool)
  disposeAll(scene, pools)
}

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

  test(`${name}: columns that move are followed; the field objects stay`, () => {
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

test('the world’s thread frees what others made, and they what it made', () => {
  const scene = createPaths({ capacity: 300 })
  const { world, storage, Path, attached, seen, spawn, arena, theirPool, pool } = scene
  const eids = Array.from({ length: 200 }, spawn)
  const { length } = arena.blocks()
  for (const eid of eids) seen.points.set(eid, [eid, eid])
  for (const eid of eids) seen.label.set(eid, `label ${eid}`)
  for (const eid of eids) Path.targets.set(eid, [1, 2, 3])
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
  assert.is(arena.blocks().length, length)
  endAll(scene)
})

test('entities without a row, and what is no value, are refused as in the world’s thread', () => {
  const scene = createPaths({ capacity: 8 })
  const { seen, spawn } = scene
  const eid = spawn()
  assert.is(seen.points.length(20), 0)
  assert.is(seen.label.get(20), '')
  assertThrows(() => seen.points.push(20, 1), 'invalid-argument', 'entity 20')
  assertThrows(() => seen.points.push('1' as never, 1), 'invalid-argument', 'the entity')
  assertThrows(() => seen.points.push(eid, '1' as never), 'invalid-argument', 'Path.points')
  assertThrows(() => seen.label.set(eid, 5 as never), 'invalid-argument', 'Path.label')
  assertThrows(() => seen.points.setAt(eid, 0, 1), 'invalid-argument', 'the list is empty')
  assert.throws(() => Object.assign(seen, { points: 1 }), TypeError)
  endAll(scene)
})

test('a thread finds the kinds that others have made, and they are stored once', () => {
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

test('kinds that a thread knew are dropped when it is forgotten, or followed', () => {
  const scene = createPaths({ capacity: 100 })
  const { storage, arena, pool, theirPool, attached, seen, spawn } = scene
  const eids = Array.from({ length: 90 }, spawn)
  const kinds = () => {
    pool.flush()
    return arena.blocks().filter(({ byteLength }) => byteLength >= 100 && byteLength < 120).length
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

test('two that take turns with one pool', () => {
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

test('ids of the removed are dropped when it is published', () => {
  const scene = createPaths()
  const { world, storage, attached, seen, spawn } = scene
  const [first, second] = [spawn(), spawn()]
  seen.targets.set(first, [second, first, second])
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
  assert.equal(arena.blocks(), [])
  assertSound(arena)
})

test('out of memory: lists and texts are as they were, and can be freed', () => {
  const scene = createPaths({ byteLength: 2 ** 20, capacity: 64 })
  const { arena, Path, seen, attached, spawn, pool, theirPool } = scene
  const eids = Array.from({ length: 50 }, spawn)
  for (const eid of eids) Path.points.set(eid, [1, 2, 3])
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
    arena.blocks().every(({ byteLength }) => byteLength !== 24),
    'the lists are freed',
  )
  for (const eid of eids) assert.is(Path.points.length(eid), 0)
  endAll(scene)
})

test('random writing by several threads, in turns: as one thread would have it', () => {
  const seed = 17
  const random = createRandom(seed)
  const scene = createPaths({}, 3)
  const { world, storage, arena, threads, Path, spawn } = scene
  const model = new Map<number, { points: number[]; label: string; kind: string }>()
  let isPublished = true
  for (let step = 0; step < 4000; step++) {
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
