// What the learned counts set out to reach, on each engine.
import { median, pairedRatios } from '../driver/statistics.ts'
import {
  burst,
  type CaseResult,
  type CurveResult,
  curve,
  fixed,
  learned,
  steady,
  timedWorkloads,
} from './cases.ts'

/** The results of both contenders on one engine, one a turn. */
export interface Both<Result> {
  readonly fixed: readonly Result[]
  readonly learned: readonly Result[]
}

export interface Target<Result> {
  readonly claim: string
  readonly workload: string
  readonly atMost: number
  reached(results: Both<Result>): number
}

/** The median over the turns of learned by fixed. */
export function ratioOf(results: Both<CaseResult>, figure: keyof CaseResult): number {
  const [over, under] = [results.learned, results.fixed].map((all) => all.map((one) => one[figure]))
  return median(pairedRatios(over, under))
}

const ratio = (claim: string, workload: string, figure: keyof CaseResult, atMost: number) => ({
  claim,
  workload,
  atMost,
  reached: (results: Both<CaseResult>) => ratioOf(results, figure),
})

export const timedTargets: readonly Target<CaseResult>[] = [
  ratio('of the refills in bursts', burst, 'refillsInBursts', 0.5),
  ...timedWorkloads.flatMap((workload) => [
    ratio('of the committed memory, mean', workload, 'meanCommitted', 1.1),
    ratio('of the committed memory, peak', workload, 'peakCommitted', 1.1),
  ]),
  ratio('of the time', steady, 'nsPerOp', 1.02),
]

const lastByFirst = ({ committed }: CurveResult) => committed.at(-1)! / committed[0]

export const curveTargets: readonly Target<CurveResult>[] = [
  {
    claim: 'of the committed memory, after a burst that was freed',
    workload: curve,
    atMost: 1.25,
    reached: (results) => results[learned][0].quietRatio,
  },
  ...([fixed, learned] as const).map((contender) => ({
    claim: `of the committed memory, 600 frames after a burst amid churn, ${contender}`,
    workload: curve,
    atMost: 0.99,
    reached: (results: Both<CurveResult>) => lastByFirst(results[contender][0]),
  })),
]
