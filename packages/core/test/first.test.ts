// Every call as the very first one of a fresh arena or of a fresh pool.
import { Arena, blocks, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../test/support/rounds.ts'
import { assertConserved, assertSound, refuses } from './support/checks.ts'
import { memoryOf } from './support/memory.ts'

const test = suite('first call')
const buffer = new ArrayBuffer(2 << 20)
/** In memory that an earlier arena left. */
const fresh = () => Arena.create({ buffer })

/** Where the control area ends: blocks of the first span begin 16 bytes behind it. */
const firstSpan = fresh().stats().controlByteLength

const edges = [...memoryOf(fresh()).strides].flatMap((stride) => [stride - 8, stride - 7])
const large = [600_000, 655_344, 655_345, 1 << 20]
const lengths = [...someOf([...Array(300).keys()]), ...someOf(edges, 3), ...large]

for (const alignment of [undefined, 16, 64, 4096]) {
  test(`alloc of every size, alignment ${alignment}`, () => {
    for (const byteLength of lengths) {
      const arena = fresh()
      const pool = arena.openPool()
      const offset = pool.alloc(byteLength, alignment)
      assert.is(offset % (alignment ?? 16), 0)
      assert.equal(blocks(arena), [{ offset, byteLength, type: 'untyped', slot: 0 }])
      assertSound(arena)
      pool.free(offset)
      assert.equal(blocks(arena), [])
      pool.collect()
      assert.is(arena.stats().committedByteLength, firstSpan)
      assertSound(arena)
    }
  })
}

const ofArenas: Record<string, (arena: Arena) => unknown> = {
  blocks: (arena) => assert.equal(blocks(arena), []),
  verify: assertSound,
  stats: (arena) => assert.is(arena.stats().liveBlockCount, 0),
  'exact stats': (arena) => assertConserved(arena, true),
  view: (arena) => refuses('invalid-offset', () => arena.view(firstSpan + 16)),
  f32: (arena) => assert.is(arena.f32.length, arena.byteLength / 4),
  openPool: (arena) => assert.is(arena.openPool().slot, 0),
}

for (const [name, call] of Object.entries(ofArenas)) {
  test(`arena: ${name}`, () => {
    const arena = fresh()
    call(arena)
    assertSound(arena)
    assert.ok(arena.openPool().alloc(100) > 0)
  })
}

const ofPools: Record<string, (pool: Pool) => unknown> = {
  'alloc(0)': (pool) => assert.is(pool.byteLengthOf(pool.alloc(0)), 0),
  tryAlloc: (pool) => assert.ok(pool.tryAlloc(100) > 0),
  'tryAlloc of too much': (pool) => assert.is(pool.tryAlloc(2 << 20), 0),
  'alloc of too much': (pool) => refuses('out-of-memory', () => pool.alloc(2 << 20)),
  allocZeroed: (pool) => assert.ok(pool.allocZeroed(600_000) > 0),
  allocArray: (pool) => assert.is(pool.allocArray(Float64Array, 100).length, 100),
  'realloc(0)': (pool) => assert.ok(pool.realloc(0, 100) > 0),
  realloc: (pool) => refuses('invalid-offset', () => pool.realloc(firstSpan + 16, 100)),
  tryResize: (pool) => refuses('invalid-offset', () => pool.tryResize(firstSpan + 16, 100)),
  'free(0)': (pool) => pool.free(0),
  free: (pool) => refuses('invalid-offset', () => pool.free(firstSpan + 16)),
  byteLengthOf: (pool) => refuses('invalid-offset', () => pool.byteLengthOf(firstSpan + 16)),
  collect: (pool) => assert.is(pool.collect(), 0),
  'collect of 1 span': (pool) => assert.is(pool.collect({ spans: 1 }), 0),
  close: (pool) => pool.close(),
}

for (const [name, call] of Object.entries(ofPools)) {
  test(`pool: ${name}`, () => {
    const arena = Arena.create({ byteLength: 2 << 20 })
    call(arena.openPool())
    assertSound(arena)
    assertConserved(arena, true)
    assert.ok(arena.openPool().alloc(100) > 0)
  })
}

test.run()
