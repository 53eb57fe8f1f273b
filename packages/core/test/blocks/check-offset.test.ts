import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LARGE_CLASS } from '../../src/base/layout.ts'
import { classOfBlock, liveBlockAt, ownerOfBlock } from '../../src/blocks/check-offset.ts'
import { spanOf, spanStart } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { refuses } from '../support/checks.ts'
import { smallArena } from '../support/memory.ts'

const test = suite('check-offset')
const SPAN = 65536

test('finds the start of every kind of block, its class and its owner', () => {
  const { pool, memory, slot } = smallArena(32 << 20)
  for (const byteLength of [0, 8, 24, 1000, 16384, 100_000, 524_288, 600_000, 2 << 20]) {
    const plain = pool.alloc(byteLength)
    const block = liveBlockAt(memory, plain)
    assert.is(block, plain)
    assert.is(ownerOfBlock(memory, block), slot)
    const isLarge = byteLength > memory.maxClassByteLength
    assert.is(classOfBlock(memory, block), isLarge ? LARGE_CLASS : classFor(memory, byteLength))
    for (const alignment of [32, 256, 4096]) {
      const shifted = pool.alloc(byteLength, alignment)
      const start = liveBlockAt(memory, shifted)
      assert.ok(start <= shifted && shifted - start < alignment)
    }
  }
})

test('blocks in the tails of a run are found as those in its head', () => {
  const { pool, memory } = smallArena(4 << 20)
  const offsets = Array.from({ length: 20 }, () => pool.alloc(100_000))
  assert.ok(new Set(offsets.map((offset) => spanOf(memory, offset))).size > 10)
  for (const offset of offsets) assert.is(liveBlockAt(memory, offset), offset)
})

test('each refusal says where the offset lies', () => {
  const { pool, memory } = smallArena(4 << 20)
  const small = pool.alloc(100)
  const large = pool.alloc(1 << 20)
  const freed = pool.alloc(100)
  pool.free(freed)
  const start = spanStart(memory, spanOf(memory, small))
  for (const [offset, message] of [
    [16, /lies in the control area/],
    [memory.controlSpanCount * SPAN - 16, /lies in the control area/],
    [4 << 20, /lies outside the arena, which is 0 to 4194304/],
    [-16, /lies outside/],
    [2 ** 31 - 16, /lies outside/],
    [small + 1, /not a multiple of 16/],
    [small + 8, /not a multiple of 16/],
    [small + 16, /lies inside the block at/],
    [large + 16, /lies inside the block/],
    [large + SPAN, /lies inside a large block/],
    [large + (1 << 20), /lies inside a large block/],
    [start, /in memory that no block uses/],
    [start + SPAN - 16, /in memory that no block uses/],
    [(4 << 20) - 16, /in memory that no block uses/],
  ] as const) {
    refuses('invalid-offset', () => liveBlockAt(memory, offset), message)
  }
  refuses('double-free', () => liveBlockAt(memory, freed), new RegExp(`at offset ${freed} is free`))
})

test('an overwritten header is damage, not a wrong offset', () => {
  const { arena, pool, memory } = smallArena()
  for (const alignment of [16, 1024]) {
    const [before, offset] = [pool.alloc(24, alignment), pool.alloc(24, alignment)]
    arena.f32[(offset >> 2) - 2] = 1.5
    refuses('corrupt', () => liveBlockAt(memory, offset), /overwritten/)
    assert.ok(liveBlockAt(memory, before) <= before)
  }
})

test.run()
