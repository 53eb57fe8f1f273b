/** Closed slots, and the threads that look after them, open them, and free into them. */
import type { Grip, Hand } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import type { Agent, Bounds } from '../search.ts'
import { HALVES, THIRD, WHOLE } from '../tiny-arena.ts'
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

type RivalDoes = (grip: Grip, blocks: readonly number[], hand: Hand) => void

/** A slot that was closed, a thread that reclaims it, and one that does something else. */
const beside = (
  name: string,
  arrange: (closing: Grip, rival: Grip) => readonly number[],
  rivalDoes: RivalDoes,
  bounds: Bounds = { preemptions: 2, deaths: 0 },
): Scenario => ({
  name,
  spanCount: 6,
  slotCount: 3,
  ...bounds,
  setUp: (hand, [closing, reclaimer, rival]) => {
    const blocks = arrange(hand.grip(closing), hand.grip(rival))
    hand.grip(closing).pool.close()
    const agents: Agent[] = [
      reclaims(reclaimer),
      {
        ...agent('rival', rival, () => {}),
        run: (own) => rivalDoes(own.grip(rival), blocks, own),
      },
    ]
    return bounds.deaths > 0 ? [...agents, adopter(reclaimer, 0)] : agents
  },
})

const reclaims = (slot: number): Agent => ({
  name: 'reclaimer',
  slots: [slot],
  mayDie: true,
  run: (hand) => {
    const { pool } = hand.grip(slot)
    hand.do('reclaimClosed', () => reclaimClosed(hand.memory, pool, HALVES)) // a run with a tail
    hand.do('flush', () => pool.flush())
  },
})

/** Live blocks in runs that have room, one of them of two spans, and in one that has none. */
const blocksLeft = (closing: Grip) => [
  given(closing, THIRD),
  given(closing, HALVES),
  given(closing, WHOLE),
]

/** Blocks that were freed, but not delivered, before their slot was closed. */
const noted = (closing: Grip, rival: Grip) => {
  const [kept, ...freed] = blocksLeft(closing)
  for (const block of freed) rival.free(block)
  return [kept]
}

/** What was delivered, but not taken. */
const delivered = (closing: Grip, rival: Grip) => {
  const blocks = noted(closing, rival)
  closing.collect()
  rival.flush()
  return blocks
}

const freesAll: RivalDoes = (grip, blocks) => {
  for (const block of blocks) grip.free(block)
  grip.flush()
}

const reclaimsToo: RivalDoes = (grip, _blocks, hand) => {
  hand.do('reclaimClosed', () => reclaimClosed(hand.memory, grip.pool))
}

const reopens: RivalDoes = (_grip, _blocks, hand) => {
  hand.open()?.alloc(THIRD)
}

const DYING = { preemptions: 1, deaths: 1 }

/** A slot is closed at the moment that another thread reclaims it. */
const closes = (name: string, bounds: Bounds): Scenario => ({
  name,
  spanCount: 6,
  slotCount: 3,
  ...bounds,
  setUp: (hand, [closing, reclaimer, freer]) => {
    const closingGrip = hand.grip(closing)
    const [first, second] = [given(closingGrip, THIRD), given(closingGrip, THIRD)]
    hand.grip(freer).free(first)
    hand.grip(freer).flush()
    const closer = mortal('closer', closing, (grip) => {
      grip.free(second)
      grip.close()
    })
    return bounds.deaths > 0
      ? [closer, { ...reclaims(reclaimer), mayDie: false }, adopter(closing, 0)]
      : [closer, reclaims(reclaimer)]
  },
})

/**
 * The queues of a closed slot hold blocks whose span has a new owner by now: one block belongs to
 * the reclaimer, two belong to a third thread, for which the reclaimer marks them.
 */
const forwards = (name: string, queuedBefore: number, bounds: Bounds): Scenario => ({
  name,
  spanCount: 8,
  slotCount: 4,
  ...bounds,
  setUp: (hand, [closing, reclaimer, third, freer]) => {
    startQueue(hand, reclaimer, third, queuedBefore)
    const closingGrip = hand.grip(closing)
    const forThird = [given(closingGrip, THIRD), given(closingGrip, 5000, 64)]
    for (const block of forThird) hand.grip(freer).free(block)
    closingGrip.pool.close()
    reclaimAll(hand.memory, hand.grip(third).pool)
    openSlots(hand.memory, 1) // the slot that was closed
    const forReclaimer = given(hand.grip(closing), HALVES)
    hand.grip(freer).free(forReclaimer)
    hand.grip(closing).pool.close()
    reclaimAll(hand.memory, hand.grip(reclaimer).pool)
    hand.grip(freer).flush()
    const owner = agent('third', third, (grip) => grip.collect())
    return [reclaims(reclaimer), owner, ...(bounds.deaths > 0 ? [adopter(reclaimer, 0)] : [])]
  },
})

/**
 * The arena is full, so an alloc comes to reclaim closed slots; what it finds in the queue are
 * blocks of its own class.
 */
const fullArena = (name: string, byteLength: number, deaths: number): Scenario => ({
  name,
  spanCount: 5,
  slotCount: 3,
  preemptions: 1,
  deaths,
  setUp: (hand, [closing, reclaimer, freer]) => {
    const closingGrip = hand.grip(closing)
    const blocks = [1, 2, 3, 4].map(() => given(closingGrip, THIRD))
    const whole = given(closingGrip, WHOLE)
    for (const block of [blocks[0], blocks[3], whole]) hand.grip(freer).free(block)
    closingGrip.pool.close()
    reclaimAll(hand.memory, hand.grip(reclaimer).pool)
    hand.grip(freer).flush()
    for (const _ of blocks.slice(2)) given(hand.grip(reclaimer), THIRD) // the rest of the span
    fill(hand, reclaimer)
    const allocates = mortal('reclaimer', reclaimer, (grip) => void grip.alloc(byteLength))
    const rival = agent('freer', freer, (grip) => {
      grip.free(blocks[1])
      grip.flush()
      // Its own way through a full arena: with deaths besides, that would take minutes.
      if (deaths === 0) grip.alloc(WHOLE)
    })
    return deaths === 0 ? [allocates, rival] : [allocates, rival, adopter(reclaimer, 0)]
  },
})

export const RECLAIM_CLOSED: readonly Scenario[] = [
  beside('reclaiming against free into the closed slot', blocksLeft, freesAll),
  beside('reclaiming against delivery into the closed slot', noted, freesAll),
  beside('reclaiming against reclaiming', delivered, reclaimsToo),
  beside('reclaiming against opening the slot again', delivered, reopens),
  beside('a reclaimer dies; free into the closed slot', blocksLeft, freesAll, DYING),
  beside('a reclaimer dies; delivery into the closed slot', noted, freesAll, DYING),
  beside('a reclaimer dies; another one reclaims', delivered, reclaimsToo, DYING),
  beside('a reclaimer and its adopter die', delivered, () => {}, { preemptions: 0, deaths: 2 }),
  closes('close against reclaiming', { preemptions: 2, deaths: 0 }),
  closes('a closer dies; another thread reclaims', DYING),
  forwards('remote frees are forwarded', 1, { preemptions: 2, deaths: 0 }),
  forwards('a forwarder dies', 1, DYING),
  forwards('a forwarder and its adopter die', 127, { preemptions: 0, deaths: 2 }),
  fullArena('a full arena reclaims for its own class', THIRD, 1),
  fullArena('a full arena reclaims for another class', WHOLE, 1),
  fullArena('two threads reclaim in a full arena', WHOLE, 0),
]
