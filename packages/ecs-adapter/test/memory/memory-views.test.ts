import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MemoryViews, typeIdOf } from '../../src/memory/memory-views.ts'
import type { ScalarType } from '../../src/schema/schema.ts'
import { fillUp, scalars } from '../support.ts'

const test = suite('memory views')

test('load and store convert as the typed array of each type', () => {
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  const views = new MemoryViews(pool)
  for (const { array } of Object.values<ScalarType>(scalars)) {
    const column = pool.allocArray(array, 4)
    const first = column.byteOffset / array.BYTES_PER_ELEMENT
    const expected = new array(new ArrayBuffer(32), 0, 4)
    for (const value of [0, 1, -1, 200.7, -200.7, 70_000, 2 ** 31, 2 ** 32 + 7, Number.NaN]) {
      column.fill(0)
      expected[2] = value
      views.store(typeIdOf(array), first + 2, value)
      assert.equal([...column], [...expected])
      assert.ok(Object.is(views.load(typeIdOf(array), first + 2), expected[2]))
    }
  }
})

test('storeAll equals a loop of store, for every type', () => {
  const pool = Arena.create({ byteLength: 2 ** 20 }).openPool()
  const views = new MemoryViews(pool)
  const values = Float64Array.of(9, 0, -1, 200.7, 70_000, 2 ** 32 + 7, Number.NaN, 0.1, 9)
  for (const { array } of Object.values<ScalarType>(scalars)) {
    const column = pool.allocArray(array, 10).fill(5)
    const expected = new array(new ArrayBuffer(80), 0, 10).fill(5)
    expected.set(values.subarray(1, 8), 2)
    views.storeAll(typeIdOf(array), column.byteOffset / array.BYTES_PER_ELEMENT + 2, values, 1, 8)
    assert.equal([...column], [...expected])
  }
})

test('copyBytes and zeroBytes change the given bytes only', () => {
  const pool = Arena.create({ byteLength: 2 ** 20 }).openPool()
  const views = new MemoryViews(pool)
  const bytes = pool.allocArray(Uint8Array, 16)
  bytes.set(Array.from({ length: 16 }, (_, i) => i))
  views.copyBytes(bytes.byteOffset + 1, bytes.byteOffset + 10, 3)
  views.zeroBytes(bytes.byteOffset + 4, bytes.byteOffset + 6)
  assert.equal([...bytes], [0, 1, 2, 3, 0, 0, 6, 7, 8, 9, 1, 2, 3, 13, 14, 15])
})

test('the arena may be a region of a buffer of any length', () => {
  for (const extra of [0, 1, 2, 7]) {
    const buffer = new ArrayBuffer(2 ** 20 + 32 + extra)
    const pool = Arena.create({ buffer, byteOffset: 32, byteLength: 2 ** 20 }).openPool()
    const views = new MemoryViews(pool)
    const column = pool.allocArray(Float64Array, 3)
    views.store(typeIdOf(Float64Array), column.byteOffset / 8 + 2, 0.1)
    assert.is(views.buffer, buffer)
    assert.is(column[2], 0.1)
  }
})

test('the views are made in a full arena, without a block, and again after growth', () => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 32 })
  const arena = Arena.create({ memory })
  const pool = arena.openPool()
  const offset = pool.alloc(16)
  fillUp(pool)
  const before = arena.i32.slice()
  const views = new MemoryViews(pool)
  assert.is(views.u8.buffer, memory.buffer)
  arena.u8[offset] = 7
  memory.grow(1)
  assert.is(views.u8.buffer, memory.buffer)
  assert.is(views.u8[offset], 7)
  arena.u8[offset] = before[offset >> 2] & 0xff
  assert.equal(arena.i32, before)
})

test.run()
