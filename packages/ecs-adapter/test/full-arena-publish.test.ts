// What a storage cannot publish for want of memory stays due: `sync` does not throw, frees what it
// can, and other threads go on with what was published last.
import { Arena, blocks, exactStats } from '@ashlar/core'
import { attachStorage, type Component, createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, removeEntity, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import { assertSound, assertThrows, createRandom, fillUp, watch } from './support.ts'

const test = suite('full arena: publishing')

const schema = { x: t.f32, points: t.list(t.f32) }
type Points = Component<typeof schema>

/**
 * A storage, a thread that looks at it, and a way to leave no byte, that is not 255, in the arena.
 */
function createScene(capacity = 4) {
  const arena = Arena.create({ byteLength: 2 ** 21, shared: true })
  const pool = arena.openPool()
  const world = createWorld()
  const storage = watch(arena, createStorage(world, pool, { capacity }))
  const Point = storage.component('Point', schema)
  const spawn = () => {
    const eid = addEntity(world)
    addComponent(world, eid, set(Point, { x: eid, points: [eid] }))
    return eid
  }
  const eids = [spawn()]
  const theirPool = Arena.attach(arena.handle).openPool()
  const attached = attachStorage(storage.handle, theirPool)
  const held: number[] = []
  const fill = () => {
    for (const one of [pool, theirPool]) {
      for (const offset of fillUp(one)) {
        arena.u8.fill(255, offset, offset + one.byteLengthOf(offset))
        held.push(offset)
      }
    }
  }
  const drain = () => {
    for (const offset of held.splice(0)) pool.free(offset)
    for (const one of [pool, theirPool]) one.collect()
  }
  const end = () => {
    attached.detach()
    storage.dispose()
    assertSound(arena)
    pool.flush()
    assert.is(blocks(arena).length, held.length)
    drain()
    assert.equal(blocks(arena), [])
  }
  const seen = () => attached.components.Point as Points
  const isLive = (offset: number) => blocks(arena).some((block) => block.offset === offset)
  return {
    arena,
    pool,
    world,
    storage,
    Point,
    spawn,
    eids,
    attached,
    seen,
    fill,
    drain,
    isLive,
    end,
  }
}

test('columns that have moved are told all the same, and what they moved out of is freed', () => {
  for (const isAttached of [true, false]) {
    const { storage, Point, spawn, attached, seen, fill, isLive, end } = createScene()
    if (!isAttached) attached.detach()
    const stale = Point.x.byteOffset
    for (let i = 0; i < 20; i++) spawn()
    fill()
    storage.sync()
    assert.is(isLive(stale), isAttached)
    if (isAttached) attached.sync()
    storage.sync()
    assert.not(isLive(stale))
    attached.sync()
    assert.is(seen().x.byteOffset, Point.x.byteOffset)
    assert.is(seen().x[20], 20)
    end()
  }
})

test('what is too long to be published waits; until then others see the last state', () => {
  const scene = createScene()
  const { arena, storage, Point, spawn, attached, seen, fill, drain, isLive, end } = scene
  const before = seen().x
  const Late = storage.component('Late'.repeat(100), { y: t.f32 })
  for (let i = 0; i < 20; i++) spawn()
  const { byteOffset } = before
  fill()
  for (let i = 0; i < 3; i++) {
    storage.sync()
    assertThrows(() => storage.publish(), 'out-of-memory')
    attached.sync()
    assert.is(seen().x, before)
    assert.equal([...before].slice(0, 2), [0, 1])
    assert.equal([...attached.entities], [1])
    assert.ok(isLive(byteOffset), 'somebody looks at it')
    assertSound(arena)
  }
  // Who comes now sees the same.
  const third = arena.openPool()
  attached.detach()
  const other = attachStorage(storage.handle, third)
  assert.is((other.components.Point as Points).x[1], 1)
  assert.equal([...other.entities], [1])
  storage.sync()
  assert.ok(isLive(byteOffset))
  drain()
  storage.sync()
  for (const one of [attached, other]) {
    one.sync()
    assert.is((one.components.Point as Points).x[20], 20)
    assert.is(one.entities.length, 21)
    assert.is((one.components['Late'.repeat(100)] as typeof Late).y.length, Late.y.length)
  }
  storage.sync()
  assert.not(isLive(byteOffset))
  other.detach()
  third.close()
  assert.is(Point.x[20], 20)
  end()
})

test('sync frees lists of the removed before it publishes, in a full arena', () => {
  const { arena, storage, world, spawn, Point, eids, attached, fill, end } = createScene(64)
  const eid = spawn()
  Point.points.replace(eid, Array(10_000).fill(1))
  storage.sync()
  attached.sync()
  fill()
  const { liveByteLength } = exactStats(arena)
  removeEntity(world, eid)
  storage.sync()
  assert.ok(exactStats(arena).liveByteLength < liveByteLength - 30_000)
  attached.sync()
  assert.equal([...attached.entities], eids)
  end()
})

test('a storage is disposed of while something is due', () => {
  for (const isReset of [false, true]) {
    const { storage, spawn, fill, end } = createScene()
    storage.component('Late'.repeat(100), { y: t.f32 })
    for (let i = 0; i < 20; i++) spawn()
    fill()
    storage.sync()
    if (isReset) storage.reset()
    end()
  }
})

test('by chance: full and not, growing, coming and going: all that others see is whole', () => {
  for (let seed = 1; seed <= rounds(5); seed++) {
    const random = createRandom(seed)
    const scene = createScene()
    const { arena, world, storage, spawn, eids, attached, seen, fill, drain, isLive, end } = scene
    let dueCount = 0
    for (let step = 0; step < 300; step++) {
      const note = `seed ${seed}, step ${step}`
      const dice = random(10)
      if (dice < 3) {
        try {
          for (let i = random(30); i >= 0; i--) eids.push(spawn())
        } catch (error) {
          assert.is((error as { code?: string }).code, 'out-of-memory', note)
          // It is there, without the component, or without its list.
        }
      } else if (dice === 3 && eids.length > 1) {
        removeEntity(world, eids.splice(random(eids.length), 1)[0])
      } else if (dice === 4) fill()
      else if (dice === 5) drain()
      else if (dice === 6) attached.detach()
      else if (dice === 7) attached.sync()
      else {
        storage.sync()
        if (attached.entities.length !== eids.length) dueCount++
      }
      if (dice === 7 || dice === 9) {
        attached.sync()
        const { x } = seen()
        for (const eid of attached.entities) assert.ok([eid, 0, undefined].includes(x[eid]), note)
        assert.ok(isLive(x.byteOffset), note)
      }
      if (step % 20 === 0) assertSound(arena)
    }
    assert.ok(dueCount > 0)
    drain()
    end()
  }
})

test.run()
