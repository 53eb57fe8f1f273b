import type { Pool } from '@ashlar/core'
import {
  openSupervisor,
  publishBatch,
  type SupervisorOptions,
  type SupervisorState,
} from '@ashlar/core/tuning'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_PUBLISHED } from '../../src/base/layout.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import { slotWord } from '../../src/memory/memory.ts'
import { baseBatch } from '../../src/memory/refill-batch.ts'
import { classFor } from '../../src/memory/size-classes.ts'
import { assertSound, refusesUnharmed } from '../support/checks.ts'
import { smallArena } from '../support/memory.ts'

const test = suite('supervisor')
const BYTE_LENGTH = 56

function scene(options?: SupervisorOptions) {
  const { arena, pool, memory } = smallArena(16 << 20)
  const supervisor = openSupervisor(arena, options)
  const classIndex = classFor(memory, BYTE_LENGTH)
  const publishedTo = (slot: number) =>
    memory.i32[slotWord(memory, slot as SlotIndex, SLOT_PUBLISHED + classIndex)]
  return { arena, pool, memory, supervisor, publishedTo, classIndex }
}

/** A window: as many blocks come and go, and all is given back. */
function load(pool: Pool, blockCount: number): void {
  const offsets = Array.from({ length: blockCount }, () => pool.alloc(BYTE_LENGTH))
  for (const offset of offsets) pool.free(offset)
  pool.collect()
}

test('frozen is the default: nothing is published, whatever the load', () => {
  const { arena, pool, supervisor, publishedTo } = scene()
  assert.is(supervisor.state, 'frozen')
  for (let window = 0; window < 10; window++) {
    load(pool, 500)
    assert.is(supervisor.step(), 0)
  }
  assert.is(supervisor.batchFor(BYTE_LENGTH), 0)
  assert.is(publishedTo(0), 0)
  assertSound(arena)
})

/** What is found after each of so many windows of a load. */
function foundIn(
  { pool, supervisor }: Pick<ReturnType<typeof scene>, 'pool' | 'supervisor'>,
  windowCount: number,
  blockCount: number,
): number[] {
  return Array.from({ length: windowCount }, () => {
    load(pool, blockCount)
    supervisor.step()
    return supervisor.batchFor(BYTE_LENGTH)
  })
}

test('learn: another batch after three windows in a row in which it was better by 8 %', () => {
  const all = scene({ state: 'learn' })
  publishBatch(all.arena, BYTE_LENGTH, 64) // what pools learn by themselves would meet the load
  assert.equal(foundIn(all, 3, 500), [0, 0, 128])
  for (let slot = 0; slot < 15; slot++) assert.is(all.publishedTo(slot), 128)
  // Ten windows later it is judged again: the next step would save less than 8 %.
  assert.equal(foundIn(all, 30, 500), Array(30).fill(128))
  assertSound(all.arena)
})

test('a load that one refill meets is left alone, whatever the number of looks and pools', () => {
  const { arena, supervisor } = scene({ state: 'learn' })
  const pools = Array.from({ length: 8 }, () => arena.openPool())
  for (let window = 0; window < 30; window++) {
    for (let frame = 0; frame < 5; frame++) for (const pool of pools) load(pool, 40)
    supervisor.step()
    assert.is(supervisor.batchFor(BYTE_LENGTH), 0)
  }
})

test('what was published by others stands until another batch is found', () => {
  const all = scene({ state: 'learn' })
  publishBatch(all.arena, BYTE_LENGTH, 64)
  assert.equal(foundIn(all, 3, 500), [0, 0, 128])
  publishBatch(all.arena, BYTE_LENGTH, 7)
  foundIn(all, 5, 500)
  assert.is(all.publishedTo(0), 7)
})

test('a window that says otherwise breaks the row', () => {
  const all = scene({ state: 'learn' })
  publishBatch(all.arena, BYTE_LENGTH, 64)
  assert.equal(
    [500, 500, 60, 500, 500, 60].flatMap((blockCount) => foundIn(all, 1, blockCount)),
    Array(6).fill(0),
  )
  assert.equal(foundIn(all, 3, 500), [0, 0, 128])
})

test('a window without load neither counts nor breaks the row', () => {
  const all = scene({ state: 'learn' })
  publishBatch(all.arena, BYTE_LENGTH, 64)
  for (const expected of [0, 0, 128]) {
    assert.equal(foundIn(all, 1, 500), [expected])
    for (let i = 0; i < 3; i++) assert.is(all.supervisor.step(), 0)
  }
})

test('a load that shrinks: half as much, step by step, down to the base', () => {
  const all = scene({ state: 'learn' })
  publishBatch(all.arena, BYTE_LENGTH, 512)
  const found = foundIn(all, 60, 10)
  const steps = found.filter((batch, i) => batch !== (found[i - 1] ?? 0))
  assert.equal(steps, [256, 128, baseBatch(all.memory.strides[all.classIndex])])
})

