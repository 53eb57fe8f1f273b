// Several pools share a small arena that is full all the time: 0 is given only where there is no
// room, by the map of spans and the lists themselves.

import { Arena, blocks, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import { SLOT_FREE_HEADS, SLOT_PARTIAL_HEADS, SPAN_FREE } from '../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../src/base/units.ts'
import { alignedByteLength } from '../src/blocks/aligned.ts'
import { type ArenaMemory, slotWord, spanMapWord } from '../src/memory/memory.ts'
import { classFor, spanCountFor } from '../src/memory/size-classes.ts'
import { assertConserved, assertSound } from './support/checks.ts'
import { memoryOf } from './support/memory.ts'
import { type Random, seeded } from './support/random.ts'

const test = suite('out of memory')

interface Holder {
  readonly pool: Pool
  readonly live: number[]
}

/** The longest run of free spans. */
function longestFreeRun(memory: ArenaMemory): number {
  let [longest, length] = [0, 0]
  for (let span = 0; span < memory.spanCount; span++) {
    length = memory.i32[spanMapWord(memory, span as SpanIndex)] === SPAN_FREE ? length + 1 : 0
    longest = Math.max(longest, length)
  }
  return longest
}

/** What a pool could still have given for so many bytes; empty when it was right to give 0. */
function roomFor(memory: ArenaMemory, pool: Pool, byteLength: number): string {
  const longest = longestFreeRun(memory)
  if (byteLength > memory.maxClassByteLength) {
    const needed = Math.ceil((byteLength + 16) / 65536)
    return longest >= needed ? `${longest} adjacent spans are free, ${needed} are enough` : ''
  }
  const classIndex = classFor(memory, byteLength)
  const classWord = (field: number) => slotWord(memory, pool.slot as SlotIndex, field + classIndex)
  if (memory.i32[classWord(SLOT_FREE_HEADS)] !== 0) return 'a block is on the free list'
  if (memory.i32[classWord(SLOT_PARTIAL_HEADS)] !== 0) return 'a span is partial'
  const needed = spanCountFor(memory.strides[classIndex] - 8)
  return longest >= needed ? `${longest} adjacent spans are free, ${needed} are enough` : ''
}

function step(memory: ArenaMemory, random: Random, { pool, live }: Holder): void {
  const choice = random.below(100)
  if (choice < 55) {
    const alignment = random.pick([16, 16, 16, 64, 1024, 4096])
    const byteLength = random.logUniform(20)
    const offset = pool.tryAlloc(byteLength, alignment)
    if (offset !== 0) live.push(offset)
    else assert.is(roomFor(memory, pool, alignedByteLength(byteLength, alignment)), '')
  } else if (choice < 98) {
    if (live.length === 0) return
    const at = random.below(live.length)
    pool.free(live[at])
    live[at] = live[live.length - 1]
    live.length--
  } else {
    pool.collect({ spans: random.below(4) })
  }
}

for (const poolCount of [1, 2, 5]) {
  test(
    `${poolCount} pools: 0 only where there is no room`,
    seeded((random) => {
      const arena = Arena.create({ byteLength: 3 << 20 })
      const memory = memoryOf(arena)
      const holders = Array.from({ length: poolCount }, (): Holder => {
        return { pool: Arena.attach(arena.handle).openPool(), live: [] }
      })
      for (let i = 0; i < rounds(40_000); i++) {
        step(memory, random, holders[random.below(poolCount)])
        if (i % 1000 === 0) assertSound(arena)
      }
      assertConserved(arena, true)
      assert.equal(
        blocks(arena).map(({ offset }) => offset),
        holders.flatMap(({ live }) => live).sort((a, b) => a - b),
      )
      for (const { pool, live } of holders) {
        for (const offset of live) pool.free(offset)
        pool.close()
      }
      assert.is(arena.stats().committedByteLength, memory.controlSpanCount * 65536)
      assertSound(arena)
    }),
  )
}

test.run()
