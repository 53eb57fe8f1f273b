/** Freers and owners on their queues. */
import type { Grip } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import { SEGMENT, THIRD, WHOLE } from '../tiny-arena.ts'
import { agent, given, startQueue } from './parts.ts'

/** One owner and one freer, whose queue has come to a number; the freer is given so many blocks. */
const queueAt = (
  name: string,
  count: number,
  blockCount: number,
  frees: (grip: Grip, blocks: readonly number[]) => void,
): Scenario => ({
  name: `${name}, from ${count} on`,
  spanCount: 4,
  slotCount: 2,
  preemptions: 3,
  setUp: (hand, [owner, freer]) => {
    startQueue(hand, freer, owner, count, 2)
    const held = hand.grip(owner)
    const blocks = Array.from({ length: blockCount }, () => given(held, THIRD))
    return [
      agent('freer', freer, (grip) => frees(grip, blocks)),
      agent('owner', owner, (grip) => {
        grip.collect()
        grip.alloc(THIRD)
        grip.collect()
      }),
    ]
  },
})

const eachFlushed = (grip: Grip, blocks: readonly number[]) => {
  for (const block of blocks) {
    grip.free(block)
    grip.flush()
  }
}
const atOnce = (grip: Grip, blocks: readonly number[]) => {
  for (const block of blocks) grip.free(block)
}

/**
 * The freer is a whole segment ahead, so that the owner changes segments while the freer wants one.
 */
const ownerBehind: Scenario = {
  name: 'the owner is a segment behind',
  spanCount: 5,
  slotCount: 2,
  preemptions: 2,
  setUp: (hand, [owner, freer]) => {
    startQueue(hand, freer, owner, 126)
    const [ownerGrip, freerGrip] = [hand.grip(owner), hand.grip(freer)]
    const blocks = Array.from({ length: 134 }, () => given(ownerGrip, SEGMENT))
    for (const block of blocks.slice(0, 129)) freerGrip.free(block)
    freerGrip.flush()
    return [
      agent('freer', freer, (grip) => eachFlushed(grip, blocks.slice(129))),
      agent('owner', owner, (grip) => grip.collect()),
    ]
  },
}

const bothWays: Scenario = {
  name: 'two threads free for each other',
  spanCount: 5,
  slotCount: 2,
  setUp: (hand, slots) => {
    for (const [freer, owner] of [slots, slots.toReversed()]) startQueue(hand, freer, owner, 127)
    const blocks = slots.map((slot) => [1, 2].map(() => given(hand.grip(slot), THIRD)))
    return slots.map((slot, index) =>
      agent(`thread ${index}`, slot, (grip) => {
        eachFlushed(grip, blocks[1 - index])
        grip.collect()
      }),
    )
  },
}

const twoFreers: Scenario = {
  name: 'two threads free for a third',
  spanCount: 5,
  slotCount: 3,
  setUp: (hand, [owner, ...freers]) => {
    for (const freer of freers) startQueue(hand, freer, owner, 1)
    const ownerGrip = hand.grip(owner)
    const blocks = [given(ownerGrip, THIRD), given(ownerGrip, THIRD)]
    return [
      agent('owner', owner, (grip) => {
        grip.collect()
        grip.alloc(WHOLE)
      }),
      ...freers.map((freer, index) =>
        agent(`freer ${index}`, freer, (grip) => {
          grip.free(blocks[index])
          grip.flush()
        }),
      ),
    ]
  },
}

/** Both free the same block: the owner itself and a thread, or two threads. */
const freedTwice = (name: string, byOwner: boolean): Scenario => ({
  name,
  freesTwice: true,
  spanCount: 5,
  slotCount: 3,
  setUp: (hand, [owner, ...freers]) => {
    for (const freer of freers) startQueue(hand, freer, owner, 1)
    const ownerGrip = hand.grip(owner)
    const [block] = [given(ownerGrip, THIRD), given(ownerGrip, THIRD)]
    const frees = (grip: Grip) => {
      grip.free(block)
      grip.flush()
    }
    return [
      agent('owner', owner, (grip) => {
        if (byOwner) grip.free(block)
        grip.collect()
      }),
      agent('freer 1', freers[0], frees),
      ...(byOwner ? [] : [agent('freer 2', freers[1], frees)]),
    ]
  },
})

export const REMOTE_FREES: readonly Scenario[] = [
  queueAt('first segment', 0, 2, eachFlushed),
  queueAt('within a segment', 5, 3, eachFlushed),
  queueAt('undelivered', 5, 2, atOnce),
  queueAt('a batch becomes full', 30, 3, atOnce),
  queueAt('the segment becomes full', 126, 3, eachFlushed),
  queueAt('the first segment is used again', 254, 3, eachFlushed),
  queueAt('numbers become negative', 2 ** 31 - 2, 3, eachFlushed),
  queueAt('numbers become 0 again', 2 ** 32 - 2, 3, eachFlushed),
  ownerBehind,
  bothWays,
  twoFreers,
  freedTwice('two threads free one block', false),
  freedTwice('a thread frees a block that its owner frees', true),
]
