/** An arena in a larger buffer, with everything in it that there can be. */
import { Arena, createScratch, type Pool, type Scratch } from '@ashlar/core'
import { nextTag } from '../../src/arena/control.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import type { ArenaMemory } from '../../src/memory/memory.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { segmentsFor } from '../../src/remote/settle.ts'
import { headPattern } from '../../src/spans/span-map.ts'
import { memoryOf } from './memory.ts'
import type { Random } from './random.ts'

const SPAN = 65536
const ARENA_SPAN_COUNT = 32
const BEFORE = SPAN + 48
const BEHIND = 4096 + 4

/** A thread of its own, as far as the arena knows. */
export interface Thread {
  readonly arena: Arena
  readonly pool: Pool & { readonly arena: Arena }
  readonly scratch: Scratch
}

export interface HostileArena {
  readonly threads: readonly Thread[]
  readonly memory: ArenaMemory
  /** Offsets that somebody held at some time: live, freed, on their way. */
  readonly offsets: readonly number[]
  readonly segments: readonly number[]
  /** The first byte outside of the arena that has changed; -1 where none has. */
  changedOutside(): number
}

function startThread(first: Arena): Thread {
  const arena = Arena.attach(first)
  const pool = arena.openPool()
  return { arena, pool, scratch: createScratch(pool, { byteLength: 256 }) }
}

const KINDS: readonly [byteLength: number, count: number, alignment?: number][] = [
  [8, 100],
  [100, 700],
  [100, 5, 1024],
  [3000, 30],
  [16_384, 6],
  [100_000, 2, 4096],
  [560_000, 1],
]

/**
 * Spans of every state, lists and remote frees of every kind, two open slots, one closed, one
 * reserved.
 */
export function hostileArena(random: Random): HostileArena {
  while (nextTag() !== 255); // the arena gets tag 1, as in any other run
  const buffer = new SharedArrayBuffer(BEFORE + ARENA_SPAN_COUNT * SPAN + BEHIND)
  const words = new Int32Array(buffer)
  const arena = Arena.create({
    buffer,
    byteOffset: BEFORE,
    byteLength: ARENA_SPAN_COUNT * SPAN,
    slots: 5,
  })
  const memory = memoryOf(arena)
  const threads = Array.from({ length: 3 }, () => startThread(arena))
  const [owner, , closed] = threads
  for (let i = 0; i < 4; i++) owner.scratch.alloc(200)
  const offsets: number[] = []
  for (const [byteLength, count, alignment] of KINDS) {
    for (const { pool } of byteLength > 5000 ? [random.pick(threads)] : threads) {
      for (let i = 0; i < count / (pool === owner.pool ? 1 : 4); i++) {
        const offset = pool.tryAlloc(byteLength, alignment)
        if (offset !== 0) offsets.push(offset)
      }
    }
  }
  for (const [i, offset] of offsets.entries()) {
    if (i % 3 === 0) random.pick(threads).pool.free(offset)
    if (i === offsets.length >> 1) owner.pool.collect({ spans: 0 })
  }
  closed.pool.close()
  arena.reserveSlot()
  const hostile = headPattern(0 as SlotIndex) | classFor(memory, 100)
  const [start, end] = [BEFORE / 4, (BEFORE + arena.byteLength) / 4]
  words.fill(hostile, 0, start).fill(hostile, end)
  const segments = threads.flatMap(({ pool: from }) =>
    threads.flatMap(({ pool: to }) =>
      segmentsFor(memory, from.slot as SlotIndex, to.slot as SlotIndex),
    ),
  )
  return {
    threads,
    memory,
    offsets,
    segments,
    changedOutside() {
      for (let word = 0; word < start; word++) if (words[word] !== hostile) return 4 * word
      for (let word = end; word < words.length; word++) if (words[word] !== hostile) return 4 * word
      return -1
    },
  }
}
