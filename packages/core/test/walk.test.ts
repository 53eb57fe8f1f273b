import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RECORD_CARVED_COUNT, SLOT_FREE_HEADS } from '../src/layout.ts'
import { liveBlockAt } from '../src/lookup.ts'
import { capacityOf } from '../src/runs.ts'
import { forEachBlockIn, forEachRun, heldOffset } from '../src/walk.ts'
import { assertSameNumbers } from './support/checks.ts'
import { smallArena } from './support/memory.ts'

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

test('runs by ascending span, with their class and owner; free spans and tails are passed by', () => {
  const { arena, pool, memory, slot } = smallArena(4 << 20)
  const other = arena.openPool()
  const offsets = [pool.alloc(100), other.alloc(16_384), pool.alloc(600_000), pool.alloc(20)]
  pool.free(pool.alloc(600_000))
  const runs: number[][] = []
  forEachRun(memory, (head, classIndex, owner) => {
    runs.push([head, classIndex, owner])
  })
  const { classes } = memory
  assert.equal(runs, [
    [memory.spanOf(offsets[0]), classes.classFor(100), slot],
    [memory.spanOf(offsets[1]), classes.classFor(16_384), other.slot],
    [memory.spanOf(offsets[2]), 255, slot],
    [memory.spanOf(offsets[3]), classes.classFor(20), slot],
  ])
})

test('blocks: all that are carved, live or free, by ascending offset', () => {
  const small = smallArena(4 << 20)
  const { pool, memory, slot } = small
  const classIndex = memory.classes.classFor(100)
  const freeHead = memory.slotWord(slot, SLOT_FREE_HEADS + classIndex)
  const offsets: number[] = []
  // All of several refills, but not all of the span.
  while (offsets.length < 100 || memory.i32[freeHead] !== 0) offsets.push(pool.alloc(100))
  assert.ok(offsets.length < capacityOf(memory, memory.spanOf(offsets[0]), classIndex))
  for (const offset of offsets.slice(50)) pool.free(offset)
  assertSameNumbers(blocksIn(small), offsets)
})

test('held offsets: of live blocks their own, of shifted ones the payload’s, of free ones 0', () => {
  const { pool, memory } = smallArena(4 << 20)
  for (const byteLength of [24, 700_000]) {
    for (const alignment of [16, 4096]) {
      const offset = pool.alloc(byteLength, alignment)
      const block = liveBlockAt(memory, offset)
      assert.is(heldOffset(memory, block), offset)
      pool.free(offset)
      assert.is(heldOffset(memory, block), 0)
    }
  }
})

test('a damaged count of blocks does not lead out of the run', () => {
  for (const byteLength of [100, 100_000, 600_000]) {
    const small = smallArena(4 << 20)
    const { memory, pool } = small
    const head = memory.spanOf(pool.alloc(byteLength))
    const isLarge = byteLength > memory.classes.maxByteLength
    const capacity = isLarge ? 1 : capacityOf(memory, head, memory.classes.classFor(byteLength))
    for (const count of [capacity + 1, 1 << 20, 0x7fff_ffff]) {
      memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)] = count
      assert.is(blocksIn(small).length, capacity)
    }
    memory.i32[memory.recordWord(head, RECORD_CARVED_COUNT)] = -1
    assert.equal(blocksIn(small), [])
  }
})

test.run()
