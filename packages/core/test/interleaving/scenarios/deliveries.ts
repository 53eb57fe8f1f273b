/** Threads that die while blocks are under way, beside others that live. */

import { spanOf } from '../../../src/memory/memory.ts'
import { SEGMENT_CAPACITY } from '../../../src/remote/queue.ts'
import { setDraining } from '../../../src/spans/partial.ts'
import type { Grip } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import { LARGE, SEGMENT, THIRD, WHOLE } from '../tiny-arena.ts'
import {
  adopter,
  agent,
  fill,
  given,
  mortal,
  openSlots,
  reclaimAll,
  reclaimClosed,
  startQueue,
} from './parts.ts'

const frees = (blocks: readonly number[]) => (grip: Grip) => {
  for (const block of blocks) grip.free(block)
  grip.flush()
}

/** A freer that dies, its adopter, and the owner. */
const freerDies = (name: string, count: number, segmentCount: number): Scenario => ({
  name: `a freer dies, ${name}`,
  spanCount: 4,
  slotCount: 2,
  preemptions: 2,
  deaths: 1,
  setUp: (hand, [owner, freer]) => {
    startQueue(hand, freer, owner, count, segmentCount)
    const [last, ...blocks] = [1, 2, 3].map(() => given(hand.grip(owner), THIRD))
    return [
      mortal('freer', freer, frees(blocks)),
      adopter(freer, 0, frees([last])),
      agent('owner', owner, (grip) => {
        grip.collect()
        grip.collect()
      }),
    ]
  },
})

/** A freer dies that gives back the segments which nobody reads any more. */
const dropperDies: Scenario = {
  name: 'a freer dies that can spare a segment',
  spanCount: 4,
  slotCount: 2,
  preemptions: 2,
  deaths: 1,
  setUp: (hand, [owner, freer]) => {
    startQueue(hand, freer, owner, SEGMENT_CAPACITY + 1, 2)
    const blocks = [1, 2].map(() => given(hand.grip(owner), THIRD))
    return [
      mortal('freer', freer, (grip) => {
        grip.collect()
        frees(blocks)(grip)
      }),
      adopter(freer, 0),
      agent('owner', owner, (grip) => grip.collect()),
    ]
  },
}

/** An owner that dies, its adopter, and a freer. */
const ownerDies = (name: string, count: number, segmentCount: number): Scenario => ({
  name: `an owner dies, ${name}`,
  spanCount: 4,
  slotCount: 2,
  preemptions: 2,
  deaths: 1,
  setUp: (hand, [owner, freer]) => {
    startQueue(hand, freer, owner, count, segmentCount)
    const [first, ...rest] = [1, 2, 3].map(() => given(hand.grip(owner), THIRD))
    hand.grip(freer).free(first)
    hand.grip(freer).flush()
    return [
      mortal('owner', owner, (grip) => grip.collect()),
      adopter(owner, 0),
      agent('freer', freer, frees(rest)),
    ]
  },
})

/** What one gives back, the other one takes at once: the same place is live again. */
const again = (what: string, byteLength: number, isDraining = false): Scenario => ({
  name: `an owner dies as a rival allocates ${what} that it has just given back`,
  spanCount: 4,
  slotCount: 2,
  preemptions: 1,
  deaths: 1,
  setUp: (hand, [owner, freer]) => {
    startQueue(hand, freer, owner, 1)
    hand.grip(owner).collect()
    const block = given(hand.grip(owner), byteLength)
    hand.grip(owner).pool.collect() // a span that drains has room
    if (isDraining) setDraining(hand.memory, spanOf(hand.memory, block), true)
    hand.grip(freer).free(block)
    hand.grip(freer).flush()
    return [
      mortal('owner', owner, (grip) => grip.collect()),
      agent('freer', freer, (grip) => void grip.alloc(byteLength)),
      adopter(owner, 0),
    ]
  },
})

/**
 * A slot is closed while its queue waits; another thread would like the span that its segment lies
 * in.
 */
const segmentOfClosed: Scenario = {
  name: 'segments of a closed slot',
  spanCount: 4,
  slotCount: 3,
  preemptions: 1,
  deaths: 1,
  setUp: (hand, [owner, reclaimer, freer]) => {
    const block = given(hand.grip(owner), THIRD)
    hand.grip(freer).free(block)
    hand.grip(freer).pool.close()
    return [
      {
        ...mortal('reclaimer', reclaimer, () => {}),
        run: (own) => reclaimClosed(own.memory, own.grip(reclaimer).pool, SEGMENT),
      },
      adopter(reclaimer, 0),
      agent('owner', owner, (grip) => grip.collect()),
    ]
  },
}

/**
 * A thread needs a first segment for a queue, and must allocate for it; and its own queue, or that
 * of a closed slot, has a block that has to go on by the same queue. One after the other!
 */
const segmentWanted = (name: string, isFull: boolean): Scenario => ({
  name,
  spanCount: 5,
  slotCount: 4,
  preemptions: 0,
  deaths: 1,
  setUp: (hand, [moving, third, freer, wanting]) => {
    const movingGrip = hand.grip(moving)
    const [moved] = [given(movingGrip, THIRD), given(movingGrip, THIRD)]
    hand.grip(freer).free(moved)
    movingGrip.pool.close()
    reclaimAll(hand.memory, hand.grip(third).pool)
    const other = given(hand.grip(third), THIRD)
    hand.grip(freer).flush()
    // The closed slot that those remote frees wait for stays closed, or it is opened again and
    // wants the segment.
    if (isFull) {
      hand.grip(freer).pool.close()
      fill(hand, third)
    } else openSlots(hand.memory, 1)
    const slot = isFull ? wanting : moving
    return [mortal('wanting', slot, frees([other])), adopter(slot, 0)]
  },
})

/** A block is freed through the slow path twice, and given back by its owner meanwhile. */
const freedTwiceAndGone = (name: string, byteLength: number, alignment?: number): Scenario => ({
  name: `${name} is freed by two threads, and its span is given back`,
  freesTwice: true,
  spanCount: 6,
  slotCount: 3,
  preemptions: 2,
  setUp: (hand, [owner, ...freers]) => {
    for (const freer of freers) startQueue(hand, freer, owner, 1)
    hand.grip(owner).collect()
    const block = given(hand.grip(owner), byteLength, alignment)
    return [
      agent('owner', owner, (grip) => {
        grip.free(block)
        grip.collect()
      }),
      agent('freer', freers[0], frees([block])),
    ]
  },
})

export const DELIVERIES: readonly Scenario[] = [
  dropperDies,
  freerDies('within a segment', 2, 1),
  freerDies('the segment becomes full', 127, 1),
  freerDies('the first segment is used again', 255, 2),
  ownerDies('within a segment', 2, 1),
  ownerDies('the segment becomes full', 127, 1),
  ownerDies('the first segment is used again', 255, 2),
  again('a large block', LARGE),
  again('a block in a span that drains', THIRD, true),
  segmentOfClosed,
  segmentWanted('a segment is wanted while remote frees for the same slot waits', false),
  segmentWanted('a segment is wanted in a full arena while a closed slot has queues', true),
  freedTwiceAndGone('a large block', LARGE),
  freedTwiceAndGone('an aligned block', WHOLE - 4096, 4096),
]
