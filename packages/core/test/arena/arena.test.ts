import { Arena, blocks, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { typeBits } from '../../src/memory/block-header.ts'
import { assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { memoryOf, smallArena } from '../support/memory.ts'
import { regions } from '../support/regions.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('arena')

test('attached: the same blocks, views and offsets', () => {
  const arena = Arena.create({ byteLength: 1 << 20 })
  const pool = arena.openPool()
  const array = pool.allocArray(Float32Array, 3)
  array.set([1, 2, 3])
  const other = Arena.attach(structuredClone(arena.handle))
  assert.equal([other.byteOffset, other.byteLength, other.shared], [0, 1 << 20, true])
  assert.equal([...other.view(array.byteOffset)], [1, 2, 3])
  other.f32[array.byteOffset >> 2] = 9
  assert.is(array[0], 9)
  const otherPool = other.openPool()
  assert.is.not(otherPool.slot, pool.slot)
  otherPool.alloc(100)
  assert.equal(blocks(arena), blocks(other))
  assert.equal(exactStats(arena), exactStats(other))
  assertSound(other)
})

test('handle: of a region, and of an attached arena', () => {
  const buffer = new SharedArrayBuffer(4 * 65536 + 100)
  const arena = Arena.create({ buffer, byteOffset: 80 })
  assert.equal([arena.handle.buffer === buffer, arena.handle.byteOffset], [true, 80])
  const other = Arena.attach(Arena.attach(arena.handle).handle)
  assert.is(other.byteOffset, 80)
  refuses(
    'not-an-arena',
    () => Arena.attach({ buffer, byteOffset: 64 }),
    /no arena at byte offset 64/,
  )
})

test('handle: an arena that is not shared has none, and a copy is recognised', () => {
  for (const { create, shared } of regions) {
    const { arena } = create(4 * 65536)
    assert.is(arena.shared, shared)
    if (shared) Arena.attach(arena.handle)
    else refuses('not-shareable', () => arena.handle, /not shared/)
  }
  const { arena } = smallArena()
  const handle = { buffer: structuredClone(arena.buffer), byteOffset: 0 }
  refuses('not-shareable', () => Arena.attach(handle), /a copy.*`shared: true`/)
})

test('attach: hostile handles are refused', () => {
  const { buffer } = Arena.create({ byteLength: 1 << 20 })
  for (const value of [...notNumbers, ...oddNumbers, undefined, 8, 24, 2 ** 31]) {
    refuses('not-an-arena', () => Arena.attach({ buffer, byteOffset: anything(value) }))
    refuses('not-an-arena', () => Arena.attach({ buffer: anything(value), byteOffset: 0 }))
    refuses('not-an-arena', () => Arena.attach(anything(value)))
  }
  for (const byteOffset of [16, 65536, (1 << 20) - 16, 1 << 20, 2 ** 40]) {
    refuses('not-an-arena', () => Arena.attach({ buffer, byteOffset }))
  }
})

test('view: the type that allocArray gave, the bytes of all else', () => {
  const { arena, pool } = smallArena()
  const bytes = arena.view(pool.alloc(10))
  assert.instance(bytes, Uint8Array)
  assert.is(bytes.length, 10)
  assert.is(arena.view(pool.alloc(0)).length, 0)
  const array = pool.allocArray(BigInt64Array, 2)
  array[1] = -5n
  assert.equal([...arena.view(array.byteOffset)], [array[0], -5n])
})

test('view: refuses what is no live block, with the arena unharmed', () => {
  const { arena, pool } = smallArena()
  const freed = pool.alloc(100)
  const live = pool.alloc(100)
  pool.free(freed)
  refusesUnharmed(arena, 'double-free', () => arena.view(freed))
  for (const offset of [
    ...notNumbers,
    ...oddNumbers,
    undefined,
    0,
    16,
    live + 16,
    live + 4,
    1 << 20,
  ]) {
    refusesUnharmed(arena, 'invalid-offset', () => arena.view(anything(offset)))
  }
})

test('view: a damaged length or type is reported, and no other memory is shown', () => {
  for (const [byteLength, room] of [
    [100, 104],
    [600_000, 10 * 65536 - 16],
  ]) {
    const { arena, pool } = smallArena()
    const offset = pool.alloc(byteLength)
    for (const wrong of [room + 1, -1, 2 ** 30, -(2 ** 31)]) {
      arena.i32[(offset >> 2) - 1] = wrong
      refusesUnharmed(arena, 'corrupt', () => arena.view(offset), /overwritten/)
      refusesUnharmed(arena, 'corrupt', () => pool.byteLengthOf(offset))
    }
    arena.i32[(offset >> 2) - 1] = room
    assert.is(arena.view(offset).length, room)
    arena.i32[(offset >> 2) - 2] |= typeBits(15)
    refusesUnharmed(arena, 'corrupt', () => arena.view(offset), /overwritten/)
  }
})

test('two arenas in one buffer do not touch each other', () => {
  const buffer = new ArrayBuffer(8 * 65536)
  const arenas = [0, 4 * 65536].map((byteOffset) =>
    Arena.create({ buffer, byteOffset, byteLength: 4 * 65536 }),
  )
  const pools = arenas.map((arena) => arena.openPool())
  const offsets = pools.map((pool) => pool.alloc(100))
  refusesUnharmed(arenas[0], 'invalid-offset', () => pools[0].free(offsets[1]), /outside/)
  refusesUnharmed(arenas[1], 'invalid-offset', () => pools[1].free(offsets[0]), /outside/)
  for (const pool of pools) while (pool.tryAlloc(1000) !== 0);
  for (const arena of arenas) assertSound(arena)
})

test('a new arena in the memory of an old one begins empty', () => {
  const buffer = new ArrayBuffer(8 * 65536)
  const old = Arena.create({ buffer }).openPool()
  const stale = Array.from({ length: 5000 }, () => old.alloc(24))
  const arena = Arena.create({ buffer })
  const pool = arena.openPool()
  assert.equal(blocks(arena), [])
  assertSound(arena)
  refuses('invalid-offset', () => pool.free(stale[10]), /no block uses/)
  pool.alloc(24)
  for (const offset of stale.slice(100)) {
    refuses('invalid-offset', () => pool.free(offset))
  }
  assert.is(blocks(arena).length, 1)
})

test('tags: 255 arenas made one after the other differ', () => {
  const buffer = new ArrayBuffer(Arena.create({ byteLength: 1 }).byteLength) // the smallest
  const tags = Array.from({ length: 255 }, () => memoryOf(Arena.create({ buffer })).tag)
  assert.is(new Set(tags).size, 255)
  assert.ok(tags.every((tag) => tag >= 1 && tag <= 255))
})

test('onViolation: a function, or undefined', () => {
  const arena = Arena.create({ byteLength: 1 << 20, shared: false })
  const hook = () => {}
  arena.onViolation = hook
  for (const value of [...notNumbers, 5, 0].filter((one) => typeof one !== 'function')) {
    refusesUnharmed(
      arena,
      'invalid-argument',
      () => {
        arena.onViolation = anything(value)
      },
      /onViolation.*a function, or undefined/,
    )
    assert.is(arena.onViolation, hook)
  }
  arena.onViolation = undefined
  assert.is(arena.onViolation, undefined)
})

test.run()
