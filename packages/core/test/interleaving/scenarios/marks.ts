/** Full arenas: blocks are marked for their owners, who sweep them. */
import { spanOf } from '../../../src/memory/memory.ts'
import { setDraining } from '../../../src/spans/partial.ts'
import type { Grip, Hand } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import type { Bounds } from '../search.ts'
import { LARGE, LARGE_3, SMALL, THIRD, WHOLE } from '../tiny-arena.ts'
import { adopter, agent, fill, given, mortal, reclaimClosed } from './parts.ts'

const DYING = { preemptions: 1, deaths: 1 }

const frees = (blocks: readonly number[]) => (grip: Grip) => {
  for (const block of blocks) grip.free(block)
}

/** Blocks of an owner, in an arena without room for a segment. */
const inFullArena = (hand: Hand, owner: number, arrange: (owner: Grip) => readonly number[]) => {
  const blocks = arrange(hand.grip(owner))
  fill(hand, owner)
  return blocks
}

const thirds = (owner: Grip) => [1, 2, 3].map(() => given(owner, THIRD))
const ordinaryAndAligned = (owner: Grip) => [
  given(owner, THIRD),
  given(owner, 5000, 64),
  given(owner, THIRD),
]

/** The sweeper allocates what it takes back. */
const sweeps = (grip: Grip) => {
  grip.collect()
  grip.alloc(THIRD)
}

const against = (name: string, arrange: (owner: Grip) => readonly number[]): Scenario => ({
  name,
  spanCount: 3,
  slotCount: 2,
  preemptions: 3,
  setUp: (hand, [owner, freer]) => {
    const blocks = inFullArena(hand, owner, arrange)
    return [agent('owner', owner, sweeps), agent('freer', freer, frees(blocks.slice(0, 2)))]
  },
})

const twoFreers: Scenario = {
  name: 'two threads mark blocks of a third',
  spanCount: 3,
  slotCount: 3,
  hasSmallClass: true,
  preemptions: 2,
  setUp: (hand, [owner, ...freers]) => {
    const blocks = inFullArena(hand, owner, (grip) => [
      given(grip, SMALL),
      given(grip, SMALL),
      given(grip, SMALL),
    ])
    return [
      agent('owner', owner, (grip) => grip.collect()),
      ...freers.map((freer, index) => agent(`freer ${index}`, freer, frees([blocks[index]]))),
    ]
  },
}

/** Both free the same block. */
const markedTwice = (name: string, byOwner: boolean): Scenario => ({
  name,
  freesTwice: true,
  spanCount: 3,
  slotCount: 3,
  setUp: (hand, [owner, ...freers]) => {
    const blocks = inFullArena(hand, owner, thirds)
    return [
      agent('owner', owner, (grip) => {
        if (byOwner) grip.free(blocks[0])
        grip.collect()
      }),
      agent('freer 1', freers[0], frees([blocks[0]])),
      ...(byOwner ? [] : [agent('freer 2', freers[1], frees([blocks[0]]))]),
    ]
  },
})

const markerDies: Scenario = {
  name: 'a marker dies, and its owner sweeps',
  spanCount: 3,
  slotCount: 2,
  preemptions: 2,
  deaths: 1,
  setUp: (hand, [owner, freer]) => {
    const blocks = inFullArena(hand, owner, thirds)
    return [
      mortal('marker', freer, frees(blocks.slice(0, 2))),
      adopter(freer, 0, frees([blocks[2]])),
      agent('owner', owner, (grip) => {
        grip.collect()
        grip.collect()
      }),
    ]
  },
}

const sweeperDies = (name: string, arrange: (owner: Grip) => readonly number[]): Scenario => ({
  name,
  spanCount: 3,
  slotCount: 2,
  ...DYING,
  setUp: (hand, [owner, freer]) => {
    const blocks = inFullArena(hand, owner, arrange)
    frees(blocks.slice(0, 2))(hand.grip(freer))
    return [
      mortal('owner', owner, sweeps),
      adopter(owner, 0, (grip) => grip.collect()),
      agent('freer', freer, frees(blocks.slice(2))),
    ]
  },
})

