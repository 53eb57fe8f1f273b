// The cases of a workload, and the figures that their processes give.
import type { CaseOptions, CaseResult } from '../case.ts'
import type { Engine } from './engines.ts'
import { interleave, runJson } from './interleave.ts'
import { median } from './statistics.ts'

/** The contender that the others are compared with. */
export const ours = 'ashlar'
/** The same over the packages of an earlier commit: see `before.ts`. */
export const oursBefore = 'ashlar, before'

export interface Case {
  readonly topic: string
  readonly workload: string
  readonly contender: string
  /** Of the process; native programs have the key 'native'. */
  readonly engine: Engine
  readonly arguments: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** What the result must say that it ran. */
  readonly ran: string
  /** Of the packages, where they are not today's. */
  readonly revision?: string
}

export interface Figure extends Case {
  /** One per process, in the order of the turns: those of two cases make pairs. */
  readonly samples: readonly number[]
  readonly median: number
}

export const figureOf = (one: Case, samples: readonly number[]): Figure => ({
  ...one,
  samples,
  median: median(samples),
})

/** Figures in the order of `cases`. A case that fails goes to `onFailure` and has no figure. */
export function runInterleaved(
  cases: readonly Case[],
  runCount: number,
  onProgress: (text: string) => void,
  onFailure: (text: string) => void,
): Figure[] {
  const labelOf = (one: Case) => `${one.workload}: ${one.contender} on ${one.engine.name}`
  const runCase = (one: Case) => {
    const result = runProcess(one)
    onProgress(`${labelOf(one)}: ${result.nsPerOp.toFixed(2)} ns`)
    return result
  }
  const tellFailure = (one: Case, reason: string) => onFailure(`${labelOf(one)}: ${reason}`)
  const results = interleave(cases, runCount, runCase, tellFailure)
  for (const workload of new Set(cases.map((one) => one.workload))) {
    const ofWorkload = [...results].filter(([one]) => one.workload === workload)
    const checksums = ofWorkload.flatMap(([, all]) => all.map(({ checksum }) => checksum))
    if (new Set(checksums).size > 1) onFailure(`${workload}: contenders did different work`)
  }
  return [...results].map(([one, all]) =>
    figureOf(
      one,
      all.map(({ nsPerOp }) => nsPerOp),
    ),
  )
}

export function runProcess(one: Case): CaseResult {
  const result: CaseResult = runJson(one.engine.command, one.arguments, one.environment)
  if (result.ran !== one.ran) throw new Error(`expected ${one.ran} to run, ${result.ran} did`)
  return result
}

export function scriptCase(
  topic: string,
  engine: Engine,
  bundle: string,
  options: CaseOptions,
): Case {
  const { workload, contender } = options
  const runArguments = [...engine.arguments, bundle, JSON.stringify(options)]
  return { topic, workload, contender, engine, arguments: runArguments, ran: contender }
}
