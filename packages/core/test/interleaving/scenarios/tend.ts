/** Closed slots, and the threads that look after them, open them, and free into them. */
import type { Grip, Hand } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import type { Agent } from '../search.ts'
import { HALVES, THIRD, WHOLE } from '../tiny-arena.ts'
import { agent, heir, mortal, openSlots, startQueue, tend } from './parts.ts'

/** A closed slot, and a thread that tends it with a thread that does something else. */
const beside = (
  name: string,
  arrange: (closing: Grip, rival: Grip, hand: Hand) => readonly number[],
  rivalDoes: (grip: Grip, blocks: readonly number[], hand: Hand) => void,
  bounds: { preemptions: number; deaths: number } = { preemptions: 2, deaths: 0 },
): Scenario => ({
  name,
  spanCount: 6,
  slotCount: 3,
  ...bounds,
  setUp: (hand) => {
    const [closing, tender, rival] = openSlots(hand, 3)
    const blocks = arrange(hand.grip(closing), hand.grip(rival), hand)
    hand.grip(closing).pool.close()
    const agents: Agent[] = [
      tends('tender', tender),
      {
        ...agent('rival', rival, () => {}),
        run: (own) => rivalDoes(own.grip(rival), blocks, own),
      },
    ]
    return bounds.deaths > 0 ? [...agents, heir(tender, 0)] : agents
  },
})

const tends = (name: string, slot: number): Agent => ({
  name,
  slots: [slot],
  mayDie: true,
  run: (hand) => {
    const { pool } = hand.grip(slot)
    hand.do('tend', () => tend(hand.memory, pool))
  },
})

/** Live blocks in runs that have room, one of them of two spans, and in one that has none. */
const blocksLeft = (closing: Grip) => [
  closing.alloc(THIRD),
  closing.alloc(HALVES),
  closing.alloc(WHOLE),
]

const freesAll = (grip: Grip, blocks: readonly number[]) => {
  for (const block of blocks) grip.free(block)
  grip.flush()
}

/** Blocks that were freed, but not delivered, before their slot was closed. */
const noted = (closing: Grip, rival: Grip) => {
  const [kept, ...freed] = [closing.alloc(THIRD), closing.alloc(HALVES), closing.alloc(WHOLE)]
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

const tendsToo = (grip: Grip, _blocks: readonly number[], hand: Hand) => {
  hand.do('tend', () => tend(hand.memory, grip.pool))
}

const reopens = (_grip: Grip, _blocks: readonly number[], hand: Hand) => {
  hand.open()?.alloc(THIRD)
}

const DYING = { preemptions: 1, deaths: 1 }

export const TEND: readonly Scenario[] = [
  beside('tend against free into the closed slot', blocksLeft, freesAll),
  beside('tend against delivery into the closed slot', noted, freesAll),
  beside('tend against tend', delivered, tendsToo),
  beside('tend against opening the slot again', delivered, reopens),
  beside('a tender dies; free into the closed slot', blocksLeft, freesAll, DYING),
  beside('a tender dies; delivery into the closed slot', noted, freesAll, DYING),
  beside('a tender dies; another one tends', delivered, tendsToo, DYING),
  beside('a tender and its heir die', delivered, () => {}, { preemptions: 0, deaths: 2 }),
]
void mortal
void startQueue
