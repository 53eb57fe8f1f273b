/** A scenario: an arena, what was done before, and agents. Checks it, and tells how it went wrong. */

import { SLOT_VIOLATIONS } from '../../src/base/layout.ts'
import { asSlotIndex } from '../../src/base/units.ts'
import { type ArenaMemory, slotWord } from '../../src/memory/memory.ts'
import { type Entry, Hand } from './hand.ts'
import { Machine } from './machine.ts'
import { describe, nameOf } from './names.ts'
import { judge } from './oracle.ts'
import { type Agent, type Bounds, type Ending, type Outcome, Search } from './search.ts'
import { createTiny, type TinyArena } from './tiny-arena.ts'

export interface Scenario extends TinyArena, Partial<Bounds> {
  readonly name: string
  /** Brings the arena to where the agents start, and gives them. */
  readonly setUp: (hand: Hand) => readonly Agent[]
  /** Set when agents free a block twice: then their owner finds it, and headers are read as they change. */
  readonly freesTwice?: boolean
  /** What else must hold in the end; gives what does not. */
  readonly check?: (ending: Ending) => string
}

/**
 * Words that are read while others store to them, on purpose.
 *
 *     first free span     a hint: what lies below it is searched as well, when nothing is above it
 *     peak span count     only ever rises, by compare-and-exchange; an old value makes that fail once
 *     opened slot count   the same; whoever has a block of a slot has learned of that slot by then
 *     span map            searched for what to claim by compare-and-exchange; and read by who frees a
 *                         block: an old owner forwards it
 *     live bits           read by who frees a block that it holds: of its bit no store is under way, and
 *                         all values of the word have it
 *     slot has freed bits a first look; what is missed is seen at the next one
 *     record run span     read by the holder of a large block, while its owner gives back what the holder
 *     count               has cut off: an old one is longer, and the block fits both
 *     sent                a first look; the number that counts is loaded atomically
 *     telemetry event     read before its number is, by compare-and-exchange, which fails where another
 *                         reader was first and the writer may have used the place again
 *     published           one word, read whenever; an old batch is as good
 *     taken               counts up plainly; the freer only looks for the last number, which is stored
 *                         atomically
 */
const RACES = [
  'first free span',
  'peak span count',
  'opened slot count',
  'span map',
  'live bits',
  'slot has freed bits',
  'record run span count',
  'sent',
  'telemetry event',
  'published',
  'taken',
]

export interface Report extends Outcome {
  /** Kinds of words that had a data race. */
  readonly races: readonly string[]
  /** The schedule that led to the fault. */
  readonly schedule: string
}

export function explore(scenario: Scenario, bounds: Partial<Bounds> = {}): Report {
  const tiny = createTiny(scenario)
  const setUp: Entry[] = []
  const agents = scenario.setUp(new Hand(tiny, setUp))
  const machine = new Machine(tiny.views.buffer)
  const scratch = createTiny(scenario)
  const races = new Set<string>()
  const judgeEnding = (ending: Ending): string => {
    for (const word of ending.racingWords) races.add(nameOf(tiny, word).kind)
    scratch.i32.set(ending.words)
    const fault = scenario.check?.(ending) || judge(scratch, ending.ledger)
    return fault || (scenario.freesTwice === true ? '' : whatFreesOnceForbids(scratch, races))
  }
  const { preemptions = 2, deaths = 0 } = { ...scenario, ...bounds }
  const search = new Search(machine, setUp, agents, { preemptions, deaths }, judgeEnding)
  const outcome = search.run()
  const names = agents.map(({ name }) => name)
  const schedule =
    outcome.fault === '' ? '' : describe(tiny, names, outcome.trace, outcome.sharedWords)
  return { ...outcome, races: [...races].sort(), schedule }
}

function whatFreesOnceForbids(memory: ArenaMemory, races: ReadonlySet<string>): string {
  const race = [...races].find((kind) => !RACES.includes(kind))
  if (race !== undefined) return `there is a data race: ${race}`
  for (let slot = 0; slot < memory.slotCount; slot++) {
    const count = memory.i32[slotWord(memory, asSlotIndex(slot), SLOT_VIOLATIONS)]
    if (count > 0) return `slot ${slot} took ${count} blocks for freed twice`
  }
  return ''
}
