/** Rivals for spans: claims and releases of single spans and of runs. */

import { CONTROL_FIRST_FREE_SPAN } from '../../../src/base/layout.ts'
import { controlWord } from '../../../src/memory/memory.ts'
import type { Grip } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import type { Ending } from '../search.ts'
import { DOUBLE, HALVES, LARGE, LARGE_3, THIRD, WHOLE } from '../tiny-arena.ts'
import { adopter, agent, given, mortal } from './parts.ts'

type Deed = (grip: Grip) => void

/** Agents that each have a slot open, and do one thing. */
const rivals = (
  name: string,
  spanCount: number,
  deeds: readonly Deed[],
  check: (ending: Ending) => string = () => '',
): Scenario => ({
  name,
  spanCount,
  slotCount: deeds.length,
  setUp: (_hand, slots) => {
    return deeds.map((deed, index) => agent(`claimer ${index}`, slots[index], deed))
  },
  check,
})

/** The first agent may die, and is adopted while the others go on. */
const oneDies = (name: string, spanCount: number, deeds: readonly Deed[]): Scenario => ({
  name,
  spanCount,
  slotCount: deeds.length,
  preemptions: 1,
  deaths: 1,
  setUp: (_hand, slots) => {
    const agents = deeds.map((deed, index) => agent(`claimer ${index}`, slots[index], deed))
    return [mortal('victim', slots[0], deeds[0]), ...agents.slice(1), adopter(slots[0], 0)]
  },
})

const takes = (byteLength: number) => (grip: Grip) => void grip.alloc(byteLength)

const takesAndFrees = (byteLength: number) => (grip: Grip) => {
  const offset = grip.alloc(byteLength)
  if (offset !== 0) grip.free(offset)
  grip.collect()
}

const resizes = (from: number, to: number) => (grip: Grip) => {
  const offset = grip.alloc(from)
  if (offset !== 0) grip.realloc(offset, to)
}

const oneSucceeds = ({ journals }: Ending): string => {
  const gained = journals.flat().filter((entry) => 'gained' in entry)
  return gained.length === 1 ? '' : `${gained.length} threads got the one span there is`
}

/**
 * The victim gives a run of two back, whose first span was once the second one of a run of three; a
 * rival takes the span before it. Whoever adopts the victim must not take that rival's run for
 * longer than it is.
 */
const formerRun: Scenario = {
  name: 'the record of a rival’s run is read while it is written',
  spanCount: 3,
  slotCount: 2,
  preemptions: 2,
  deaths: 1,
  setUp: (hand, [slot, rival]) => {
    const grip = hand.grip(slot)
    grip.free(given(grip, LARGE_3))
    const { memory } = hand
    memory.i32[controlWord(memory, CONTROL_FIRST_FREE_SPAN)] = 2
    const block = given(grip, LARGE)
    return [
      mortal('victim', slot, (own) => own.free(block)),
      agent('rival', rival, takes(WHOLE)),
      adopter(slot, 0),
    ]
  },
}

/** While an adopter repairs the map, a run of another thread goes. */
const besideARelease: Scenario = {
  name: 'an adopter repairs the map as a rival gives a run back',
  spanCount: 4,
  slotCount: 2,
  preemptions: 1,
  deaths: 1,
  setUp: (hand, [slot, rival]) => {
    const block = given(hand.grip(rival), LARGE_3)
    return [
      mortal('victim', slot, takes(WHOLE)),
      agent('rival', rival, (grip) => grip.free(block)),
      adopter(slot, 0),
    ]
  },
}

export const CLAIMS: readonly Scenario[] = [
  rivals('two claim the last span', 1, [takes(WHOLE), takes(THIRD)], oneSucceeds),
  rivals('two runs of two spans out of three', 3, [takes(DOUBLE), takes(LARGE)]),
  rivals('a run of two against two single spans', 3, [takes(DOUBLE), takes(WHOLE), takes(THIRD)]),
  rivals('a run of three against a run of two', 4, [takes(LARGE_3), takes(HALVES)]),
  rivals('a claim against a release', 2, [takes(DOUBLE), takesAndFrees(WHOLE)]),
  rivals('releases against each other', 3, [takesAndFrees(DOUBLE), takesAndFrees(LARGE)]),
  rivals('growth in place against a claim', 4, [resizes(LARGE, LARGE_3), takes(WHOLE)]),
  rivals('shrinking against a claim', 3, [resizes(LARGE_3, LARGE), takes(WHOLE)]),
  oneDies('a claimer of a run dies', 3, [takes(DOUBLE), takes(WHOLE)]),
  oneDies('who gives a run back dies', 3, [takesAndFrees(LARGE), takes(DOUBLE)]),
  oneDies('who grows in place dies', 4, [resizes(LARGE, LARGE_3), takes(WHOLE)]),
  oneDies('who shrinks dies', 3, [resizes(LARGE_3, LARGE), takes(WHOLE)]),
  formerRun,
  besideARelease,
]
