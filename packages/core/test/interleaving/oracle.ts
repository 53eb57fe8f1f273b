/**
 * What must hold in the end, whatever the schedule was: what dead agents left is adopted; then the
 * arena is sound, every block is live that somebody holds and no other, all queues arrive, and when
 * everything is freed the whole arena can be allocated again.
 */

import type { SlotIndex } from '../../src/base/units.ts'
import { forEachLiveIn, forEachRun } from '../../src/blocks/walk.ts'
import { listBlocks } from '../../src/inspect/blocks.ts'
import { verifyArena } from '../../src/inspect/verify/verify.ts'
import { BLOCK_INTERNAL } from '../../src/memory/block-header.ts'
import { type ArenaMemory, spanOf, stateAt } from '../../src/memory/memory.ts'
import type { PoolOf as Pool } from '../../src/memory/pool-api.ts'
import { createPool } from '../../src/pool/pool.ts'
import { adoptSlot } from '../../src/recovery/adopt.ts'
import { forEachFreedBit } from '../../src/remote/freed-bits.ts'
import {
  INBOX_TAKEN,
  OUTBOX_FIRST,
  OUTBOX_SENT,
  OUTBOX_WRITTEN,
  queueWord,
  SEGMENT_NEXT,
} from '../../src/remote/queue.ts'
import { openSlot, slotState } from '../../src/spans/slots.ts'
import { countFreeSpans } from '../../src/spans/span-map.ts'
import type { Ledger } from './ledger.ts'
import { reclaimClosed } from './scenarios/parts.ts'
import { WHOLE } from './tiny-arena.ts'

class Unsound extends Error {}

const fail = (when: string, what: string): never => {
  throw new Unsound(`${when}: ${what}`)
}

/** Empty when all is well. Changes the memory. */
export function judge(memory: ArenaMemory, ledger: Ledger): string {
  try {
    for (const fault of ledger.faults) fail('in the end', fault)
    adoptOrphans(memory, ledger)
    checkSound(memory, 'after the run')
    checkHeld(memory, ledger, 'after the run')
    checkResized(memory, ledger)
    const pools = openPools(memory, ledger)
    drain(memory, pools)
    checkSound(memory, 'after the queue')
    checkHeld(memory, ledger, 'after the queue')
    checkAllKnown(memory, ledger)
    freeAll(memory, pools)
    drain(memory, pools)
    checkSound(memory, 'after freeing all')
    checkEmpty(memory)
    checkFull(memory, pools[0])
    return ''
  } catch (error) {
    return error instanceof Unsound ? error.message : `the check threw ${String(error)}`
  }
}

/** Slots that are open, or kept, but no agent that lives has. */
function adoptOrphans(memory: ArenaMemory, ledger: Ledger): void {
  for (const slot of slotsOf(memory)) {
    const state = slotState(memory, slot)
    const isOpen = state === 'open' || state === 'reserved'
    if (isOpen && !ledger.openSlots.has(slot)) adoptSlot(memory, slot)
    if (!isOpen && ledger.openSlots.has(slot)) fail('in the end', `slot ${slot} is ${state}`)
  }
  for (const slot of slotsOf(memory)) {
    if (slotState(memory, slot) === 'lent') fail('in the end', `slot ${slot} is lent`)
  }
}

const slotsOf = (memory: ArenaMemory): SlotIndex[] =>
  Array.from({ length: memory.slotCount }, (_, slot) => slot as SlotIndex)

function checkSound(memory: ArenaMemory, when: string): void {
  const violations = verifyArena(memory)
  if (violations.length > 0) fail(when, violations.map(({ message }) => message).join('; '))
}

/** What somebody holds is live, and as long as it was. */
function checkHeld(memory: ArenaMemory, ledger: Ledger, when: string): void {
  const live = new Map(listBlocks(memory).map(({ offset, byteLength }) => [offset, byteLength]))
  for (const [offset, byteLengths] of ledger.held()) {
    const byteLength = live.get(offset)
    if (byteLength === undefined) fail(when, `block ${offset}, which somebody holds, is gone`)
    else if (!byteLengths.includes(byteLength)) {
      fail(when, `block ${offset} has ${byteLength} bytes, ${byteLengths} were asked for`)
    }
  }
}

/** Of a block that was being resized, there is the old one or the new one. */
function checkResized(memory: ArenaMemory, ledger: Ledger): void {
  const blocks = listBlocks(memory)
  for (const resized of ledger.resized) {
    const isThere = blocks.some(
      ({ offset, byteLength }) => offset === resized.offset || byteLength === resized.byteLength,
    )
    if (!isThere) fail('after the run', `block ${resized.offset}, which was resized, is gone`)
  }
}

