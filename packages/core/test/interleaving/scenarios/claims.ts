/** Rivals for spans: claims, releases, runs of several spans. */
import type { Grip } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import { agent, openSlots } from './parts.ts'
import { DOUBLE, HALVES, LARGE, LARGE_3, THIRD, WHOLE } from '../tiny-arena.ts'

/** Agents that each have a slot open, and do one thing. */
const rivals = (
  name: string,
  spanCount: number,
  deeds: readonly ((grip: Grip) => void)[],
): Scenario => ({
  name,
  spanCount,
  slotCount: deeds.length,
  setUp: (hand) => {
    const slots = openSlots(hand, deeds.length)
    return deeds.map((deed, index) => agent(`claimer ${index}`, slots[index], deed))
  },
})

const takes = (byteLength: number) => (grip: Grip) => void grip.alloc(byteLength)
const takesAndFrees = (byteLength: number) => (grip: Grip) => {
  const offset = grip.alloc(byteLength)
  if (offset !== 0) grip.free(offset)
  grip.collect()
}

export const CLAIMS: readonly Scenario[] = [
  rivals('two claim the last span', 1, [takes(WHOLE), takes(THIRD)]),
  rivals('two runs of two spans out of three', 3, [takes(DOUBLE), takes(LARGE)]),
  rivals('a run of two against two single spans', 3, [takes(DOUBLE), takes(WHOLE), takes(THIRD)]),
  rivals('a run of three against a run of two', 4, [takes(LARGE_3), takes(HALVES)]),
  rivals('a claim against a release', 2, [takes(DOUBLE), takesAndFrees(WHOLE)]),
  rivals('releases against each other', 3, [takesAndFrees(DOUBLE), takesAndFrees(LARGE)]),
]
