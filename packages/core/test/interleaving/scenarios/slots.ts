/** Threads that open, close, keep and adopt slots at the same time. */
import { SLOT_RESERVED } from '../../../src/base/layout.ts'
import type { SlotIndex } from '../../../src/base/units.ts'
import { claimSlot, slotGeneration } from '../../../src/spans/slots.ts'
import type { Hand } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import type { Agent } from '../search.ts'
import { THIRD, WHOLE } from '../tiny-arena.ts'
import { agent, openSlots } from './parts.ts'

const opener = (name: string): Agent => ({
  name,
  slots: [],
  mayDie: true,
  run: (hand) => {
    const grip = hand.open()
    grip?.alloc(THIRD)
    grip?.close()
    hand.open()?.alloc(WHOLE)
  },
})

/** A slot that was closed, with a block in use and room beside it. */
function closeOne(hand: Hand): number {
  const [slot] = openSlots(hand.memory, 1)
  const grip = hand.grip(slot)
  grip.alloc(THIRD)
  grip.pool.close()
  return slot
}

const openings = (
  name: string,
  slotCount: number,
  closedCount: number,
  deaths: number,
): Scenario => ({
  name,
  spanCount: 4,
  slotCount,
  preemptions: 2 - deaths,
  deaths,
  openCount: 0,
  setUp: (hand) => {
    for (let i = 0; i < closedCount; i++) closeOne(hand)
    return [opener('opener 0'), opener('opener 1')]
  },
})

const reserved: Scenario = {
  name: 'two threads open the slot that was kept for one',
  spanCount: 2,
  slotCount: 2,
  openCount: 0,
  setUp: (hand) => {
    const slot = claimSlot(hand.memory, SLOT_RESERVED)
    return ['first', 'second'].map((name) => ({
      name,
      slots: [],
      mayDie: true,
      run: (own) => void own.open(slot)?.alloc(THIRD),
    }))
  },
}

/** Each names the generation that died, so only one may have it. */
const twoAdopters: Scenario = {
  name: 'two threads adopt the same slot',
  spanCount: 3,
  slotCount: 2,
  deaths: 1,
  openCount: 1,
  setUp: (hand, [slot]) => {
    const generation = slotGeneration(hand.memory, slot as SlotIndex)
    const adopters = ['adopter 1', 'adopter 2'].map((name) => ({
      name,
      slots: [],
      mayDie: false,
      adopter: 0,
      run: (own: Hand) => {
        if (own.adopt(slot, generation)) own.grip(slot).alloc(THIRD)
      },
    }))
    const victim = agent('victim', slot, (grip) => grip.free(grip.alloc(THIRD)))
    return [{ ...victim, mayDie: true }, ...adopters]
  },
}

export const SLOTS: readonly Scenario[] = [
  openings('two threads open vacant slots', 2, 0, 0),
  openings('two threads open the last slot', 1, 0, 0),
  openings('two threads open a closed slot', 2, 1, 0),
  openings('threads die while they open slots', 2, 1, 1),
  reserved,
  twoAdopters,
]