/** What is live, somebody holds; the library's own blocks are segments of some queue. */
function checkAllKnown(memory: ArenaMemory, ledger: Ledger): void {
  for (const { offset, byteLength } of listBlocks(memory)) {
    if (!ledger.explains(offset, byteLength)) {
      fail('after the queue', `block ${offset} of ${byteLength} bytes is live, but nobody holds it`)
    }
  }
  const queued = queuedSegments(memory)
  for (const segment of liveSegments(memory)) {
    if (!queued.has(segment)) fail('after the queue', `segment ${segment} is in no queue`)
  }
}

function liveSegments(memory: ArenaMemory): Set<number> {
  const segments = new Set<number>()
  forEachRun(memory, (head) => {
    forEachLiveIn(memory, head, (_block, offset) => {
      if (stateAt(memory, offset) === BLOCK_INTERNAL) segments.add(offset)
    })
  })
  return segments
}

function queuedSegments(memory: ArenaMemory): Set<number> {
  const queued = new Set<number>()
  const live = liveSegments(memory)
  for (const freer of slotsOf(memory)) {
    for (const owner of slotsOf(memory)) {
      let segment = memory.i32[queueWord(memory, freer, OUTBOX_FIRST, owner)]
      for (; segment !== 0; segment = memory.i32[(segment >> 2) + SEGMENT_NEXT]) {
        if (!live.has(segment)) fail('in the queue', `segment ${segment} is no live block`)
        if (queued.has(segment)) fail('in the queue', `segment ${segment} is queued twice`)
        queued.add(segment)
      }
    }
  }
  return queued
}

/** Pools of all open slots; at least one. */
function openPools(memory: ArenaMemory, ledger: Ledger): Pool[] {
  const open = slotsOf(memory).filter((slot) => slotState(memory, slot) === 'open')
  if (open.length === 0) open.push(openSlot(memory, undefined))
  for (const slot of open) ledger.openSlots.add(slot)
  return open.map((slot) => createPool(memory, slot, undefined))
}

/** Nobody has marked a block that its owner did not take back. */
function checkFreedBits(memory: ArenaMemory): void {
  forEachRun(memory, (head) => {
    forEachFreedBit(memory, head, (offset) => fail('in the queue', `block ${offset} is marked`))
  })
}

/**
 * Delivers and takes until nothing is under way: a block is forwarded once for each time its span
 * changed hands.
 */
function drain(memory: ArenaMemory, pools: readonly Pool[]): void {
  for (let round = 0; round < 2 + memory.slotCount; round++) {
    for (const pool of pools) {
      pool.flush()
      pool.collect()
    }
    reclaimClosed(memory, pools[0])
  }
  checkFreedBits(memory)
  for (const freer of slotsOf(memory)) {
    for (const owner of slotsOf(memory)) {
      const at = (slot: SlotIndex, array: number, other: SlotIndex) =>
        memory.i32[queueWord(memory, slot, array, other)]
      const written = at(freer, OUTBOX_WRITTEN, owner)
      const sent = at(freer, OUTBOX_SENT, owner)
      const taken = at(owner, INBOX_TAKEN, freer)
      if (written === sent && sent === taken) continue
      fail(
        'in the queue',
        `from ${freer} to ${owner}: ${written} written, ${sent} sent, ${taken} taken`,
      )
    }
  }
}

/** Each by its owner, where that is open. */
function freeAll(memory: ArenaMemory, pools: readonly Pool[]): void {
  const blocks = listBlocks(memory)
  for (const pool of pools) {
    for (const { offset, slot } of blocks) if (slot === pool.slot) pool.free(offset)
  }
  const isOpen = (slot: number) => pools.some((pool) => pool.slot === slot)
  for (const { offset, slot } of blocks) if (!isOpen(slot)) pools[0].free(offset)
}

/** Only runs with a segment in them are left. */
function checkEmpty(memory: ArenaMemory): void {
  const segments = [...liveSegments(memory)]
  forEachRun(memory, (head, classIndex) => {
    const isNeeded = segments.some((segment) => spanOf(memory, segment) === head)
    if (!isNeeded)
      fail('after freeing all', `the run at span ${head}, class ${classIndex}, is left`)
  })
}

/** As many blocks of a span each as there are free spans. */
function checkFull(memory: ArenaMemory, pool: Pool): void {
  const expected = countFreeSpans(memory)
  let count = 0
  while (count <= memory.spanCount && pool.tryAlloc(WHOLE) !== 0) count++
  if (count !== expected) fail('when filled', `${count} blocks of a span, expected ${expected}`)
  checkSound(memory, 'when filled')
}
