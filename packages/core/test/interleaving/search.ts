/**
 * Runs agents in every order, up to a number of preemptions, and kills them at every store.
 *
 * Depth first: an agent runs to its end; then the search goes back to the latest point where
 * another agent could have run instead, or where this one could have died, and goes on from there.
 * An agent may be preempted before each access to a word that it shares with another one: one of
 * those by which agents synchronise, or one with a data race. (The order of all other accesses
 * follows from theirs.) Which words these are shows as the search runs: when there is a new one,
 * the search begins anew. Dying makes a difference only by what was stored, so an agent may die
 * before each store that changes memory, and at its end.
 *
 * Plain loads of words that others store to may also give what was there before: that, too, counts
 * as a preemption.
 *
 * A state that was met before with no fewer preemptions left is not gone into again: memory, and
 * what each agent has read so far, say all there is about it. States are told apart by 53 bits of
 * hashes.
 */
import { type Entry, Hand } from './hand.ts'
import { Ledger } from './ledger.ts'
import { type Access, type Machine, mix, type Observer, Progress } from './machine.ts'
import { racingWords, staleValues } from './races.ts'

export interface Agent {
  readonly name: string
  /** A function of memory: what it needs to know beside that is constant. */
  readonly run: (hand: Hand) => void
  /** Slots that it has open from the start. */
  readonly slots: readonly number[]
  readonly mayDie: boolean
  /** The agent whose death it waits for. */
  readonly adopter?: number
}

export interface Bounds {
  readonly preemptions: number
  readonly deaths: number
}

export interface Ending {
  readonly words: Int32Array
  readonly ledger: Ledger
  readonly trace: readonly Access[]
  readonly journals: readonly (readonly Entry[])[]
  readonly isDead: readonly boolean[]
  readonly racingWords: ReadonlySet<number>
}

/** Looks at an ending; gives what is wrong with it, or nothing. Must leave the memory as it is. */
export type Judge = (ending: Ending) => string

export interface Outcome {
  /** What was wrong, first; empty when nothing was. */
  readonly fault: string
  /** How it came to that. */
  readonly trace: readonly Access[]
  readonly schedules: number
  readonly deaths: number
  readonly steps: number
  readonly endings: number
  readonly sharedWords: readonly number[]
}

type Status = 'waiting' | 'running' | 'ended' | 'dead'

interface AgentState {
  readonly agent: Agent
  readonly progress: Progress
  readonly journal: Entry[]
  status: Status
}

/** A place in the run of an agent where something else can happen. */
interface Point {
  readonly kind: 'switch' | 'death' | 'stale'
  /** Of a stale load: the word and the value that it gives. */
  readonly word: number
  readonly value: number
  readonly traceLength: number
  readonly progressLength: number
  readonly journalLength: number
}

// Thrown through the agents.
const PRUNED = Symbol('pruned')
const BEGIN_ANEW = Symbol('begin anew')

class Fault extends Error {}

export class Search {
  readonly #machine: Machine
  readonly #setUp: readonly Entry[]
  readonly #states: AgentState[]
  readonly #bounds: Bounds
  readonly #judge: Judge
  readonly #shared = new Set<number>()
  readonly #atomic = new Set<number>()
  /** By agent: bits of those that it may run beside. */
  readonly #besides: number[]
  readonly #adopters: readonly (number | undefined)[]
  readonly #seen = new Map<number, number>()
  readonly #endings = new Set<number>()
  #schedules = 0
  #deaths = 0
  #steps = 0

