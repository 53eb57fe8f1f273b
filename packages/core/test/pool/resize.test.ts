import { blocks as blocksOf, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('resize')

test('within a class a block stays where it is', () => {
  const { pool, memory } = smallArena(64 << 20)
  for (let row = 1; row < memory.classCount; row++) {
    const most = memory.strides[row] - 8
    const least = memory.strides[row - 1] - 7
    const offset = pool.alloc(least)
    for (const byteLength of [most, least, (most + least) >> 1]) {
      assert.is(pool.realloc(offset, byteLength), offset)
      assert.is(pool.byteLengthOf(offset), byteLength)
    }
    const half = most >> 1 // the smallest classes have no class below
    if (half < least) assert.is.not(pool.realloc(offset, half), offset)
  }
})

test('a block stays where it is for as long as it fills more than half of its place', () => {
  const { pool, arena } = smallArena(4 << 20)
  const offset = pool.alloc(1000) // its class holds 1032
  for (const byteLength of [880, 700, 517]) assert.is(pool.realloc(offset, byteLength), offset)
  assert.is.not(pool.realloc(offset, 516), offset)
  assert.equal(verify(arena), [])
})

test('a move keeps the contents up to the shorter length, and the type', () => {
  const { arena, pool } = smallArena(4 << 20)
  const array = pool.allocArray(Float64Array, 8)
  array.set([1, 2, 3, 4, 5, 6, 7, 8])
  let offset: number = array.byteOffset
  for (const length of [100, 10_000, 80_000, 5, 3]) {
    offset = pool.realloc(offset, length * 8)
    const view = arena.view(offset)
    assert.instance(view, Float64Array)
    assert.is(view.length, length)
    assert.equal([...view.subarray(0, 3)], [1, 2, 3])
  }
  assert.equal([...arena.view(offset)], [1, 2, 3])
})

test('a length that is no multiple of the element size: the view has the whole elements', () => {
  const { arena, pool } = smallArena()
  const offset = pool.realloc(pool.allocArray(Float64Array, 4).byteOffset, 31)
  assert.is(arena.view(offset).length, 3)
  assert.is(pool.byteLengthOf(offset), 31)
})

test('realloc of 0 allocates', () => {
  const { arena, pool } = smallArena()
  const offset = pool.realloc(0, 40)
  assert.is(pool.byteLengthOf(offset), 40)
  assert.is(blocksOf(arena).length, 1)
})

test('a full arena: growth is refused and the block stays; shrinking never is', () => {
  const { arena, pool } = smallArena()
  const [first, ...rest] = fill(pool, 1000)
  arena.u8.fill(0x77, first, first + 1000)
  for (const byteLength of [2000, 65536, 1 << 20, 2 ** 31, 2 ** 32 - 1]) {
    const blocks = blocksOf(arena)
    refuses(
      'out-of-memory',
      () => pool.realloc(first, byteLength),
      new RegExp(`${byteLength} bytes`),
    )
    assert.equal(blocksOf(arena), blocks)
    assertSound(arena)
  }
  // No other class has a block left, so the block shrinks, and grows again, where it is.
  for (const byteLength of [100, 500, 10, 0, 900, 1000]) {
    assert.is(pool.realloc(first, byteLength), first)
    assert.is(pool.byteLengthOf(first), byteLength)
    assertSound(arena)
  }
  assert.ok(arena.u8.subarray(first, first + 1000).every((byte) => byte === 0x77))
  pool.free(rest[0])
  refuses('double-free', () => pool.realloc(rest[0], 10))
})

test('wrong lengths and offsets leave the arena as it is', () => {
  const { arena, pool } = smallArena()
  const offset = pool.alloc(100)
  for (const value of [...notNumbers, ...oddNumbers, undefined]) {
    refusesUnharmed(arena, 'invalid-argument', () => pool.realloc(offset, anything(value)))
    refusesUnharmed(arena, 'invalid-argument', () => pool.realloc(0, anything(value)))
    refusesUnharmed(arena, 'invalid-offset', () => pool.realloc(anything(value), 100))
  }
})

test.run()
