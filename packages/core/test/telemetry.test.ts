import {
  openSupervisor,
  openTelemetry,
  type Telemetry,
  type TelemetryEvent,
} from '@ashlar/core/tuning'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  CONTROL_OPENED_SLOT_COUNT,
  LARGE_CLASS,
  TELEMETRY_READ,
  TELEMETRY_READ_SEEN,
  TELEMETRY_WRITTEN,
} from '../src/base/layout.ts'
import type { SlotIndex } from '../src/base/units.ts'
import { type ArenaMemory, controlWord, spanOf } from '../src/memory/memory.ts'
import { classFor } from '../src/memory/size-classes.ts'
import { EVENT_CLAIM, emit, emptyEvent, ringOf } from '../src/telemetry/telemetry.ts'
import { assertSound, refusesUnharmed } from './support/checks.ts'
import { smallArena } from './support/memory.ts'

const test = suite('telemetry')
const RING = 64

/** What a reader is given, as copies. */
function eventsOf(telemetry: Telemetry): TelemetryEvent[] {
  const events: TelemetryEvent[] = []
  const count = telemetry.read((event) => events.push({ ...event }))
  assert.is(count, events.length)
  return events
}

/** Notes numbered events. */
function emitMany(memory: ArenaMemory, slot: SlotIndex, from: number, count: number): void {
  for (let i = 0; i < count; i++) emit(memory, slot, EVENT_CLAIM, 3, from + i, 1)
}

test('what a pool does, in its order', () => {
  const { arena, pool, memory } = smallArena(8 << 20)
  const telemetry = openTelemetry(arena)
  const classIndex = classFor(memory, 56)
  const offset = pool.alloc(56)
  const span = spanOf(memory, offset)
  const large = pool.alloc(700_000)
  pool.free(large)
  pool.free(offset)
  pool.collect()
  const nothing = { ...emptyEvent(), slot: pool.slot }
  const largeRow = { classIndex: memory.classCount, spanCount: 11, span: span + 1 }
  assert.equal(eventsOf(telemetry), [
    { ...nothing, kind: 'claim', classIndex, spanCount: 1, span },
    { ...nothing, kind: 'refill', classIndex, blockCount: 64, liveBlockCount: 1 },
    { ...nothing, kind: 'claim', ...largeRow },
    { ...nothing, kind: 'return', ...largeRow },
    { ...nothing, kind: 'return', classIndex, spanCount: 1, span },
  ])
  pool.alloc(56)
  const [, refill] = eventsOf(telemetry)
  assert.equal([refill.kind, refill.spareBlockCount], ['refill', 64])
  assert.equal(eventsOf(telemetry), [])
  assert.is(telemetry.droppedEventCount, 0)
})

test('remote frees and death: the freeing slot, and that a slot was adopted', () => {
  const { arena } = smallArena(8 << 20)
  const [owner, freer] = [arena.openPool(), arena.openPool()]
  const offsets = Array.from({ length: 40 }, () => owner.alloc(56))
  const telemetry = openTelemetry(arena)
  for (const offset of offsets) freer.free(offset)
  owner.collect() // 32 were delivered by the batch
  freer.flush()
  owner.collect()
  const drains = eventsOf(telemetry).filter(({ kind }) => kind === 'drain')
  assert.equal(
    drains.map(({ slot, freer: from, blockCount }) => [slot, from, blockCount]),
    [
      [owner.slot, freer.slot, 32],
      [owner.slot, freer.slot, 8],
    ],
  )
  const slot = arena.reserveSlot() // of a thread that died before it opened its pool
  const adopter = arena.adopt(slot)
  const [adoption] = eventsOf(telemetry)
  assert.equal([adoption.kind, adoption.slot, adoption.spanCount], ['adopt', slot, 0])
  assert.is(adoption.generation, adopter.generation)
  assertSound(arena)
})

test('a full ring drops and counts, and the pool goes on', () => {
  const { arena, memory, slot, pool } = smallArena(8 << 20)
  const telemetry = openTelemetry(arena)
  emitMany(memory, slot, 0, RING + 10)
  assert.is(telemetry.droppedEventCount, 10)
  assert.is(arena.stats().slots[pool.slot].droppedEventCount, 10)
  assert.ok(pool.alloc(100) > 0)
  assert.is(telemetry.droppedEventCount, 12)
  const seen = eventsOf(telemetry).map(({ spanCount }) => spanCount)
  assert.equal(
    seen,
    Array.from({ length: RING }, (_, i) => i),
  )
  emitMany(memory, slot, 1000, 1)
  assert.equal(
    eventsOf(telemetry).map(({ spanCount }) => spanCount),
    [1000],
  )
})