  constructor(
    machine: Machine,
    setUp: readonly Entry[],
    agents: readonly Agent[],
    bounds: Bounds,
    judge: Judge,
  ) {
    this.#machine = machine
    this.#setUp = setUp
    this.#bounds = bounds
    this.#judge = judge
    this.#states = agents.map((agent) => ({
      agent,
      progress: new Progress(),
      journal: [],
      status: 'waiting',
    }))
    this.#adopters = agents.map(({ adopter }) => adopter)
    this.#besides = agents.map((agent, index) =>
      agents.reduce(
        (bits, other, otherIndex) =>
          otherIndex === index || agent.adopter === otherIndex || other.adopter === index
            ? bits
            : bits | (1 << otherIndex),
        0,
      ),
    )
  }

  run(): Outcome {
    let fault = ''
    while (fault === '') {
      this.#seen.clear()
      this.#endings.clear()
      this.#schedules = 0
      this.#deaths = 0
      try {
        this.#goOn(this.#bounds.preemptions, this.#bounds.deaths)
        break
      } catch (thrown) {
        if (thrown === BEGIN_ANEW) this.#rewindAll()
        else if (thrown instanceof Fault) fault = thrown.message
        else throw thrown
      }
    }
    return {
      fault,
      trace: this.#machine.trace.slice(),
      schedules: this.#schedules,
      deaths: this.#deaths,
      steps: this.#steps,
      endings: this.#endings.size,
      sharedWords: [...this.#shared],
    }
  }

  #rewindAll(): void {
    this.#machine.rewind(0)
    for (const state of this.#states) {
      state.progress.rewind(0)
      state.journal.length = 0
      state.status = 'waiting'
    }
  }

  /** Agents that can run now. */
  #ready(): number[] {
    return this.#states.flatMap(({ agent, status }, index) => {
      const waitsForDeath =
        agent.adopter !== undefined && this.#states[agent.adopter].status !== 'dead'
      return status === 'waiting' && !waitsForDeath ? [index] : []
    })
  }

  /** Nobody is running: whoever can does. */
  #goOn(preemptions: number, deaths: number): void {
    const ready = this.#ready()
    if (ready.length === 0) this.#end()
    for (const index of ready) this.#step(index, preemptions, deaths)
  }

  /** All that can happen from here on, if this agent runs next. Leaves everything as it was. */
  #step(index: number, preemptions: number, deaths: number): void {
    if (this.#isKnown(index, preemptions, deaths)) return
    const state = this.#states[index]
    const { progress, journal } = state
    const start = this.#pointHere(state, 'switch')
    const points: Point[] = []
    state.status = 'running'
    this.#steps++
    const thrown = this.#advance(index, preemptions, deaths, points)
    if (thrown === undefined) {
      state.status = 'ended'
      if (this.#canDie(state, deaths)) points.push(this.#pointHere(state, 'death'))
      this.#goOn(preemptions, deaths)
    } else if (thrown !== PRUNED) {
      if (thrown === BEGIN_ANEW) throw thrown
      throw new Fault(`${state.agent.name} threw ${String(thrown)}`)
    }
    for (const point of points.reverse()) {
      this.#machine.rewind(point.traceLength)
      progress.rewind(point.progressLength)
      journal.length = point.journalLength
      this.#takeUp(index, point, preemptions, deaths)
    }
    this.#machine.rewind(start.traceLength)
    progress.rewind(start.progressLength)
    journal.length = start.journalLength
    state.status = 'waiting'
  }

  /** What else can happen at a point that an agent has come to. */
  #takeUp(index: number, { kind, word, value }: Point, preemptions: number, deaths: number): void {
    const state = this.#states[index]
    state.status = kind === 'death' ? 'dead' : 'waiting'
    if (kind === 'death') {
      this.#deaths++
      this.#goOn(preemptions, deaths - 1)
    } else if (kind === 'stale') {
      state.progress.add(word, value)
      this.#step(index, preemptions - 1, deaths)
    } else {
      const others = this.#ready().filter((other) => other !== index)
      for (const other of others) this.#step(other, preemptions - 1, deaths)
    }
  }

  #canDie({ agent }: AgentState, deaths: number): boolean {
    return agent.mayDie && deaths > 0
  }

  #pointHere({ progress, journal }: AgentState, kind: Point['kind'], word = 0, value = 0): Point {
    return {
      kind,
      word,
      value,
      traceLength: this.#machine.trace.length,
      progressLength: progress.length,
      journalLength: journal.length,
    }
  }

  /** Runs an agent to its end, noting the points on the way; gives what it threw. */
  #advance(index: number, preemptions: number, deaths: number, points: Point[]): unknown {
    const state = this.#states[index]
    const { agent, progress, journal } = state
    const { trace } = this.#machine
    const isShared = (shared: number) => this.#shared.has(shared)
    let hasMoved = false
    journal.length = 0
    const observe: Observer = (operation, word, changes, bits) => {
      const rivals = bits & this.#besides[index]
      if (operation !== 'read' && operation !== 'write') this.#atomic.add(word)
      if (rivals !== 0 && this.#atomic.has(word)) this.#share(word)
      // Before its first shared access the agent is where it was when it began, or went on.
      if (isShared(word) && hasMoved) {
        if (this.#isKnown(index, preemptions, deaths)) throw PRUNED
        if (preemptions > 0) points.push(this.#pointHere(state, 'switch'))
      }
      hasMoved ||= isShared(word)
      if (operation === 'read' && rivals !== 0 && preemptions > 0) {
        for (const value of staleValues(index, word, trace, isShared, this.#adopters)) {
          points.push(this.#pointHere(state, 'stale', word, value))
        }
      }
      if (changes && this.#canDie(state, deaths)) points.push(this.#pointHere(state, 'death'))
    }
    return this.#machine.run(index, progress, observe, () =>
      agent.run(new Hand(this.#machine.memory, journal)),
    )
  }

  #share(word: number): void {
    if (this.#shared.has(word)) return
    this.#shared.add(word)
    throw BEGIN_ANEW
  }

  /** Whether all that can happen from here on has been gone into; if not, it is about to be. */
  #isKnown(running: number, preemptions: number, deaths: number): boolean {
    const key = this.#key(running, deaths)
    const isKnown = (this.#seen.get(key) ?? -1) >= preemptions
    if (!isKnown) this.#seen.set(key, preemptions)
    return isKnown
  }

  #key(running: number, deaths: number): number {
    let a = mix(this.#machine.hashA, running)
    let b = mix(this.#machine.hashB, deaths)
    for (const { progress, status } of this.#states) {
      const fate = status === 'ended' ? 1 : status === 'dead' ? 2 : 0
      a = mix(a ^ progress.hashA, fate)
      b = mix(b + fate, progress.hashB)
    }
    return (a >>> 0) * 2 ** 21 + (b >>> 11)
  }

  #end(): void {
    this.#schedules++
    const key = this.#key(-1, 0)
    if (this.#endings.has(key)) return
    this.#endings.add(key)
    const { words, trace } = this.#machine
    const racing = racingWords(trace, (word) => this.#machine.isContested(word), this.#adopters)
    for (const word of racing) this.#share(word)
    const ledger = new Ledger()
    ledger.read(this.#setUp, false, [])
    const isDead = this.#states.map(({ status }) => status === 'dead')
    this.#states.forEach(({ agent, journal }, index) => {
      ledger.read(journal, isDead[index], agent.slots)
    })
    const journals = this.#states.map(({ journal }) => journal)
    const fault = this.#judge({ words, ledger, trace, journals, isDead, racingWords: racing })
    if (fault !== '') throw new Fault(fault)
  }
}
