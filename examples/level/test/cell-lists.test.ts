import { Arena, ArenaError, blocks, verify } from '@ashlar/core'
import { createRandom } from 'example-kit/sim'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../test/support/rounds.ts'
import { createCellLists, HEAD_BYTE_LENGTH } from '../src/sim/cell-lists.ts'
import { createCountedPool } from '../src/sim/counted-pool.ts'

const test = suite('level: cell-lists')

const isOutOfMemory = (error: unknown) =>
  error instanceof ArenaError && error.code === 'out-of-memory'

function setup(cellCount: number, entityMax = 4096) {
  const arena = Arena.create({ byteLength: 8 * 2 ** 20 })
  const rawPool = arena.openPool()
  const heads = rawPool.allocZeroed(cellCount * HEAD_BYTE_LENGTH)
  const pool = createCountedPool(rawPool)
  const place = { cell: new Int32Array(entityMax), slot: new Int32Array(entityMax) }
  const lists = createCellLists(arena, pool, place, heads)
  const entitiesOf = (cell: number) =>
    Array.from({ length: lists.count(cell) }, (_, index) => lists.at(cell, index))
  const cells = [...Array(cellCount).keys()]
  return { arena, pool, place, lists, entitiesOf, heads, cells }
}

test('starts empty, without a block', () => {
  const { arena, lists, cells } = setup(100)
  for (const cell of cells) assert.is(lists.count(cell), 0)
  assert.is(blocks(arena).length, 1, 'the heads')
})

test('dispose frees the lists of the given cells, and empties their heads', () => {
  const { arena, lists } = setup(3)
  for (let eid = 1; eid <= 30; eid++) lists.insert(eid, eid % 3)
  assert.is(blocks(arena).length, 4)
  lists.dispose([0, 2])
  assert.equal([0, 1, 2].map(lists.count), [0, 10, 0])
  assert.is(blocks(arena).length, 2)
  lists.dispose([0, 1, 2])
  assert.is(blocks(arena).length, 1)
  lists.insert(1, 0)
  assert.is(lists.count(0), 1)
  assert.equal(verify(arena), [])
})

test('of one block of heads, each shard reads all cells and writes its own', () => {
  const { arena, lists, entitiesOf, heads } = setup(2)
  const place = { cell: new Int32Array(8), slot: new Int32Array(8) }
  const others = createCellLists(arena, createCountedPool(arena.openPool()), place, heads)
  for (const eid of [1, 2, 3]) lists.insert(eid, 0)
  for (const eid of [1, 5]) others.insert(eid, 1)
  assert.equal(
    [entitiesOf(0), entitiesOf(1)],
    [
      [1, 2, 3],
      [1, 5],
    ],
  )
  assert.equal([others.count(0), others.at(0, 2), others.at(1, 1)], [3, 3, 5])
})

test('insert, move, remove', () => {
  const { lists, entitiesOf, place } = setup(3)
  for (const eid of [10, 11, 12, 13, 14]) lists.insert(eid, 1)
  assert.equal(entitiesOf(1), [10, 11, 12, 13, 14])
  lists.move(11, 2)
  assert.equal(entitiesOf(1), [10, 14, 12, 13])
  assert.equal(entitiesOf(2), [11])
  assert.is(place.cell[11], 2)
  lists.move(11, 2)
  assert.equal(entitiesOf(2), [11])
  lists.remove(13)
  lists.remove(10)
  assert.equal(entitiesOf(1), [12, 14])
  lists.remove(11)
  assert.equal(entitiesOf(2), [])
})

test('a list doubles, halves, and goes back to the arena when it is empty', () => {
  const { arena, lists, pool, heads } = setup(1)
  const { counts } = pool
  const byteLength = () => blocks(arena).find(({ offset }) => offset !== heads)?.byteLength
  const grown: unknown[] = []
  for (let eid = 1; eid <= 100; eid++) {
    lists.insert(eid, 0)
    if (byteLength() !== grown.at(-1)) grown.push(byteLength())
  }
  assert.equal(grown, [16, 32, 64, 128, 256, 512])
  assert.equal(counts, { allocs: 1, reallocs: 5, frees: 0 })
  const shrunk: unknown[] = []
  for (let eid = 100; eid >= 2; eid--) {
    lists.remove(eid)
    if (byteLength() !== shrunk.at(-1)) shrunk.push(byteLength())
  }
  assert.equal(shrunk, [512, 256, 128, 64, 32, 16])
  assert.is(blocks(arena).length, 2)
  lists.remove(1)
  assert.is(blocks(arena).length, 1)
  assert.equal(counts, { allocs: 1, reallocs: 10, frees: 1 })
})

