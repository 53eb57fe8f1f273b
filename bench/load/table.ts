// The tables that `pnpm bench load` prints; README.md explains their columns.
import type { Engine } from '../driver/engines.ts'
import { format, formatRange, formatTable } from '../driver/report.ts'
import { median } from '../driver/statistics.ts'
import { type CaseResult, type CurveResult, contenders, type ResidentResult } from './cases.ts'
import { type Both, ratioOf, type Target } from './targets.ts'

export type ByEngine<Result> = ReadonlyMap<Engine, Both<Result>>

export function formatTimed(workload: string, byEngine: ByEngine<CaseResult>): string {
  const rows = [...byEngine].flatMap(([engine, results]) => [
    [engine.name],
    ...contenders.map((contender) => {
      const all = results[contender]
      const samples = (figure: keyof CaseResult) => all.map((one) => one[figure])
      const figure = (name: keyof CaseResult) => formatOrNothing(median(samples(name)))
      const nanoseconds = (name: keyof CaseResult) => formatTick(median(samples(name)))
      const ns = samples('nsPerOp')
      return [
        '',
        contender,
        format(median(ns)),
        formatRange(Math.min(...ns), Math.max(...ns)),
        contender === 'learned' ? ratioOf(results, 'nsPerOp').toFixed(3) : '1',
        figure('refills'),
        figure('refillsInBursts'),
        nanoseconds('p50'),
        nanoseconds('p99'),
        nanoseconds('p999'),
        figure('meanCommitted'),
        figure('peakCommitted'),
        `${all.length}`,
      ]
    }),
  ])
  const time = ['', 'counts', 'median', 'min .. max', 'x fixed']
  const tails = ['p50', 'p99', 'p99.9']
  const header = [...time, 'refills', 'in bursts', ...tails, 'mean MiB', 'peak MiB', 'processes']
  const title = `${workload}: ns per alloc + free, its frame's collect included`
  return `${title}\n${formatTable([header, ...rows])}`
}

const formatOrNothing = (value: number) => (value === 0 ? '' : format(value))
/** The clock ticks in 10 ns. */
const formatTick = (nanoseconds: number) => (nanoseconds < 10 ? '< 10' : format(nanoseconds))

/** Every engine gives the same. */
export function formatCurve({ fixed: [fixed], learned: [learned] }: Both<CurveResult>): string {
  const cells = ({ committed, before }: CurveResult, index: number) => [
    committed[index].toFixed(1),
    (committed[index] / before).toFixed(2),
  ]
  const rows = fixed.frames.map((frame, index) => [
    `${frame}`,
    ...cells(fixed, index),
    ...cells(learned, index),
  ])
  const header = ['frame', 'fixed MiB', 'x before', 'learned MiB', 'x before']
  return [
    'curve: committed after a burst whose blocks lay among a churned base set',
    formatTable([header, ...rows]),
    `after a burst without churn: ${contenders
      .map((name) => `${name} ${{ fixed, learned }[name].quietRatio.toFixed(2)}`)
      .join(', ')} times what was committed before`,
  ].join('\n')
}

export function formatResident(
  byEngine: ReadonlyMap<Engine, ReadonlyMap<string, ResidentResult>>,
): string {
  const columns = ['before', 'made', 'burst', 'freed', 'grown again']
  const rows = [...byEngine].flatMap(([engine, kinds]) => [
    [engine.name],
    ...[...kinds].map(([kind, states]) => {
      const byState = new Map(states)
      const cells = columns.map((state) => byState.get(state)?.toFixed(0) ?? '')
      return ['', kind, ...cells]
    }),
  ])
  return `resident: MiB of the process\n${formatTable([['', 'buffer', ...columns], ...rows])}`
}

export function formatVerdicts<Result>(
  targets: readonly Target<Result>[],
  workload: string,
  byEngine: ByEngine<Result>,
): string[][] {
  return [...byEngine].flatMap(([engine, results]) =>
    targets
      .filter((target) => target.workload === workload)
      .map((target) => {
        const reached = target.reached(results)
        const verdict = reached <= target.atMost ? 'PASS' : 'FAIL'
        const wanted = `<= ${target.atMost.toFixed(3)}`
        return [verdict, target.claim, workload, engine.name, reached.toFixed(3), wanted]
      }),
  )
}

export const formatTargets = (verdicts: readonly string[][]) =>
  `targets: learned by fixed, or later by earlier\n${formatTable([
    ['', 'target', 'workload', 'engine', 'reached', 'wanted'],
    ...verdicts,
  ])}`
