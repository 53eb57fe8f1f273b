import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cellOf, partition } from '../src/sim/partition.ts'
import { tinyMap } from './support/tiny-level.ts'

const test = suite('level: partition')

const none = { count: 0, x: new Int16Array(0), y: new Int16Array(0), ...{} }
const noThings = { ...none, angle: none.x, type: none.x, flags: new Uint16Array(0) }

function partitioned(columnCount: number, rowCount: number, shardCount: number, things = noThings) {
  const shardOf = new Uint8Array(columnCount * rowCount)
  partition(shardOf, { originX: 0, originY: 0, columnCount, rowCount }, things, shardCount)
  return [...shardOf]
}

test('one shard has all', () => {
  assert.equal(partitioned(2, 2, 1), [0, 0, 0, 0])
})

test('stretches across the longer side', () => {
  assert.equal(partitioned(4, 2, 2), [0, 0, 1, 1, 0, 0, 1, 1])
  assert.equal(partitioned(2, 4, 2), [0, 0, 0, 0, 1, 1, 1, 1])
  assert.equal(partitioned(1, 6, 3), [0, 0, 1, 1, 2, 2])
})

test('every cell has a shard, and there is no 0th of 255 beyond', () => {
  for (const shardCount of [1, 2, 3, 7, 64, 255]) {
    const shards = partitioned(20, 30, shardCount)
    assert.is(Math.min(...shards), 0)
    assert.is(Math.max(...shards), shardCount - 1)
    assert.equal(
      shards,
      [...shards].sort((a, b) => a - b),
    )
  }
})

test('more shards than cells: each cell has one of its own', () => {
  assert.is(new Set(partitioned(2, 2, 9)).size, 4)
})

test('about as many things in each', () => {
  const { originX, originY, columnCount, rowCount } = tinyMap.blockMap
  const shardOf = new Uint8Array(columnCount * rowCount)
  partition(shardOf, tinyMap.blockMap, tinyMap.things, 3)
  const counts = [0, 0, 0]
  for (let i = 0; i < tinyMap.things.count; i++) {
    const { x, y } = tinyMap.things
    counts[shardOf[cellOf({ originX, originY, columnCount, rowCount }, x[i], y[i])]]++
  }
  for (const count of counts) assert.ok(count >= 8 && count <= 14, `${counts} of 33`)
})

test('a crowd in one cell goes to one shard, and the others share the rest', () => {
  const column = new Int16Array(50).fill(200)
  const things = { ...noThings, count: 50, x: column, y: column }
  const shards = partitioned(4, 4, 2, things)
  assert.equal([...new Set(shards)].sort(), [0, 1])
})

test('cells of points: the nearest one where they are outside', () => {
  const grid = { originX: -10, originY: 20, columnCount: 3, rowCount: 2 }
  assert.is(cellOf(grid, -10, 20), 0)
  assert.is(cellOf(grid, 118, 20), 1)
  assert.is(cellOf(grid, -32768, -32768), 0)
  assert.is(cellOf(grid, 32767, 32767), 5)
})

test.run()
