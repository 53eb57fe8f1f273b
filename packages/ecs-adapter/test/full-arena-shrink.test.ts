// What makes a list or text shorter needs no memory: in an arena that is full to the last byte,
// whichever thread's block it is in.
import { Arena, blocks, exactStats } from '@ashlar/core'
import { attachStorage, type Component, createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getComponent, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../test/support/rounds.ts'
import { assertSound, assertThrows, fillUp, watch } from './support.ts'

const test = suite('full arena: shorter')

const schema = {
  weight: t.f32,
  points: t.list(t.f32),
  label: t.text,
  note: t.text,
  kind: t.text({ interned: true }),
}
type Paths = Component<typeof schema>
interface Values {
  points: readonly number[]
  label: string
  kind: string
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

/**
 * An entity with these values, in blocks of this thread or of another one, that both know, in an
 * arena without a byte left; and whoever is to change them.
 */
function createFull(values: Values, { makers = 'us', changers = 'us' } = {}) {
  const arena = Arena.create({ byteLength: 2 ** 23, shared: true })
  arena.onViolation = (error) => assert.unreachable(error.message)
  const pool = arena.openPool()
  const theirPool = Arena.attach(arena.handle).openPool()
  const world = createWorld()
  const storage = watch(arena, createStorage(world, pool, { capacity: 16 }))
  const Path = storage.component('Path', schema)
  const eid = addEntity(world)
  addComponent(world, eid, Path)
  storage.sync()
  const attached = attachStorage(storage.handle, theirPool)
  const theirs = attached.components.Path as Paths
  const maker = makers === 'us' ? Path : theirs
  maker.points.replace(eid, values.points)
  maker.label.set(eid, values.label)
  maker.kind.set(eid, values.kind)
  const held = [pool, theirPool].flatMap((one) => fillUp(one))
  const liveByteLength = () => exactStats(arena).liveByteLength
  const before = liveByteLength()
  const path = changers === 'us' ? Path : theirs
  const end = () => {
    assertSound(arena)
    attached.detach()
    storage.dispose()
    pool.flush()
    assert.is(blocks(arena).length, held.length)
    for (const offset of held) pool.free(offset)
    for (const one of [pool, theirPool]) one.collect()
    assertSound(arena)
    assert.equal(blocks(arena), [])
  }
  const freedBytes = () => before - liveByteLength()
  return { arena, pool, world, storage, eid, path, Path, theirs, freedBytes, end }
}

const BY = [
  { makers: 'us', changers: 'us' },
  { makers: 'us', changers: 'them' },
  { makers: 'them', changers: 'us' },
  { makers: 'them', changers: 'them' },
]

const LENGTHS = someOf([600_000, 6, 200, 30, 5000, 100_000], 2)

test('texts are set to shorter ones, of any length', () => {
  for (const by of BY) {
    for (const from of LENGTHS) {
      const { path, Path, theirs, eid, arena, end } = createFull(
        { points: [], label: 'x'.repeat(from), kind: '' },
        by,
      )
      for (const text of ['y'.repeat(from), 'ü'.repeat(from >> 1), '\ud800', 'z', '']) {
        path.label.set(eid, text)
        const expected = text === '\ud800' ? '\ufffd' : text
        assert.is(path.label.byteLength(eid), new TextEncoder().encode(text).length)
        for (const one of [Path, theirs]) assert.is(one.label.get(eid), expected)
        assertSound(arena)
      }
      end()
    }
  }
})

test('a text that is longer is out of memory, and stays', () => {
  for (const by of BY) {
    const { path, Path, eid, end } = createFull({ points: [], label: 'gate', kind: 'road' }, by)
    assertThrows(() => path.label.set(eid, 'x'.repeat(1000)), 'out-of-memory')
    assertThrows(() => path.note.set(eid, 'x'.repeat(1000)), 'out-of-memory')
    assertThrows(() => path.kind.set(eid, 'x'.repeat(1000)), 'out-of-memory')
    assert.equal([Path.label.get(eid), Path.note.get(eid)], ['gate', ''])
    assert.is(Path.kind.get(eid), 'road')
    end()
  }
})

test('an interned text that nobody else has or knows is set to a shorter one', () => {
  for (const by of BY) {
    const { path, Path, theirs, eid, end, arena } = createFull(
      { points: [], label: '', kind: 'a long road' },
      by,
    )
    const isKnown = by.makers !== by.changers // by the index of whoever made it
    if (isKnown) assertThrows(() => path.kind.set(eid, 'way'), 'out-of-memory')
    else {
      for (const text of ['bridge', 'way', '\ud800', 'a', '']) {
        path.kind.set(eid, text)
        assert.is(path.kind.get(eid), text === '\ud800' ? '\ufffd' : text)
        assertSound(arena)
      }
    }
    const expected = isKnown ? 'a long road' : ''
    for (const one of [Path, theirs]) assert.is(one.kind.get(eid), expected)
    end()
  }
})

test('an interned text that another entity has is not changed there', () => {
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  const world = createWorld()
  const storage = watch(arena, createStorage(world, pool, { capacity: 16 }))
  const { kind } = storage.component('Path', schema)
  const [one, other] = [addEntity(world), addEntity(world)]
  for (const eid of [one, other]) kind.set(eid, 'a long road')
  const held = fillUp(pool)
  assertThrows(() => kind.set(one, 'way'), 'out-of-memory')
  assert.equal([kind.get(one), kind.get(other)], ['a long road', 'a long road'])
  kind.clear(one)
  kind.set(other, 'way')
  assert.equal([kind.get(one), kind.get(other)], ['', 'way'])
  kind.set(one, 'way') // found in the index: it has the same block
  assert.is(kind.offset(one), kind.offset(other))
  for (const offset of held) pool.free(offset)
  kind.set(other, 'a long road')
  assert.equal([kind.get(one), kind.get(other)], ['way', 'a long road'])
  storage.dispose()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('set of a component: all fields shorter, or none', () => {
  for (const makers of ['us', 'them']) {
    const values = { points: numbers(300), label: 'gate of stone', kind: '' }
    const { world, Path, theirs, eid, arena, end } = createFull(values, { makers })
    const was = getComponent(world, eid, Path)
    for (const bad of [{ note: 'new' }, { kind: 'new' }, { points: numbers(400) }]) {
      const given = { weight: 5, points: [1], label: 'way', ...bad }
      assertThrows(() => addComponent(world, eid, set(Path, given)), 'out-of-memory')
      assert.equal(getComponent(world, eid, Path), was)
      assertSound(arena)
    }
    addComponent(world, eid, set(Path, { weight: 2, points: [7, 8], label: 'way' }))
    const expected = { weight: 2, points: [7, 8], label: 'way', note: '', kind: '' }
    assert.equal(getComponent(world, eid, Path), expected)
    assert.is(theirs.label.get(eid), 'way')
    end()
  }
})

const shorten: Record<string, (path: Paths, eid: number) => number[]> = {
  set: ({ points }, eid) => {
    points.replace(eid, [1, 2])
    return [1, 2]
  },
  'resize and pop': ({ points }, eid) => {
    points.resize(eid, 3)
    points.pop(eid)
    return [0, 1]
  },
  'resize and remove': ({ points }, eid) => {
    points.resize(eid, 3)
    points.removeAt(eid, 0)
    return [1, 2]
  },
  'resize and swapRemove': ({ points }, eid) => {
    points.resize(eid, 3)
    points.swapRemoveAt(eid, 0)
    return [2, 1]
  },
  clear: ({ points }, eid) => {
    points.clear(eid)
    return []
  },
}

for (const [how, act] of Object.entries(shorten)) {
  test(`a list that is shortened by ${how} gives spans back`, () => {
    for (const by of BY) {
      for (const length of [10, 1000, 400_000]) {
        const values = { points: numbers(length), label: '', kind: '' }
        const { path, Path, theirs, eid, freedBytes, end } = createFull(values, by)
        const expected = act(path, eid)
        for (const one of [Path, theirs]) assert.equal(one.points.toArray(eid), expected)
        // Of a run, the thread that has it gives spans back; another one only when it is freed.
        const isOwn = by.makers === by.changers
        if (length > 200_000 && isOwn) assert.ok(freedBytes() > 1_400_000, `${freedBytes()}`)
        end()
      }
    }
  })
}

test.run()
