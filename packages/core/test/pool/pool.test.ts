import { Arena, blocks, type ElementArrayConstructor, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ELEMENT_TYPES } from '../../src/memory/element-types.ts'
import { assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('pool')

test('every length from 0 to 1 MiB: a block of that length, freed without a trace', () => {
  const { arena, pool } = smallArena(4 << 20)
  for (let byteLength = 0; byteLength <= 1 << 20; byteLength++) {
    const offset = pool.alloc(byteLength)
    if (offset % 16 !== 0 || pool.byteLengthOf(offset) !== byteLength)
      assert.unreachable(`${byteLength}`)
    pool.free(offset)
  }
  assertSound(arena)
  pool.collect()
  const { committedByteLength, controlByteLength } = exactStats(arena)
  assert.is(committedByteLength, controlByteLength)
})

test('alloc(0): a block of its own', () => {
  const { arena, pool } = smallArena()
  const offsets = [pool.alloc(0), pool.alloc(0), pool.alloc(-0)]
  assert.is(new Set(offsets).size, 3)
  assert.equal(
    blocks(arena).map(({ byteLength }) => byteLength),
    [0, 0, 0],
  )
  for (const offset of offsets) pool.free(offset)
  refuses('double-free', () => pool.free(offsets[0]))
})

test('goodByteLength: the longest request that takes as much memory', () => {
  const arena = Arena.create({ byteLength: 4 << 20, classes: [48, 2000] })
  const pool = arena.openPool()
  const lengths = [0, 1, 24, 25, 48, 129, 256, 2000, 65_536, 524_288, 524_296, 524_297, 1_000_000]
  for (const byteLength of lengths) {
    const good = pool.goodByteLength(byteLength)
    assert.ok(good >= byteLength)
    assert.is(pool.goodByteLength(good), good)
    assert.ok(pool.goodByteLength(good + 1) > good)
    const offset = pool.alloc(byteLength)
    const { committedByteLength } = arena.stats()
    assert.ok(pool.tryResize(offset, good))
    assert.is(arena.stats().committedByteLength, committedByteLength)
    assert.is(pool.tryResize(offset, good + 1) && byteLength <= 524_296, false)
    pool.free(offset)
  }
  assert.is(pool.goodByteLength(48), 56)
  assert.is(pool.goodByteLength(600_000), 10 * 65_536 - 16)
  assertSound(arena)
})

test('goodByteLength: lengths above the arena’s come back as they are', () => {
  const { pool } = smallArena()
  for (const byteLength of [(1 << 20) + 1, 2 ** 31, 2 ** 32 - 1]) {
    assert.is(pool.goodByteLength(byteLength), byteLength)
  }
  for (const byteLength of [...notNumbers, ...oddNumbers, undefined]) {
    refuses('invalid-argument', () => pool.goodByteLength(anything(byteLength)))
  }
  pool.close()
  refuses('pool-closed', () => pool.goodByteLength(1))
})

test('free(0) does nothing, as often as one likes', () => {
  const { arena, pool } = smallArena()
  pool.alloc(16)
  const before = arena.i32.slice()
  for (const zero of [0, -0, 0]) pool.free(zero)
  assert.equal(arena.i32.subarray(0, 20_000), before.subarray(0, 20_000))
})

test('the last freed is the next allocated', () => {
  const { pool } = smallArena()
  const offsets = Array.from({ length: 10 }, () => pool.alloc(100))
  for (const offset of offsets) pool.free(offset)
  assert.equal(
    offsets.map(() => pool.alloc(90)),
    offsets.reverse(),
  )
})

test('a live block keeps every byte of its payload, whatever happens around it', () => {
  const { arena, pool, memory } = smallArena(2 << 20)
  for (const stride of memory.strides.slice(0, 40)) {
    const byteLength = stride - 8
    const offsets = [pool.alloc(byteLength), pool.alloc(byteLength), pool.alloc(byteLength)]
    for (const offset of offsets) arena.u8.fill(0xee, offset, offset + byteLength)
    pool.free(offsets[0])
    pool.free(offsets[2])
    const [, middle] = offsets
    assert.ok(arena.u8.subarray(middle, middle + byteLength).every((byte) => byte === 0xee))
    assertSound(arena)
    pool.free(middle)
  }
})

test('allocZeroed: every byte 0 in memory that was used before', () => {
  const { arena, pool } = smallArena()
  arena.u8.fill(0xff, arena.stats().controlByteLength)
  for (const byteLength of [0, 1, 24, 1000, 65536, 600_000]) {
    for (const alignment of [undefined, 16, 1024]) {
      const offset = pool.allocZeroed(byteLength, alignment)
      assert.is(pool.byteLengthOf(offset), byteLength)
      assert.ok(arena.u8.subarray(offset, offset + byteLength).every((byte) => byte === 0))
      arena.u8.fill(0xff, offset, offset + byteLength)
      pool.free(offset)
    }
  }
  assertSound(arena)
})

test('allocArray: each type, each length, over the arena’s own bytes', () => {
  const { arena, pool } = smallArena(4 << 20)
  for (const type of ELEMENT_TYPES as ElementArrayConstructor[]) {
    for (const length of [0, 1, 7, 1000, 100_000]) {
      const array = pool.allocArray(type, length)
      assert.instance(array, type)
      assert.equal([array.buffer === arena.buffer, array.length], [true, length])
      assert.is(pool.byteLengthOf(array.byteOffset), length * type.BYTES_PER_ELEMENT)
      assert.is(arena.view(array.byteOffset).constructor, type)
      pool.free(array.byteOffset)
    }
  }
  assertSound(arena)
})

test('allocArray: wrong types and lengths are refused', () => {
  const { arena, pool } = smallArena()
  for (const value of [...notNumbers, ...oddNumbers, undefined]) {
    refusesUnharmed(arena, 'invalid-argument', () => pool.allocArray(anything(value), 1), /type is/)
    const call = () => pool.allocArray(Float64Array, anything(value))
    refusesUnharmed(arena, 'invalid-argument', call, /length is/)
  }
  for (const length of [1 << 17, 2 ** 29, 2 ** 31, 2 ** 32 - 1]) {
    refuses('out-of-memory', () => pool.allocArray(Float64Array, length), /no room/)
  }
})

test('a reused block has the type of its new holder', () => {
  const { arena, pool } = smallArena()
  const { byteOffset } = pool.allocArray(Float64Array, 4)
  pool.free(byteOffset)
  assert.is(pool.alloc(32), byteOffset)
  assert.instance(arena.view(byteOffset), Uint8Array)
})

test('full: tryAlloc gives 0 and alloc throws; one free, and both work again', () => {
  for (const byteLength of [8, 1000, 65536, 600_000]) {
    const { arena, pool } = smallArena()
    const offsets = fill(pool, byteLength)
    assert.is(pool.tryAlloc(byteLength), 0)
    refuses(
      'out-of-memory',
      () => pool.alloc(byteLength),
      new RegExp(`${byteLength} bytes.*tryAlloc`),
    )
    refuses('out-of-memory', () => pool.allocZeroed(byteLength))
    refuses('out-of-memory', () => pool.allocArray(Uint8Array, byteLength))
    assertSound(arena)
    const last = offsets.at(-1) ?? 0
    pool.free(last)
    assert.is(pool.alloc(byteLength), last)
    pool.free(last)
    assert.is(pool.tryAlloc(byteLength), last)
    assertSound(arena)
  }
})

test('tryResize: in place or not at all', () => {
  const { arena, pool } = smallArena(4 << 20)
  for (const [byteLength, room] of [
    [50, 56],
    [1000, 1032],
    [600_000, 655_344],
  ]) {
    const offset = pool.alloc(byteLength)
    for (const next of [room, 0, byteLength]) {
      assert.is(pool.tryResize(offset, next), true)
      assert.is(pool.byteLengthOf(offset), next)
    }
    const behind = pool.alloc(byteLength)
    for (const next of [room + 1, 1 << 21, 2 ** 31, 2 ** 32 - 1]) {
      assert.is(pool.tryResize(offset, next), false)
      assert.is(pool.byteLengthOf(offset), byteLength)
    }
    assertSound(arena)
    pool.free(behind)
    pool.free(offset)
    refuses('double-free', () => pool.tryResize(offset, 1))
  }
  const offset = pool.alloc(100)
  for (const value of [...notNumbers, ...oddNumbers, undefined]) {
    refusesUnharmed(arena, 'invalid-argument', () => pool.tryResize(offset, anything(value)))
    refusesUnharmed(arena, 'invalid-offset', () => pool.tryResize(anything(value), 16))
  }
  refusesUnharmed(arena, 'invalid-offset', () => pool.tryResize(0, 16))
})

test('collect: refuses budgets that are none', () => {
  const { arena, pool } = smallArena()
  for (const value of [...notNumbers, ...oddNumbers.filter((number) => !(number >= 0))]) {
    if (value === null) continue
    refusesUnharmed(arena, 'invalid-argument', () => pool.collect({ spans: anything(value) }))
  }
  for (const value of [...notNumbers, 5].filter(
    (other) => typeof other !== 'object' || other === null,
  )) {
    refusesUnharmed(arena, 'invalid-argument', () => pool.collect(anything(value)), /options is/)
  }
})

test('closed: every function says so, and again after the slot was opened by another', () => {
  const { arena, pool } = smallArena()
  const offset = pool.alloc(100)
  const kept = { ...pool }
  pool.close()
  pool.close()
  for (const reopened of [false, true]) {
    if (reopened) {
      // The new pool has free blocks of many classes, which the old one must not hand out.
      const next = arena.openPool()
      assert.is(next.slot, pool.slot)
      for (let i = 0; i < 12; i++) next.alloc(i * 16)
    }
    for (const closed of [pool, kept]) {
      const calls = [
        () => closed.alloc(16),
        () => closed.alloc(0),
        () => closed.alloc(16, 64),
        () => closed.alloc(600_000),
        () => closed.tryAlloc(100),
        () => closed.allocZeroed(16),
        () => closed.allocArray(Int8Array, 1),
        () => closed.realloc(0, 16),
        () => closed.realloc(offset, 200),
        () => closed.tryResize(offset, 50),
        () => closed.free(offset),
        () => closed.free(0),
        () => closed.byteLengthOf(offset),
        () => closed.collect(),
      ]
      for (const call of calls) refusesUnharmed(arena, 'pool-closed', call)
      closed.close()
    }
    assert.is(arena.view(offset).length, 100)
  }
  assertSound(arena)
})

test('functions may be taken off the pool', () => {
  const { alloc, free, byteLengthOf } = Arena.create({ byteLength: 1 << 20 }).openPool()
  const offset = alloc(33)
  assert.is(byteLengthOf(offset), 33)
  free(offset)
})

test.run()
