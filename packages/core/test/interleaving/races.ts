/**
 * Which plain accesses of a run are data races: a store and another access of the same word by two
 * agents, with nothing between them that orders them.
 *
 * In JavaScript an atomic load that sees the value of an atomic store comes after all that its thread
 * did before that store. Where every access is so ordered, threads behave as if their accesses were
 * interleaved, which is what the search runs. A race may show an old value, or things in another order:
 * each kind of word that has one has to be argued for.
 */
import type { Access } from './machine.ts'

/** By agent: how many of its steps are known. */
type Clock = number[]

const join = (clock: Clock, other: Clock) => {
  other.forEach((step, agent) => {
    clock[agent] = Math.max(clock[agent], step)
  })
}

interface WordHistory {
  /** Of the last store: its agent, its step, and what its thread knew if it was atomic. */
  writer: number
  writeStep: number
  wasAtomicWrite: boolean
  published: Clock | undefined
  /** By agent: its last load, and its last plain one. */
  readonly reads: number[]
  readonly plainReads: number[]
}

/**
 * Words that had a race, in a trace of all agents.
 * @param heirs by agent: the one whose death it came after, which orders them
 */
export function racingWords(
  trace: readonly Access[],
  heirs: readonly (number | undefined)[],
): Set<number> {
  const clocks: Clock[] = heirs.map(() => heirs.map(() => 0))
  const histories = new Map<number, WordHistory>()
  const racing = new Set<number>()
  for (const { agent, operation, word } of trace) {
    const clock = clocks[agent]
    const heir = heirs[agent]
    if (heir !== undefined && clock[agent] === 0) join(clock, clocks[heir])
    clock[agent]++
    const history = histories.get(word) ?? newHistory(heirs.length)
    histories.set(word, history)
    const isAtomic = operation !== 'read' && operation !== 'write'
    const isKnown = history.writer < 0 || history.writeStep <= clock[history.writer]
    if (!isKnown && !(isAtomic && history.wasAtomicWrite)) racing.add(word)
    if (isAtomic && operation !== 'store' && history.published !== undefined) {
      join(clock, history.published)
    }
    if (operation === 'read' || operation === 'load') {
      history.reads[agent] = clock[agent]
      if (!isAtomic) history.plainReads[agent] = clock[agent]
      continue
    }
    const reads = isAtomic ? history.plainReads : history.reads
    if (reads.some((step, reader) => step > clock[reader])) racing.add(word)
    history.writer = agent
    history.writeStep = clock[agent]
    history.wasAtomicWrite = isAtomic
    history.published = isAtomic ? [...clock] : undefined
  }
  return racing
}

const newHistory = (agentCount: number): WordHistory => ({
  writer: -1,
  writeStep: 0,
  wasAtomicWrite: false,
  published: undefined,
  reads: new Array(agentCount).fill(0),
  plainReads: new Array(agentCount).fill(0),
})
