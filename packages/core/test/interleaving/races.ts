/**
 * Data races of a run: a store and another access of the same word by two agents, one of them
 * plain, with nothing between them that orders them.
 *
 * In JavaScript an atomic load that sees the value of an atomic store comes after all that its
 * thread did before that store. Where all accesses are so ordered, threads behave as if their
 * accesses were interleaved, which is what the search runs. A plain load that races may give what
 * the word held earlier: the search tries that, too.
 */
import type { Access } from './machine.ts'

/** By agent: how many of its accesses are known. */
type Clock = number[]

interface Store {
  readonly agent: number
  readonly step: number
  readonly before: number
  /** What its thread knew, when it is atomic. */
  readonly published: Clock | undefined
}

interface WordHistory {
  readonly stores: Store[]
  /** By agent: the step of its last load, and of its last plain one. */
  readonly loads: Clock
  readonly plainLoads: Clock
}

/** What agents know of each other, in a run of which this sees every access of a shared word. */
class Order {
  readonly #adopters: readonly (number | undefined)[]
  readonly #clocks: Clock[]
  readonly #histories = new Map<number, WordHistory>()
  readonly racing = new Set<number>()

  /** @param adopters by agent: the one after whose death it came */
  constructor(adopters: readonly (number | undefined)[]) {
    this.#adopters = adopters
    this.#clocks = adopters.map(() => this.#zeros())
  }

  #zeros = (): Clock => this.#adopters.map(() => 0)

  /** What an agent knows, as its next access begins. */
  clockOf(agent: number): Clock {
    const clock = this.#clocks[agent]
    const adopter = this.#adopters[agent]
    if (adopter !== undefined) join(clock, this.#clocks[adopter])
    return clock
  }

  historyOf(word: number): WordHistory {
    const known = this.#histories.get(word)
    if (known !== undefined) return known
    const history = { stores: [], loads: this.#zeros(), plainLoads: this.#zeros() }
    this.#histories.set(word, history)
    return history
  }

  add({ agent, operation, word, before }: Access): void {
    const clock = this.clockOf(agent)
    const { stores, loads, plainLoads } = this.historyOf(word)
    const isAtomic = operation !== 'read' && operation !== 'write'
    const last = stores.at(-1)
    clock[agent]++
    if (last !== undefined && last.step > clock[last.agent]) {
      if (!isAtomic || last.published === undefined) this.racing.add(word)
    }
    if (isAtomic && operation !== 'store' && last?.published !== undefined) {
      join(clock, last.published)
    }
    if (operation === 'read' || operation === 'load') {
      loads[agent] = clock[agent]
      if (!isAtomic) plainLoads[agent] = clock[agent]
      return
    }
    const reads = isAtomic ? plainLoads : loads
    if (reads.some((step, reader) => step > clock[reader])) this.racing.add(word)
    const published = isAtomic ? [...clock] : undefined
    stores.push({ agent, step: clock[agent], before, published })
  }
}

function join(clock: Clock, other: Clock): void {
  other.forEach((step, agent) => {
    clock[agent] = Math.max(clock[agent], step)
  })
}

/**
 * @param isShared whether accesses of a word are to be looked at: at least where agents synchronise
 */
function orderOf(
  trace: readonly Access[],
  isShared: (word: number) => boolean,
  adopters: readonly (number | undefined)[],
): Order {
  const order = new Order(adopters)
  for (const access of trace) if (isShared(access.word)) order.add(access)
  return order
}

/** Words that had a race. */
export const racingWords = (...run: Parameters<typeof orderOf>): Set<number> =>
  orderOf(...run).racing

/** What a plain load by an agent, coming next, may give beside what the word holds. */
export function staleValues(
  agent: number,
  word: number,
  ...run: Parameters<typeof orderOf>
): Set<number> {
  const order = orderOf(...run)
  const clock = order.clockOf(agent)
  const values = new Set<number>()
  for (const store of order.historyOf(word).stores.toReversed()) {
    if (store.step <= clock[store.agent]) break
    values.add(store.before)
  }
  return values
}
