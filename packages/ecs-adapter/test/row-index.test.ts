// The index of sparse rows on its own, against a Map: keys that collide, that wrap around the end of the
// table, that come and go; growth; memory that runs out.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findRow, RowIndex, rowCountOf } from '../src/row-index.ts'
import { assertSound, assertThrows, buffers, createBlocks, createRandom } from './support.ts'

const test = suite('row-index')
const ROW_COUNT = 4096

function createIndex(options: { shared?: boolean; byteLength?: number } = {}) {
  const { arena, pool, cells } = createBlocks(options)
  const keys = pool.allocArray(Int32Array, ROW_COUNT)
  const index = new RowIndex({ pool, cells, retire: pool.free, checkIdle() {} })
  index.bind(keys.byteOffset >> 2)
  const model = new Map<number, number>()

  function insert(key: number): void {
    const row = index.rowCount
    index.reserve(row + 1)
    keys[row] = key
    index.insert(row)
    index.rowCount = row + 1
    model.set(key, row)
  }

  /** As the rows of a component: the last one takes the place. */
  function remove(key: number): void {
    const row = model.get(key)!
    const last = index.rowCount - 1
    index.remove(row)
    model.delete(key)
    if (row !== last) {
      index.move(last, row)
      keys[row] = keys[last]
      model.set(keys[row], row)
    }
    index.rowCount = last
  }

  function check(others: readonly number[] = []): void {
    assert.is(index.rowCount, model.size)
    assert.is(rowCountOf(cells.signedWords, index.offset >> 2), model.size)
    for (const [key, row] of model) {
      assert.is(index.find(key), row, `row of ${key}`)
      const found = findRow(cells.signedWords, index.offset >> 2, keys.byteOffset >> 2, key)
      assert.is(found, row, `row of ${key}, as another thread finds it`)
    }
    for (const key of others)
      if (!model.has(key)) assert.is(index.find(key), -1, `no row of ${key}`)
    assertSound(arena)
  }

  return { arena, pool, cells, index, keys, model, insert, remove, check }
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

test('full to the brim of each capacity, what is not there is told to be not there', () => {
  const scene = createIndex()
  for (let key = 1; key <= 3000; key++) {
    scene.insert(key * 3)
    if (scene.index.find(key * 3 + 1) !== -1) assert.unreachable(`${key * 3 + 1} has no row`)
  }
  scene.check(Array.from({ length: 9000 }, (_, key) => key))
})

test('growth takes another block, says so, and gives the former back', () => {
  const scene = createIndex()
  const { index, arena } = scene
  const { version, offset } = index
  for (let key = 1; key <= 48; key++) scene.insert(key)
  assert.is(index.version, version)
  assert.is(index.offset, offset)
  scene.insert(49)
  assert.is.not(index.version, version)
  assert.is.not(index.offset, offset)
  assert.is(arena.blocks().length, 2)
  scene.check()
  index.dispose()
  assert.is(arena.blocks().length, 1)
})

test('out of memory leaves the index as it was, and it can be tried again', () => {
  const scene = createIndex({ byteLength: 2 ** 19 })
  const { index, pool } = scene
  for (let key = 1; key <= 48; key++) scene.insert(key)
  const taken: number[] = []
  for (let byteLength = 65536; byteLength >= 16; byteLength /= 2) {
    for (let offset = 1; offset !== 0; ) {
      offset = pool.tryAlloc(byteLength)
      if (offset !== 0) taken.push(offset)
    }
  }
  assertThrows(() => index.reserve(49), 'out-of-memory')
  scene.check([1000])
  for (const offset of taken) pool.free(offset)
  scene.insert(49)
  scene.check([1000])
})

test('a block that must not move stays, and says so', () => {
  const { pool, cells } = createBlocks()
  const keys = pool.allocArray(Int32Array, 64)
  const checkIdle = () => {
    throw new Error('at work')
  }
  const index = new RowIndex({ pool, cells, retire: pool.free, checkIdle })
  index.bind(keys.byteOffset >> 2)
  index.reserve(48)
  assert.throws(() => index.reserve(49), 'at work')
  assert.is(index.find(5), -1)
})

test.run()
