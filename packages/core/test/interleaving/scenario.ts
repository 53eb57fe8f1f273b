/**
 * A scenario: an arena, what was done before, and agents. Checks it, and reports how it went wrong.
 */
import { SLOT_VIOLATIONS } from '../../src/base/layout.ts'
import type { SlotIndex } from '../../src/base/units.ts'
import { type ArenaMemory, slotWord } from '../../src/memory/memory.ts'
import { type Entry, Hand } from './hand.ts'
import { Machine } from './machine.ts'
import { describe, nameOf } from './names.ts'
import { judge } from './oracle.ts'
import { openSlots } from './scenarios/parts.ts'
import { type Agent, type Bounds, type Ending, type Outcome, Search } from './search.ts'
import { createTiny, type TinyArena } from './tiny-arena.ts'

export interface Scenario extends TinyArena, Partial<Bounds> {
  readonly name: string
  /** How many of the slots are open when `setUp` begins. Default: all. */
  readonly openCount?: number
  /** Brings the arena to where the agents start. @returns the agents */
  readonly setUp: (hand: Hand, slots: readonly number[]) => readonly Agent[]
  /**
   * Set when agents free a block twice: then their owner finds it, and headers are read as they
   * change.
   */
  readonly freesTwice?: boolean
  /** What else must hold in the end; gives what does not. */
  readonly check?: (ending: Ending) => string
}

/** Words that one thread reads while another stores to them, and why that is sound. */
const RACES: Readonly<Record<string, string>> = {
  'first free span': 'a hint: if a search finds nothing above it, it searches below it',
  'peak span count': 'only rises, by compareExchange, which fails once if the value read is old',
  'opened slot count': 'only rises; a thread that has a block of a slot has seen the slot opened',
  'span map': 'claims are by compareExchange; an owner that is no longer one forwards the block',
  'live bits': 'a thread that frees a block holds it: all values of the word have its bit',
  'slot has freed bits': 'a first look: what it misses is seen the next time',
  'record run span count': 'an old count is longer, and the block that is cut off fits both',
  sent: 'a first look: the number that counts is loaded atomically',
  'telemetry event': 'then its number is read by compareExchange, which fails after another reader',
  published: 'one word: an old batch is as good',
  taken: 'the freer needs the last number only, which is stored atomically',
}

export interface Report extends Outcome {
  /** Kinds of words that had a data race. */
  readonly races: readonly string[]
  /** The schedule that led to the fault. */
  readonly schedule: string
}

export function explore(scenario: Scenario, bounds: Partial<Bounds> = {}): Report {
  const tiny = createTiny(scenario)
  const setUp: Entry[] = []
  const { openCount = scenario.slotCount } = scenario
  const agents = scenario.setUp(new Hand(tiny, setUp), openSlots(tiny, openCount))
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
  const race = [...races].find((kind) => !Object.hasOwn(RACES, kind))
  if (race !== undefined) return `there is a data race: ${race}`
  for (let slot = 0; slot < memory.slotCount; slot++) {
    const count = memory.i32[slotWord(memory, slot as SlotIndex, SLOT_VIOLATIONS)]
    if (count > 0) return `slot ${slot} took ${count} blocks for freed twice`
  }
  return ''
}
