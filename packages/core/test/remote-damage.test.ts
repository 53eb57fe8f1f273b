// A stray write has hit a queue: nothing loops, and nothing outside of the queue changes.

import { Arena, type ArenaError, blocks, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CONTROL_OPENED_SLOT_COUNT } from '../src/base/layout.ts'
import type { SlotIndex } from '../src/base/units.ts'
import { controlWord } from '../src/memory/memory.ts'
import {
  INBOX_SEGMENT,
  OUTBOX_FIRST,
  OUTBOX_LAST,
  OUTBOX_SENT,
  queueWord,
  SEGMENT_STAMP,
} from '../src/remote/queue.ts'
import { segmentsFor } from '../src/remote/settle.ts'
import { refuses } from './support/checks.ts'
import { memoryOf } from './support/memory.ts'
import { allocMany, fourPools } from './support/pools.ts'

const test = suite('damaged queues')

for (const next of [-16, 0, 16, 12345, 1 << 30, 'itself', 'a live block'] as const) {
  test(`the next of a segment is ${next}`, () => {
    const arena = Arena.create({ byteLength: 2 << 20, shared: true })
    const memory = memoryOf(arena)
    const owner = arena.openPool()
    const freer = Arena.attach(arena.handle).openPool() // as if of another thread
    const kept = freer.allocArray(Uint8Array, 520).fill(7)
    for (const block of allocMany(owner, 300, 100)) freer.free(block)
    freer.flush()
    const [, segment] = segmentsFor(memory, freer.slot as SlotIndex, owner.slot as SlotIndex)
    const places = { itself: segment, 'a live block': kept.byteOffset }
    memory.i32[segment >> 2] = typeof next === 'number' ? next : places[next]
    assert.ok(blocks(arena).length < 300)
    owner.collect()
    freer.collect()
    const adopter = arena.adopt(freer.slot)
    owner.collect()
    adopter.collect()
    assert.ok(kept.every((byte) => byte === 7))
    assert.is(owner.alloc(100) > 0 && adopter.alloc(520) > 0, true)
  })
}

for (const [name, array] of Object.entries({ OUTBOX_FIRST, OUTBOX_LAST, INBOX_SEGMENT })) {
  test(`an end of a queue leads elsewhere: ${name}`, () => {
    const byteOffset = 4096
    for (const taken of [0, 128, 200, 256]) {
      for (const place of [0, 16, byteOffset, byteOffset + 4096, -16, 1 << 30, 'a live block']) {
        const buffer = new SharedArrayBuffer(byteOffset + (2 << 20))
        const arena = Arena.create({ buffer, byteOffset })
        const memory = memoryOf(arena)
        const [owner, freer] = [arena.openPool(), arena.openPool()]
        const [kept] = allocMany(freer, 1, 520)
        const blocks = allocMany(owner, 1000, 100)
        for (const block of blocks.slice(0, taken)) freer.free(block)
        freer.flush()
        owner.collect()
        for (const block of blocks.slice(taken, 300)) freer.free(block)
        const isOfOwner = array === INBOX_SEGMENT
        const [of, about] = isOfOwner ? [owner, freer] : [freer, owner]
        const word = queueWord(memory, of.slot as SlotIndex, array, about.slot as SlotIndex)
        memory.i32[word] = typeof place === 'number' ? place : kept
        let refused = 0
        for (const block of blocks.slice(300)) refused += isRefused(() => freer.free(block)) ? 1 : 0
        for (const pool of [freer, owner]) isRefused(() => pool.collect())
        const before = new Uint8Array(buffer, 0, byteOffset)
        assert.ok(
          before.every((byte) => byte === 0),
          `${taken} taken, it leads to ${place}`,
        )
        Arena.attach(arena.handle) // its control header is whole
        if (place !== 0) assert.ok(refused > 0 || isOfOwner)
      }
    }
  })
}

/** Whether a call ends in the error that says of damage. */
function isRefused(call: () => unknown): boolean {
  try {
    call()
    return false
  } catch (error) {
    assert.is((error as ArenaError).code, 'corrupt')
    return true
  }
}

test('verify reports counts that are not in order, and offsets in no segment', () => {
  const { arena, memory, owner, freer } = fourPools()
  for (const block of allocMany(owner, 300, 100)) freer.free(block)
  freer.flush()
  assert.equal(verify(arena), [])
  const [from, to] = [freer.slot as SlotIndex, owner.slot as SlotIndex]
  const messages = () => verify(arena).map(({ message }) => message)
  const sent = queueWord(memory, from, OUTBOX_SENT, to)
  for (const [count, order] of [
    [-1, '300 written, -1 sent, 0 taken'],
    [301, '300 written, 301 sent, 0 taken'],
  ] as const) {
    memory.i32[sent] = count
    assert.equal(messages(), [
      `the queue from slot 1 to slot 0 has ${order}, which is not in order`,
    ])
  }
  memory.i32[sent] = 300
  const [, segment] = segmentsFor(memory, from, to)
  memory.i32[(segment >> 2) + SEGMENT_STAMP] ^= 1
  assert.equal(messages(), [
    'the queue from slot 1 to slot 0 has 300 offsets waiting, but holds 128',
  ])
})

for (const count of [-1, 200, 1 << 28]) {
  test(`a count of opened slots of ${count} is refused`, () => {
    const arena = Arena.create({ byteLength: 1 << 20, shared: true })
    const memory = memoryOf(arena)
    memory.i32[controlWord(memory, CONTROL_OPENED_SLOT_COUNT)] = count
    refuses('corrupt', () => Arena.attach(arena.handle), /control word \d+ is -?\d+, expected 0 to/)
  })
}

test.run()
