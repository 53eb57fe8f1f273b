import { blocks, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { alignedByteLength, checkAlignment } from '../../src/blocks/aligned.ts'
import { liveBlockAt } from '../../src/blocks/check-offset.ts'
import { assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { regions } from '../support/regions.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('aligned')
const ALIGNMENTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

test('powers of two from 1 to 4096 are alignments, and nothing else', () => {
  for (const alignment of ALIGNMENTS) checkAlignment(alignment)
  const wrong = [...notNumbers, ...oddNumbers, undefined, 0, -0, 3, 6, 17, 48, 4095, 4097, 8192]
  for (const alignment of wrong) {
    refuses('invalid-argument', () => checkAlignment(alignment), /alignment is .*power of two/)
  }
})

test('there is room for an aligned address wherever a block begins', () => {
  for (const alignment of ALIGNMENTS.filter((value) => value >= 16)) {
    for (let start = 0; start < 2 * alignment; start += 16) {
      const aligned = Math.ceil(start / alignment) * alignment
      assert.ok(aligned + 100 <= start + alignedByteLength(100, alignment))
    }
  }
})

for (const { name, byteOffset, create } of regions.slice(-6)) {
  test(`offsets are multiples from the buffer’s start: ${name}`, () => {
    const { arena, assertSurroundings } = create(4 << 20)
    const pool = arena.openPool()
    const held: number[] = []
    for (const alignment of ALIGNMENTS) {
      for (const byteLength of [0, 1, 24, 100, 4096, 100_000]) {
        const offset = pool.alloc(byteLength, alignment)
        assert.is(offset % alignment, 0, `${byteLength} at ${byteOffset}`)
        assert.is(pool.byteLengthOf(offset), byteLength)
        arena.u8.fill(0xff, offset, offset + byteLength)
        held.push(offset)
      }
    }
    assertSound(arena)
    assert.equal(
      blocks(arena).map(({ offset }) => offset),
      held.sort((a, b) => a - b),
    )
    for (const offset of held) pool.free(offset)
    pool.collect()
    assert.is(exactStats(arena).liveBlockCount, 0)
    assertSound(arena)
    assertSurroundings()
  })
}

test('both ends of a shifted block are known: only its offset frees it, and once', () => {
  for (const byteLength of [24, 5000, 600_000]) {
    const { arena, pool, memory } = smallArena()
    const offset = pool.alloc(byteLength, 4096)
    const block = liveBlockAt(memory, offset)
    for (let inside: number = block; inside < offset + Math.min(byteLength, 9000); inside += 16) {
      if (inside === offset) continue
      refusesUnharmed(arena, 'invalid-offset', () => pool.free(inside))
    }
    pool.free(offset)
    refusesUnharmed(arena, 'double-free', () => pool.free(offset))
    assertSound(arena)
  }
})

test('realloc keeps the alignment, in place and when it moves', () => {
  const { arena, pool } = smallArena(8 << 20)
  for (const alignment of ALIGNMENTS) {
    let offset = pool.alloc(10, alignment)
    arena.u8[offset] = alignment % 251
    for (const byteLength of [11, 300, 299, 5000, 70_000, 600_000, 900_000, 600_000, 20, 0]) {
      offset = pool.realloc(offset, byteLength)
      assert.is(offset % Math.max(16, alignment), 0)
      assert.is(pool.byteLengthOf(offset), byteLength)
      if (byteLength > 0) assert.is(arena.u8[offset], alignment % 251)
      assertSound(arena)
    }
    pool.free(offset)
  }
  assert.is(blocks(arena).length, 0)
})

test('a full arena: 0, and an aligned block comes back once one is freed', () => {
  const { arena, pool } = smallArena()
  for (const byteLength of [16, 3000, 100_000]) {
    const offsets = fill(pool, byteLength, 4096)
    assert.ok(offsets.length > 0)
    refuses('out-of-memory', () => pool.alloc(byteLength, 4096))
    pool.free(offsets[0])
    offsets[0] = pool.alloc(byteLength, 4096)
    assertSound(arena)
    for (const offset of offsets) pool.free(offset)
  }
  for (const byteLength of [1 << 20, 2 ** 31, 2 ** 32 - 1]) {
    assert.is(pool.tryAlloc(byteLength, 4096), 0)
    refuses('out-of-memory', () => pool.alloc(byteLength, 4096))
  }
})

test('wrong alignments of an alloc leave the arena as it is', () => {
  const { arena, pool } = smallArena()
  pool.alloc(16)
  for (const alignment of [...notNumbers, ...oddNumbers, 0, 3, 8192]) {
    refusesUnharmed(arena, 'invalid-argument', () => pool.alloc(16, anything(alignment)))
    refusesUnharmed(arena, 'invalid-argument', () => pool.tryAlloc(16, anything(alignment)))
    refusesUnharmed(arena, 'invalid-argument', () => pool.allocZeroed(16, anything(alignment)))
  }
})

test.run()