test('a list at the edge of a capacity does not thrash', () => {
  const { lists, pool } = setup(1)
  for (let eid = 1; eid <= 33; eid++) lists.insert(eid, 0)
  const { reallocs } = pool.counts
  for (let i = 0; i < 100; i++) {
    lists.remove(33)
    lists.insert(33, 0)
  }
  assert.is(pool.counts.reallocs, reallocs)
})

test('columns may move between two calls', () => {
  const { lists, place, entitiesOf } = setup(2)
  lists.insert(1, 0)
  lists.insert(2, 0)
  place.cell = place.cell.slice()
  place.slot = place.slot.slice()
  lists.move(1, 1)
  assert.equal(entitiesOf(0), [2])
  assert.equal(entitiesOf(1), [1])
  assert.is(place.slot[2], 0)
})

test('out of memory leaves lists as they are', () => {
  const arena = Arena.create({ byteLength: 8 * 2 ** 20 })
  const pool = arena.openPool()
  const place = { cell: new Int32Array(8), slot: new Int32Array(8) }
  const heads = pool.allocZeroed(HEAD_BYTE_LENGTH)
  const lists = createCellLists(arena, createCountedPool(pool), place, heads)
  for (let eid = 1; eid <= 4; eid++) lists.insert(eid, 0)
  const offsets: number[] = []
  for (const byteLength of [2 ** 16, 1024, 32, 16]) {
    for (let o = pool.tryAlloc(byteLength); o !== 0; o = pool.tryAlloc(byteLength)) offsets.push(o)
  }
  assert.throws(() => lists.insert(5, 0), isOutOfMemory)
  assert.is(lists.count(0), 4)
  for (const offset of offsets) pool.free(offset)
  lists.insert(5, 0)
  assert.equal(
    [0, 1, 2, 3, 4].map((index) => lists.at(0, index)),
    [1, 2, 3, 4, 5],
  )
  assert.equal(verify(arena), [])
})

test('does what plain arrays do, whatever the order', () => {
  for (const seed of someOf([1, 2, 3])) {
    const cellCount = 5
    const entityMax = 200
    const { arena, lists, entitiesOf, place, cells } = setup(cellCount, entityMax)
    const { below } = createRandom(new Int32Array(1), seed)
    const model: number[][] = Array.from({ length: cellCount }, () => [])
    const modelRemove = (eid: number) => {
      const list = model.find((entities) => entities.includes(eid))!
      const index = list.indexOf(eid)
      const last = list.pop()!
      if (last !== eid) list[index] = last
    }
    for (let step = 0; step < 4000; step++) {
      const eid = below(entityMax)
      const isIn = model.some((entities) => entities.includes(eid))
      // Waves: first more come than go, then more go.
      const isLeaving = below(100) < (step % 1000 < 500 ? 20 : 60)
      const cell = below(cellCount) * below(2)
      if (!isIn) {
        lists.insert(eid, cell)
        model[cell].push(eid)
      } else if (isLeaving) {
        lists.remove(eid)
        modelRemove(eid)
      } else {
        const isSame = model[cell].includes(eid)
        lists.move(eid, cell)
        if (!isSame) {
          modelRemove(eid)
          model[cell].push(eid)
        }
      }
      assert.equal(verify(arena), [], `seed ${seed}, step ${step}`)
      for (const [index, expected] of model.entries()) {
        assert.equal(entitiesOf(index), expected, `seed ${seed}, step ${step}, cell ${index}`)
        for (const [slot, member] of expected.entries()) {
          assert.is(place.cell[member], index)
          assert.is(place.slot[member], slot)
        }
      }
    }
    lists.dispose(cells)
    assert.is(blocks(arena).length, 1, `seed ${seed}`)
    assert.equal(verify(arena), [])
  }
})

test.run()
