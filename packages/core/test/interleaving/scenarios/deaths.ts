/**
 * One thread, killed at every store of every call; whoever adopts it is killed at every store, too.
 */
import { spanOf } from '../../../src/memory/memory.ts'
import { setDraining } from '../../../src/spans/partial.ts'
import type { Grip, Hand } from '../hand.ts'
import type { Scenario } from '../scenario.ts'
import { HALVES, LARGE, LARGE_3, SEGMENT, THIRD, WHOLE } from '../tiny-arena.ts'
import { adopter, given, mortal, startQueue } from './parts.ts'

const dying = (
  name: string,
  arrange: (grip: Grip, hand: Hand) => readonly number[],
  deed: (grip: Grip, blocks: readonly number[]) => void,
  spanCount = 4,
): Scenario => ({
  name,
  spanCount,
  slotCount: 2,
  preemptions: 0,
  deaths: 2,
  setUp: (hand, [, slot]) => {
    const blocks = arrange(hand.grip(slot), hand)
    return [mortal('victim', slot, (grip) => deed(grip, blocks)), adopter(slot, 0)]
  },
})

const some = (byteLength: number, count: number) => (grip: Grip) =>
  Array.from({ length: count }, () => given(grip, byteLength))

const alone = (byteLength: number, alignment?: number) => (grip: Grip) => [
  given(grip, byteLength, alignment),
]

/** The blocks of a span that drains: it has room for others. */
const draining = (byteLength: number, count: number) => (grip: Grip, hand: Hand) => {
  const blocks = some(byteLength, count)(grip)
  grip.pool.collect()
  setDraining(hand.memory, spanOf(hand.memory, blocks[0]), true)
  return blocks
}

/** Another slot, which is open and has no thread. */
const OTHER = 0

const ofAnother = (byteLength: number) => (_grip: Grip, hand: Hand) => [
  given(hand.grip(OTHER), byteLength),
]

export const DEATHS: readonly Scenario[] = [
  dying('alloc and free', some(THIRD, 1), (grip) => grip.free(grip.alloc(THIRD))),
  dying('alloc and free by a typed pool', some(THIRD, 1), (grip) => {
    const typed = grip.of(THIRD)
    typed.free(typed.alloc())
  }),
  dying('the first alloc of a typed pool', alone(WHOLE), (grip) => void grip.of(THIRD).alloc()),
  dying('the first alloc of a class', alone(WHOLE), (grip) => void grip.alloc(THIRD)),
  dying('a run of two spans', alone(WHOLE), (grip) => {
    const blocks = [grip.alloc(HALVES), grip.alloc(HALVES), grip.alloc(HALVES)]
    for (const block of blocks) grip.free(block)
    grip.collect()
  }),
  dying(
    'a full arena reclaims',
    (grip) => [...some(THIRD, 3)(grip), ...some(WHOLE, 1)(grip)],
    (grip, blocks) => {
      for (const block of blocks.slice(0, 3)) grip.free(block)
      grip.alloc(WHOLE)
      grip.alloc(WHOLE)
    },
    2,
  ),
  dying(
    'parked blocks are handed out again',
    (grip) => some(THIRD, 3)(grip),
    (grip, blocks) => {
      grip.free(blocks[0])
      grip.free(blocks[2])
      grip.collect()
      grip.alloc(THIRD)
    },
  ),
  dying('a span that drains, to its last block', draining(THIRD, 2), (grip, blocks) => {
    for (const block of blocks) grip.free(block)
  }),
  dying('a span that drains is needed again', draining(THIRD, 2), (grip, [block]) => {
    grip.free(block)
    grip.alloc(THIRD)
  }),
  dying('a large block', alone(WHOLE), (grip) => grip.free(grip.alloc(LARGE))),
  dying('a large block shrinks', alone(LARGE_3), (grip, [block]) => grip.realloc(block, LARGE)),
  dying('a large block grows in place', alone(LARGE), (grip, [block]) =>
    grip.realloc(block, LARGE_3),
  ),
  dying('a block moves', alone(16), (grip, [block]) => grip.realloc(block, THIRD)),
  dying('a large block moves to a class', alone(LARGE), (grip, [block]) => grip.realloc(block, 16)),
  dying('a block is resized in place', alone(SEGMENT), (grip, [block]) => grip.realloc(block, 480)),
  dying('aligned alloc and free', alone(WHOLE), (grip) => {
    const blocks = [grip.alloc(21_000, 64), grip.alloc(5000, 4096)]
    for (const block of blocks) grip.free(block)
  }),
  dying('a large aligned block', alone(WHOLE), (grip) => {
    // In between, its length could be taken for an offset; what is there looks like a large block.
    grip.free(grip.alloc(LARGE + 8, 4096))
  }),
  dying('an aligned block moves', alone(16, 128), (grip, [block]) => grip.realloc(block, THIRD)),
  dying('a large aligned block shrinks', alone(LARGE_3 - 4080, 4096), (grip, [block]) =>
    grip.realloc(block, LARGE - 4080),
  ),
  dying('close', some(THIRD, 4), (grip, blocks) => {
    for (const block of blocks.slice(0, 2)) grip.free(block)
    grip.close()
  }),
  dying('the first block for another slot', ofAnother(THIRD), (grip, [block]) => {
    grip.free(block)
    grip.flush()
  }),
  dying(
    'a further segment',
    (grip, hand) => {
      const [block] = ofAnother(THIRD)(grip, hand)
      startQueue(hand, grip.pool.slot, OTHER, 127)
      return [block, given(hand.grip(OTHER), THIRD)]
    },
    (grip, blocks) => {
      for (const block of blocks) grip.free(block)
      grip.flush()
    },
  ),
  dying(
    'a segment is used again',
    (grip, hand) => {
      const [block] = ofAnother(THIRD)(grip, hand)
      startQueue(hand, grip.pool.slot, OTHER, 255, 2)
      return [block, given(hand.grip(OTHER), THIRD), given(hand.grip(OTHER), THIRD)]
    },
    (grip, blocks) => {
      for (const block of blocks) grip.free(block)
      grip.flush()
    },
    5,
  ),
  dying(
    'remote frees are taken',
    (grip, hand) => {
      const freer = hand.grip(OTHER)
      const blocks = [given(grip, THIRD), given(grip, 5000, 64), given(grip, LARGE)]
      for (const block of blocks) freer.free(block)
      freer.flush()
      return blocks
    },
    (grip) => grip.collect(),
    6,
  ),
  dying(
    'remote frees are taken in a span that drains',
    (grip, hand) => {
      const blocks = draining(THIRD, 2)(grip, hand)
      for (const block of blocks) hand.grip(OTHER).free(block)
      hand.grip(OTHER).flush()
      return blocks
    },
    (grip) => grip.collect(),
  ),
]
