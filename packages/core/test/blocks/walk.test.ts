import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  LARGE_CLASS,
  MAP_OWNER_SHIFT,
  MAP_STATE_SHIFT,
  RECORD_CARVED_COUNT,
  RECORD_UNMARKED_COUNT,
  SLOT_FREE_HEADS,
  SPAN_HEAD,
  SPAN_LARGE,
} from '../../src/base/layout.ts'
import { liveBlockAt } from '../../src/blocks/check-offset.ts'
import { forEachBlockIn, forEachLiveIn, forEachRun } from '../../src/blocks/walk.ts'
import { BLOCK_INTERNAL, BLOCK_SHIFTED, headerWith } from '../../src/memory/block-header.ts'
import { clearLiveBit, recordWord, slotWord, spanMapWord, spanOf } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { capacityOf } from '../../src/spans/runs.ts'
import { assertSameNumbers, refuses } from '../support/checks.ts'
import { smallArena } from '../support/memory.ts'

const test = suite('walk')

function blocksIn({ memory }: ReturnType<typeof smallArena>): number[] {
  const blocks: number[] = []
  forEachRun(memory, (head) => {
    forEachBlockIn(memory, head, (block) => {
      blocks.push(block)
    })
  })
  return blocks
}

test('runs by ascending span, with class and owner; free spans and tails are skipped', () => {
  const { arena, pool, memory, slot } = smallArena(4 << 20)
  const other = arena.openPool()
  const offsets = [pool.alloc(100), other.alloc(16_384), pool.alloc(600_000), pool.alloc(20)]
  pool.free(pool.alloc(600_000))
  const runs: number[][] = []
  forEachRun(memory, (head, classIndex, owner) => {
    runs.push([head, classIndex, owner])
  })
  assert.equal(runs, [
    [spanOf(memory, offsets[0]), classFor(memory, 100), slot],
    [spanOf(memory, offsets[1]), classFor(memory, 16_384), other.slot],
    [spanOf(memory, offsets[2]), LARGE_CLASS, slot],
    [spanOf(memory, offsets[3]), classFor(memory, 20), slot],
  ])
})

test('blocks: every carved one, live or free, by ascending offset', () => {
  const small = smallArena(4 << 20)
  const { pool, memory, slot } = small
  const classIndex = classFor(memory, 100)
  const freeHead = slotWord(memory, slot, SLOT_FREE_HEADS + classIndex)
  const offsets: number[] = []
  // All of several refills, but not all of the span.
  while (offsets.length < 100 || memory.i32[freeHead] !== 0) offsets.push(pool.alloc(100))
  assert.ok(offsets.length < capacityOf(memory, spanOf(memory, offsets[0])))
  for (const offset of offsets.slice(50)) pool.free(offset)
  assertSameNumbers(blocksIn(small), offsets)
})

/** Blocks and offsets of what is live. */
function liveIn({ memory }: ReturnType<typeof smallArena>): [block: number, offset: number][] {
  const live: [number, number][] = []
  forEachRun(memory, (head) => {
    forEachLiveIn(memory, head, (block, offset) => {
      live.push([block, offset])
    })
  })
  return live
}

test('live blocks: by their own offset, shifted ones by the payload’s', () => {
  const small = smallArena(4 << 20)
  const { pool, memory } = small
  const kinds = [24, 100_000, 700_000].flatMap((length) => [16, 32, 4096].map((a) => [length, a]))
  for (const [byteLength, alignment] of kinds) {
    const offset = pool.alloc(byteLength, alignment)
    const block = liveBlockAt(memory, offset)
    assert.equal(liveIn(small), [[block, offset]])
    pool.free(offset)
    assert.equal(liveIn(small), [])
  }
  const internal = pool.alloc(24)
  memory.i32[recordWord(memory, spanOf(memory, internal), RECORD_UNMARKED_COUNT)] = 1
  clearLiveBit(memory, internal)
  memory.i32[(internal >> 2) - 2] = headerWith(BLOCK_INTERNAL, memory.tag)
  assert.equal(liveIn(small), [[internal, internal]])
})

test('where no block is unmarked, live bits alone decide: headers are not read', () => {
  const small = smallArena()
  const { pool, memory } = small
  const [live, free] = [pool.alloc(100), pool.alloc(100)]
  pool.free(free)
  for (const block of [live, free])
    memory.i32[(block >> 2) - 2] = headerWith(BLOCK_INTERNAL, memory.tag)
  assert.equal(liveIn(small), [[live, live]])
})

test('a shifted block without a payload is not live', () => {
  const small = smallArena()
  const { pool, memory } = small
  const offset = pool.alloc(100, 4096)
  const block = liveBlockAt(memory, offset)
  assert.is.not(block, offset)
  const room = memory.strides[classFor(memory, 100 + 4080)] - 8
  for (const wrong of [0, -16, block, block - 16, block + room + 16, 2 ** 31 - 16, 1 << 30]) {
    memory.i32[(block >> 2) - 1] = wrong
    assert.equal(liveIn(small), [])
  }
  memory.i32[(block >> 2) - 1] = offset
  memory.i32[(offset >> 2) - 2] = headerWith(BLOCK_SHIFTED, memory.tag)
  assert.equal(liveIn(small), [])
})

test('a run without a class or slot is damage', () => {
  const { pool, memory } = smallArena(4 << 20)
  const head = spanOf(memory, pool.alloc(100))
  const mapped = (state: number, owner: number, classIndex: number) =>
    classIndex | ((owner + 1) << MAP_OWNER_SHIFT) | (state << MAP_STATE_SHIFT)
  for (const word of [
    mapped(SPAN_HEAD, 0, memory.classCount),
    mapped(SPAN_HEAD, 0, LARGE_CLASS),
    mapped(SPAN_HEAD, -1, 0),
    mapped(SPAN_HEAD, memory.slotCount, 0),
    mapped(SPAN_LARGE, 0, 0),
    mapped(SPAN_LARGE, 254, LARGE_CLASS),
  ]) {
    memory.i32[spanMapWord(memory, head)] = word
    refuses('corrupt', () => forEachRun(memory, () => {}), new RegExp(`run at span ${head} `))
  }
})

test('a damaged count of blocks does not lead out of the run', () => {
  for (const byteLength of [100, 100_000, 600_000]) {
    const small = smallArena(4 << 20)
    const { memory, pool } = small
    const head = spanOf(memory, pool.alloc(byteLength))
    const isLarge = byteLength > memory.maxClassByteLength
    const capacity = isLarge ? 1 : capacityOf(memory, head)
    for (const count of [capacity + 1, 1 << 20, 0x7fff_ffff]) {
      memory.i32[recordWord(memory, head, RECORD_CARVED_COUNT)] = count
      assert.is(blocksIn(small).length, capacity)
    }
    memory.i32[recordWord(memory, head, RECORD_CARVED_COUNT)] = -1
    assert.equal(blocksIn(small), [])
  }
})

test.run()
