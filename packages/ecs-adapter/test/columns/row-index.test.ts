// The index of sparse rows against a Map: keys that collide, that wrap around the end of the table,
// that come and go; growth; memory that runs out, or has another owner.
import { blocks } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findRow, IndexPlace, RowIndex } from '../../src/columns/row-index.ts'
import { assertSound, assertThrows, buffers, createBlocks, createRandom } from '../support.ts'

const test = suite('row-index')
const noColumns = () => {}

function createIndex(options: { shared?: boolean; byteLength?: number } = {}) {
  const { arena, pool, views } = createBlocks(options)
  const stale: number[] = []
  const index = new RowIndex(views, () => {}, stale)
  const freeStale = () => stale.splice(0).forEach(pool.free)
  const model = new Map<number, number>()

  function insert(key: number): void {
    const row = model.size
    if (row === index.rowCount) index.grow(row, noColumns)
    index.insert(row, key)
    index.count = row + 1
    model.set(key, row)
  }

  /** As the rows of a component: the last one takes the place. */
  function remove(key: number): void {
    const row = model.get(key)!
    const last = model.size - 1
    index.remove(row)
    model.delete(key)
    if (row !== last) {
      index.move(last, row)
      model.set(index.entityOf(row), row)
    }
    index.count = last
  }

  function check(others: readonly number[] = []): void {
    const place = new IndexPlace(index.entry)
    assert.is(views.i32[place.head], model.size)
    for (const [key, row] of model) {
      assert.is(index.find(key), row, `row of ${key}`)
      assert.is(index.entities[row], key)
      const found = findRow(views.i32, place, key)
      assert.is(found, row, `row of ${key}, as another thread finds it`)
    }
    for (const key of others)
      if (!model.has(key)) assert.is(index.find(key), -1, `no row of ${key}`)
    assertSound(arena)
  }

  return { arena, pool, views, index, model, insert, remove, check, freeStale }
}