test('a new reader begins with what the ring holds, and takes nothing from another one', () => {
  const { arena, memory, slot } = smallArena()
  emitMany(memory, slot, 0, 100)
  const telemetry = openTelemetry(arena)
  assert.is(telemetry.droppedEventCount, 0)
  assert.is(arena.stats().slots[slot].droppedEventCount, 36)
  openTelemetry(arena)
  openSupervisor(arena)
  assert.equal(
    eventsOf(telemetry).map(({ spanCount }) => spanCount),
    Array.from({ length: RING }, (_, i) => i),
  )
  emitMany(memory, slot, 500, 3)
  assert.equal(
    eventsOf(telemetry).map(({ spanCount }) => spanCount),
    [500, 501, 502],
  )
})

test('two readers: each event is given to one of them', () => {
  const { arena, memory, slot } = smallArena()
  const [first, second] = [openTelemetry(arena), openTelemetry(arena)]
  const seen: number[] = []
  for (let round = 0; round < 30; round++) {
    emitMany(memory, slot, round * 5, 5)
    // The second reads in the middle of the first one's turn.
    first.read((event) => {
      seen.push(event.spanCount)
      second.read(({ spanCount }) => seen.push(spanCount))
    })
  }
  assert.equal(
    seen,
    Array.from({ length: 150 }, (_, i) => i),
  )
})

test('counts wrap: over 2^31 and 2^32 nothing is lost', () => {
  for (const start of [2 ** 31 - 40, 2 ** 32 - 40]) {
    const { arena, memory, slot } = smallArena()
    for (const field of [TELEMETRY_WRITTEN, TELEMETRY_READ_SEEN, TELEMETRY_READ]) {
      memory.i32[ringOf(memory, slot) + field] = start | 0
    }
    const telemetry = openTelemetry(arena)
    for (let round = 0; round < 4; round++) {
      emitMany(memory, slot, round * 30, 30)
      const seen = eventsOf(telemetry).map(({ spanCount }) => spanCount)
      assert.equal(
        seen,
        Array.from({ length: 30 }, (_, i) => round * 30 + i),
      )
    }
    assert.is(telemetry.droppedEventCount, 0)
  }
})

test('for all words of a ring, reading ends, and the pool goes on', () => {
  for (const damage of [-1, 1, 65, 1 << 30, -(2 ** 31), 0x5a5a5a5a]) {
    for (const field of [0, 1, 2, TELEMETRY_READ]) {
      const { arena, pool, memory, slot } = smallArena(8 << 20)
      const telemetry = openTelemetry(arena)
      memory.i32[ringOf(memory, slot) + field] = damage
      for (let round = 0; round < 10; round++) {
        pool.free(pool.alloc(64 << round))
        pool.collect()
        assert.ok(telemetry.read(() => {}) <= RING)
      }
      assertSound(arena)
    }
  }
  const { arena, memory, slot } = smallArena()
  const telemetry = openTelemetry(arena)
  const supervisor = openSupervisor(arena, { state: 'learn' })
  for (const [kind, row] of [
    [77, 0],
    [0, 200],
    [0, memory.classCount],
    [0, LARGE_CLASS], // large blocks are not refilled
  ]) {
    emit(memory, slot, kind, row, 1, 2)
    assert.equal(eventsOf(telemetry), [])
    emit(memory, slot, kind, row, 1, 2)
    assert.is(supervisor.step(), 0)
  }
  for (const visit of [undefined, null, 1]) {
    const call = () => telemetry.read(visit as unknown as () => void)
    refusesUnharmed(arena, 'invalid-argument', call, /visit/)
  }
})

test('a slot that nobody opened is not read', () => {
  const { arena, memory } = smallArena()
  const telemetry = openTelemetry(arena)
  emitMany(memory, 9 as SlotIndex, 0, 1)
  assert.equal(eventsOf(telemetry), [])
  memory.i32[controlWord(memory, CONTROL_OPENED_SLOT_COUNT)] = 1000
  assert.is(eventsOf(telemetry).length, 1)
})

test.run()
