/** Threads that die while mail is under way, beside others that live. */
import { PARCEL_CAPACITY } from '../../../src/remote/mail.ts'
import type { Grip, Hand } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import { LARGE, THIRD, WHOLE } from '../tiny-arena.ts'
import { agent, heir, mortal, openSlots, startQueue, tend } from './parts.ts'

const frees = (blocks: readonly number[]) => (grip: Grip) => {
  for (const block of blocks) grip.free(block)
  grip.flush()
}

/** A freer that dies, its heir, and the owner. */
const freerDies = (name: string, count: number, parcelCount: number): Scenario => ({
  name: `a freer dies, ${name}`,
  spanCount: 4,
  slotCount: 2,
  preemptions: 2,
  deaths: 1,
  setUp: (hand) => {
    const [owner, freer] = openSlots(hand, 2)
    startQueue(hand, freer, owner, count, parcelCount)
    const blocks = [hand.grip(owner).alloc(THIRD), hand.grip(owner).alloc(THIRD)]
    return [
      mortal('freer', freer, frees(blocks)),
      heir(freer, 0),
      agent('owner', owner, (grip) => {
        grip.collect()
        grip.collect()
      }),
    ]
  },
})

/** An owner that dies, its heir, and a freer. */
const ownerDies = (name: string, count: number, parcelCount: number): Scenario => ({
  name: `an owner dies, ${name}`,
  spanCount: 4,
  slotCount: 2,
  preemptions: 2,
  deaths: 1,
  setUp: (hand) => {
    const [owner, freer] = openSlots(hand, 2)
    startQueue(hand, freer, owner, count, parcelCount)
    const [first, ...rest] = [1, 2, 3].map(() => hand.grip(owner).alloc(THIRD))
    hand.grip(freer).free(first)
    hand.grip(freer).flush()
    return [
      mortal('owner', owner, (grip) => grip.collect()),
      heir(owner, 0),
      agent('freer', freer, frees(rest)),
    ]
  },
})

/** What one gives back, the other one takes at once: the same place is live again. */
const largeAgain: Scenario = {
  name: 'an owner dies as a rival allocates what it has just been given back',
  spanCount: 4,
  slotCount: 2,
  preemptions: 1,
  deaths: 1,
  setUp: (hand) => {
    const [owner, freer] = openSlots(hand, 2)
    startQueue(hand, freer, owner, 1)
    hand.grip(owner).collect()
    hand.grip(freer).free(hand.grip(owner).alloc(LARGE))
    hand.grip(freer).flush()
    return [
      mortal('owner', owner, (grip) => grip.collect()),
      agent('freer', freer, (grip) => void grip.alloc(LARGE)),
    ]
  },
}

/** A parcel that lies in a span which another slot has taken over is used again by its own slot. */
const parcelAbroad: Scenario = {
  name: 'a thread dies that uses a parcel again which lies in another slot',
  spanCount: 5,
  slotCount: 3,
  preemptions: 0,
  deaths: 2,
  setUp: (hand) => {
    const [owner, tender, freer] = openSlots(hand, 3)
    startQueue(hand, freer, owner, 2 * PARCEL_CAPACITY - 1, 2)
    const blocks = [1, 2].map(() => hand.grip(owner).alloc(THIRD))
    hand.grip(freer).pool.close()
    tend(hand.memory, hand.grip(tender).pool)
    openSlots(hand, 1)
    return [mortal('freer', freer, frees(blocks)), heir(freer, 0)]
  },
}

/** A block is freed through the slow path twice, and given back by its owner meanwhile. */
const freedTwiceAndGone = (name: string, allocate: (grip: Grip) => number): Scenario => ({
  name: `${name} is freed by two threads, and its span is given back`,
  spanCount: 6,
  slotCount: 3,
  preemptions: 2,
  setUp: (hand: Hand) => {
    const [owner, ...freers] = openSlots(hand, 3)
    for (const freer of freers) startQueue(hand, freer, owner, 1)
    hand.grip(owner).collect()
    const block = allocate(hand.grip(owner))
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
  freerDies('within a parcel', 2, 1),
  freerDies('the parcel becomes full', 127, 1),
  freerDies('the first parcel is used again', 255, 2),
  ownerDies('within a parcel', 2, 1),
  ownerDies('the parcel becomes full', 127, 1),
  ownerDies('the first parcel is used again', 255, 2),
  largeAgain,
  parcelAbroad,
  freedTwiceAndGone('a large block', (grip) => grip.alloc(LARGE)),
  freedTwiceAndGone('an aligned block', (grip) => grip.alloc(WHOLE - 4096, 4096)),
]