/** Keys whose first slot, of 64, is this one. */
function keysOfSlot(slot: number, count: number): number[] {
  const found: number[] = []
  for (let key = 1; found.length < count; key++) {
    if (Math.imul(key, 0x9e3779b1) >>> 26 === slot) found.push(key)
  }
  return found
}

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: keys that collide at the end of the table wrap, and move up when one goes`, () => {
    const scene = createIndex({ shared })
    const keys = [...keysOfSlot(63, 6), ...keysOfSlot(0, 4), ...keysOfSlot(62, 4)]
    for (const key of keys) {
      scene.insert(key)
      scene.check(keys)
    }
    for (const key of keys) {
      scene.remove(key)
      scene.check(keys)
    }
    for (const key of keys.reverse()) scene.insert(key)
    for (const key of keysOfSlot(63, 6)) {
      scene.remove(key)
      scene.check(keys)
    }
  })

  for (const seed of [1, 2, 3]) {
    test(`${name}, seed ${seed}: does what a Map does`, () => {
      const random = createRandom(seed)
      const scene = createIndex({ shared })
      // Ids that follow each other, ids far apart, ids of a negative word.
      const create = [
        () => 1 + random(200),
        () => random(2 ** 31),
        () => -random(2 ** 31),
        () => random(200) * 65536,
      ]
      const seen: number[] = []
      try {
        for (let step = 0; step < 3000; step++) {
          const isGrowing = Math.floor(step / 600) % 2 === 0
          if (random(10) < (isGrowing ? 7 : 3) || scene.model.size === 0) {
            const key = create[random(4)]()
            if (scene.model.has(key)) continue
            scene.insert(key)
            seen.push(key)
          } else {
            const keys = [...scene.model.keys()]
            scene.remove(keys[random(keys.length)])
          }
          if (step % 200 === 0) scene.freeStale()
          if (step % 50 === 0) scene.check(seen)
        }
        scene.check(seen)
        scene.index.clear()
        scene.model.clear()
        scene.check(seen)
        scene.insert(7)
        scene.check(seen)
      } catch (error) {
        throw new Error(`seed ${seed}: ${error}`, { cause: error })
      }
    })
  }
}

test('at each full capacity, absent ids are not found', () => {
  const scene = createIndex()
  for (let key = 1; key <= 3000; key++) {
    scene.insert(key * 3)
    if (scene.index.find(key * 3 + 1) !== -1) assert.unreachable(`${key * 3 + 1} has no row`)
  }
  scene.check(Array.from({ length: 9000 }, (_, key) => key))
})

test('a value that is no id is not found, though it has the low bits of one', () => {
  const scene = createIndex()
  for (const key of [1, 7, 16777217]) scene.insert(key)
  for (const bad of [
    '7',
    7.5,
    2 ** 32 + 7,
    7n,
    Number.NaN,
    undefined,
    null,
    [7],
    {},
    Symbol('7'),
  ]) {
    assert.is(scene.index.find(bad as number), -1, String(bad))
  }
})

test('growth takes another block and view, and frees the former block at sync', () => {
  const scene = createIndex()
  const { index, arena } = scene
  const { entities } = index
  const before = index.entry
  for (let key = 1; key <= before.rowCount; key++) scene.insert(key)
  assert.is(index.entities, entities)
  assert.equal(index.entry, before)
  scene.insert(1000)
  assert.is.not(index.entities, entities)
  assert.is.not(index.entry.index, before.index)
  assert.is(blocks(arena).length, 2)
  assert.equal([...entities], [...index.entities.subarray(0, before.rowCount)])
  scene.freeStale()
  assert.is(blocks(arena).length, 1)
  scene.check()
  index.dispose()
  scene.freeStale()
  assert.is(blocks(arena).length, 0)
  assert.is(index.find(1), -1)
})

test('index and columns of any type fill their size classes, whatever they have grown to', () => {
  const { index, arena, freeStale } = createIndex({ byteLength: 2 ** 24 })
  const classes = arena.stats().classes.map(({ maxByteLength }) => maxByteLength)
  while (index.rowCount < 40_000) {
    freeStale()
    const [{ byteLength }] = blocks(arena)
    for (const length of [byteLength, ...[1, 2, 4, 8].map((bytes) => bytes * index.rowCount)]) {
      const room = classes.find((most) => most >= length)!
      assert.ok(room - length <= 160, `${length} bytes of ${room}, ${index.rowCount} rows`)
    }
    index.grow(0, noColumns)
  }
})

test('out of memory leaves the index as it was, and it can be tried again', () => {
  const scene = createIndex({ byteLength: 2 ** 19 })
  const { index, pool } = scene
  const { rowCount } = index
  for (let key = 1; key <= rowCount; key++) scene.insert(key)
  const taken: number[] = []
  for (let byteLength = 65536; byteLength >= 16; byteLength /= 2) {
    for (let offset = 1; offset !== 0; ) {
      offset = pool.tryAlloc(byteLength)
      if (offset !== 0) taken.push(offset)
    }
  }
  assertThrows(() => index.grow(rowCount, noColumns), 'out-of-memory')
  scene.check([1000])
  for (const offset of taken) pool.free(offset)
  const columns = () => {
    throw new Error('no room for the columns')
  }
  assert.throws(() => index.grow(rowCount, columns), 'no room for the columns')
  assert.is(blocks(scene.arena).length, 1)
  scene.check([1000])
  scene.insert(rowCount + 1)
  scene.check([1000])
})

test('a block that must not move stays, and says so', () => {
  const { views } = createBlocks()
  const checkIdle = () => {
    throw new Error('at work')
  }
  const index = new RowIndex(views, checkIdle, [])
  assert.throws(() => index.grow(0, noColumns), 'at work')
  assert.is(index.find(5), -1)
})

test('a search ends in memory that has another owner by now', () => {
  const { views, index } = createIndex()
  const place = new IndexPlace(index.entry)
  for (const value of [26, -1, 2 ** 31 - 1, 1]) {
    views.i32.fill(value, place.head, place.head + place.wordCount)
    assert.ok(findRow(views.i32, place, 5) >= -1)
  }
})

test.run()
