/** An arena in a larger buffer, with everything in it that there can be; and hostile words for it. */
import { Arena, createScratch, type Pool, type Scratch } from '@ashlar/core'
import * as layout from '../../src/layout.ts'
import type { ArenaMemory } from '../../src/memory.ts'
import { INBOX_PARCEL, mailWord, OUTBOX_FIRST } from '../../src/remote/mail.ts'
import { parcelsFor } from '../../src/remote/settle.ts'
import { headPattern } from '../../src/span-map.ts'
import { asSlotIndex, asSpanIndex } from '../../src/units.ts'
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
  readonly parcels: readonly number[]
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

/** Spans of every state, lists and mail of every kind, two open slots, one closed, one reserved. */
export function hostileArena(random: Random): HostileArena {
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
  const hostile = headPattern(asSlotIndex(0)) | memory.classes.classFor(100)
  const [start, end] = [BEFORE / 4, (BEFORE + arena.byteLength) / 4]
  words.fill(hostile, 0, start).fill(hostile, end)
  const parcels = threads.flatMap(({ pool: from }) =>
    threads.flatMap(({ pool: to }) =>
      parcelsFor(memory, asSlotIndex(from.slot), asSlotIndex(to.slot)),
    ),
  )
  return {
    threads,
    memory,
    offsets,
    parcels,
    changedOutside() {
      for (let word = 0; word < start; word++) if (words[word] !== hostile) return 4 * word
      for (let word = end; word < words.length; word++) if (words[word] !== hostile) return 4 * word
      return -1
    },
  }
}

/** A word behind the constant ones: of the control area, of a header, or of a parcel. */
export function pickWord({ memory, offsets, parcels }: HostileArena, random: Random): number {
  const span = asSpanIndex(random.below(memory.spanCount))
  const slot = asSlotIndex(random.below(memory.slotCount))
  const row = random.pick([...offsets].slice(0, 200).map((one) => memory.spanOf(one)))
  const other = asSlotIndex(random.below(memory.slotCount))
  const inSpan = memory.spanStart(span) + 16 * random.below(SPAN / 16)
  const used = asSpanIndex(row)
  const classIndex = memory.i32[memory.mapWord(used)] & 0xff
  return random.pick([
    memory.controlWord(layout.CONTROL_FIRST_FREE_SPAN + random.below(4)),
    memory.mapWord(span),
    memory.mapWord(used),
    memory.touchedWord(span),
    memory.recordWord(span, random.below(layout.RECORD_WORD_COUNT)),
    memory.recordWord(used, random.below(layout.RECORD_WORD_COUNT)),
    memory.liveWord(inSpan),
    memory.liveWord(random.pick(offsets)),
    memory.freedWord(inSpan),
    memory.freedWord(random.pick(offsets)),
    memory.slotWord(slot, random.below(20)),
    memory.slotWord(slot, random.below(memory.slotWordCount)),
    memory.slotWord(slot, 32 + layout.CLASS_CAPACITY * random.below(16) + (classIndex % 96)),
    mailWord(memory, slot, OUTBOX_FIRST + random.below(2), other),
    mailWord(memory, slot, random.below(INBOX_PARCEL + 1), other),
    (random.pick(offsets) >> 2) - 1 - random.below(2),
    (random.pick(offsets) >> 2) - 1 - random.below(2),
    (parcels.length > 0 ? random.pick(parcels) >> 2 : memory.mapWord(span)) - 2 + random.below(12),
  ])
}

/** What a write astray may leave, or somebody who knows the layout. */
export function pickValue(
  { memory, offsets, parcels }: HostileArena,
  random: Random,
  word: number,
): number {
  const { i32 } = memory
  return random.pick([
    0,
    1,
    -1,
    random.below(300),
    -random.below(300),
    random.next() | 0,
    0x7fffffff,
    -(2 ** 31),
    i32[word] + random.below(9) - 4,
    i32[word] ^ (1 << random.below(32)),
    i32[pickWord({ memory, offsets, parcels } as HostileArena, random)],
    random.pick(offsets),
    random.pick(offsets) + 16,
    parcels.length > 0 ? random.pick(parcels) : 16,
    16 * random.below(BEFORE / 16),
    memory.base + 16 * random.below(SPAN / 8),
    headPattern(asSlotIndex(random.below(6))) | random.below(256),
    random.below(memory.spanCount + 2),
  ])
}