/** What one gives back, the other one takes at once, and its blocks are marked again. */
const again = (name: string, byteLength: number, isDraining = false): Scenario => ({
  name,
  spanCount: 5,
  slotCount: 3,
  preemptions: 1,
  setUp: (hand, [owner, freer, third]) => {
    const block = given(hand.grip(owner), byteLength)
    hand.grip(owner).pool.collect() // a span that drains has room
    if (isDraining) setDraining(hand.memory, spanOf(hand.memory, block), true)
    fill(hand, owner)
    hand.grip(freer).free(block)
    return [
      agent('owner', owner, (grip) => grip.collect()),
      agent('rival', third, (grip) => {
        const taken = grip.alloc(byteLength)
        if (taken !== 0) grip.free(taken)
      }),
    ]
  },
})

/** A closed slot has a span with room; one thread takes it over while another one frees into it. */
const handedOver = (name: string, bounds: Bounds): Scenario => ({
  name,
  spanCount: 3,
  slotCount: 3,
  ...bounds,
  setUp: (hand, [closing, reclaimer, freer]) => {
    const blocks = [given(hand.grip(closing), THIRD), given(hand.grip(closing), THIRD)]
    hand.grip(closing).pool.close()
    fill(hand, reclaimer)
    const takesOver = {
      ...agent('reclaimer', reclaimer, () => {}),
      mayDie: true,
      run: (own: Hand) => {
        const { pool } = own.grip(reclaimer)
        own.do('reclaimClosed', () => reclaimClosed(own.memory, pool, THIRD))
        own.do('collect', () => pool.collect())
      },
    }
    return [
      takesOver,
      agent('freer', freer, frees(blocks)),
      ...(bounds.deaths > 0 ? [adopter(reclaimer, 0)] : []),
    ]
  },
})

/**
 * In a full arena, a thread makes a large block of another one shorter, whose owner gives the end
 * back.
 */
const cutOff = (name: string, bounds: Bounds): Scenario => ({
  name,
  spanCount: 4,
  slotCount: 2,
  ...bounds,
  setUp: (hand, [owner, freer]) => {
    const blocks = inFullArena(hand, owner, (grip) => [given(grip, LARGE_3)])
    return [
      mortal('owner', owner, (grip) => grip.collect()),
      agent('holder', freer, (grip) => {
        grip.realloc(blocks[0], LARGE)
        grip.free(blocks[0])
      }),
      ...(bounds.deaths > 0 ? [adopter(owner, 0, (grip) => grip.collect())] : []),
    ]
  },
})

export const MARKS: readonly Scenario[] = [
  against('an owner sweeps against a thread that marks', thirds),
  against('an owner sweeps ordinary and aligned blocks', ordinaryAndAligned),
  twoFreers,
  markedTwice('two threads mark one block', false),
  markedTwice('a thread marks a block that its owner frees', true),
  markerDies,
  sweeperDies('an owner dies as it sweeps', thirds),
  sweeperDies('an owner dies as it sweeps aligned blocks', ordinaryAndAligned),
  sweeperDies('an owner dies as it sweeps two runs', (owner) => [
    given(owner, THIRD),
    given(owner, WHOLE),
  ]),
  again('a marked large block is swept as a rival allocates', LARGE),
  again('a marked block in a span that drains is swept as a rival allocates', THIRD, true),
  cutOff('a large block is cut off as its owner sweeps', { preemptions: 2, deaths: 0 }),
  cutOff('an owner dies as it gives back what was cut off', DYING),
  handedOver('a run is handed over as its blocks are marked', { preemptions: 3, deaths: 0 }),
  handedOver('a reclaimer dies as blocks of its run are marked', DYING),
]