test('a window in which events were dropped says what the others said', () => {
  const { arena, pool, supervisor } = scene({ state: 'learn' })
  publishBatch(arena, BYTE_LENGTH, 64)
  for (const expected of [0, 0, 1]) {
    for (let i = 0; i < 10; i++) load(pool, 500)
    assert.is(supervisor.step(), expected)
  }
  assert.ok(arena.stats().slots[0].droppedEventCount > 0)
})

test('canary: one slot only; learn then publishes what was found to all', () => {
  const { arena, supervisor, publishedTo } = scene({ state: 'canary', canarySlot: 1 })
  const pools = [arena.openPool(), arena.openPool()]
  publishBatch(arena, BYTE_LENGTH, 64)
  for (let window = 0; window < 3; window++) {
    for (const pool of pools) load(pool, 500)
    supervisor.step()
  }
  assert.equal([0, 1, 2].map(publishedTo), [64, 128, 64])
  supervisor.state = 'learn'
  assert.equal([0, 1, 2].map(publishedTo), [128, 128, 128])
  supervisor.state = 'frozen'
  supervisor.step()
  assert.equal([0, 1, 2].map(publishedTo), [128, 128, 128])
  supervisor.reset()
  assert.equal([0, 1, 2].map(publishedTo), [0, 0, 0])
  assert.is(supervisor.batchFor(BYTE_LENGTH), 0)
})

test('what is published counts from the next refill on, and touches no list', () => {
  const { arena, pool, memory, classIndex } = scene()
  const refilled = () => arena.stats().classes[classIndex].refilledBlockCount
  pool.alloc(BYTE_LENGTH)
  assert.is(refilled(), 64)
  const before = memory.i32.slice()
  publishBatch(arena, BYTE_LENGTH, 7)
  const changed = [...before.keys()].filter((word) => before[word] !== memory.i32[word])
  assert.equal(
    changed,
    Array.from({ length: 15 }, (_, slot) =>
      Number(slotWord(memory, slot as SlotIndex, SLOT_PUBLISHED + classIndex)),
    ),
  )
  for (let i = 1; i < 64; i++) pool.alloc(BYTE_LENGTH)
  assert.is(refilled(), 64)
  pool.alloc(BYTE_LENGTH)
  assert.is(refilled(), 64 + 7)
  publishBatch(arena, BYTE_LENGTH, 0)
  for (let i = 0; i < 7; i++) pool.alloc(BYTE_LENGTH)
  assert.ok(refilled() > 64 + 14)
  assertSound(arena)
})

test('a visitor sees every event that a step reads', () => {
  const { pool, supervisor } = scene()
  const kinds: string[] = []
  load(pool, 1)
  supervisor.step(({ kind }) => kinds.push(kind))
  assert.equal(kinds, ['claim', 'refill', 'return'])
})

test('what is published may be anything in memory: refills stay within bounds', () => {
  for (const damage of [-1, -(2 ** 31), 2 ** 31 - 1, 4096]) {
    const { arena, pool, memory, classIndex } = scene()
    memory.i32[slotWord(memory, 0 as SlotIndex, SLOT_PUBLISHED + classIndex)] = damage
    load(pool, 3000)
    assertSound(arena)
    const { refillCount: refills, refilledBlockCount } = arena.stats().classes[classIndex]
    assert.ok(refilledBlockCount / refills <= 1024)
  }
})

test('misuse', () => {
  const { arena, supervisor } = scene()
  const refused = (call: () => unknown, message: RegExp) =>
    refusesUnharmed(arena, 'invalid-argument', call, message)
  for (const state of ['learning', '', 1, null]) {
    refused(() => openSupervisor(arena, { state: state as SupervisorState }), /state/)
    refused(() => {
      supervisor.state = state as SupervisorState
    }, /state/)
  }
  refused(() => openSupervisor(arena, { canarySlot: 15 }), /slot/)
  for (const options of [null, 'learn', 1]) {
    refused(() => openSupervisor(arena, options as unknown as SupervisorOptions), /options/)
  }
  for (const byteLength of [-1, 1.5, 600_000, Number.NaN]) {
    refused(() => publishBatch(arena, byteLength, 64), /byteLength/)
    refused(() => supervisor.batchFor(byteLength), /byteLength/)
  }
  for (const blockCount of [-1, 1.5, 1025, Number.NaN]) {
    refused(() => publishBatch(arena, 64, blockCount), /blockCount/)
  }
  refused(() => publishBatch(arena, 64, 64, -1), /slot/)
})

test.run()
