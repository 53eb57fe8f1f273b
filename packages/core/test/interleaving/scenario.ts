/** A scenario: an arena, what was done before, and agents. Checks it, and tells how it went wrong. */
import { type Entry, Hand } from './hand.ts'
import { Machine } from './machine.ts'
import { describe, nameOf } from './names.ts'
import { judge } from './oracle.ts'
import { racingWords } from './races.ts'
import { type Agent, type Bounds, type Ending, type Outcome, Search } from './search.ts'
import { createTiny, type TinyArena } from './tiny-arena.ts'

export interface Scenario extends TinyArena, Partial<Bounds> {
  readonly name: string
  /** Brings the arena to where the agents start, and gives them. */
  readonly setUp: (hand: Hand) => readonly Agent[]
  /** What else must hold in the end; gives what does not. */
  readonly check?: (ending: Ending) => string
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
  const agents = scenario.setUp(new Hand(tiny, setUp))
  const machine = new Machine(tiny.views.buffer)
  const scratch = createTiny(scenario)
  const heirs = agents.map(({ heir }) => heir)
  const races = new Set<string>()
  const judgeEnding = (ending: Ending): string => {
    const racing = racingWords(ending.trace, ending.sharedWords, heirs)
    for (const word of racing) races.add(nameOf(tiny, word).kind)
    scratch.i32.set(ending.words)
    return scenario.check?.(ending) || judge(scratch, ending.ledger)
  }
  const { preemptions = 2, deaths = 0 } = { ...scenario, ...bounds }
  const search = new Search(machine, setUp, agents, { preemptions, deaths }, judgeEnding)
  const outcome = search.run()
  const names = agents.map(({ name }) => name)
  const schedule =
    outcome.fault === '' ? '' : describe(tiny, names, outcome.trace, outcome.sharedWords)
  return { ...outcome, races: [...races].sort(), schedule }
}
