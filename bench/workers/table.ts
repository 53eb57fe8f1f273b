// The tables that `pnpm bench workers` prints; README.md explains their columns.
import type { Engine } from '../driver/engines.ts'
import { format, formatRange, formatTable } from '../driver/report.ts'
import { median } from '../driver/statistics.ts'
import { type CaseOptions, type CaseResult, ours, workloads } from './cases.ts'
import { type Look, targets } from './targets.ts'

export interface Measured {
  readonly options: CaseOptions
  readonly engine: Engine
  /** One per process. */
  readonly results: readonly CaseResult[]
}

/** Of a case, the median over its processes. */
export function figureOf({ results }: Measured, name?: string): number {
  const values = results.map((one) => (name ? (one.figures[name] ?? 0) : one.nsPerOp))
  return median(values)
}

const lookIn =
  (measured: readonly Measured[]): Look =>
  ({ workload, contender, workers }, figure) => {
    const found = measured.find(({ options }) => {
      const isContender = options.contender === contender && options.workers === workers
      return options.workload === workload && isContender
    })
    return found && figureOf(found, figure)
  }

/** Of the cases of one workload. */
export function formatMeasured(workload: string, measured: readonly Measured[]): string {
  const names = [
    ...new Set(
      measured.flatMap(({ results }) => results.flatMap((one) => Object.keys(one.figures))),
    ),
  ]
  const engines = [...new Set(measured.map(({ engine }) => engine))]
  const rows = engines.flatMap((engine) => {
    const here = measured.filter((one) => one.engine === engine)
    return [[engine.name], ...here.map((one) => formatRow(one, lookIn(here), names))]
  })
  const fixed = ['', 'contender', 'workers', 'median', 'min .. max', `x ${ours}`, 'speed-up']
  const header = [...fixed, ...names, 'processes']
  const { operation } = workloads[workload]
  return `${workload}: ns per ${operation}\n${formatTable([header, ...rows])}`
}

function formatRow(one: Measured, look: Look, names: readonly string[]): string[] {
  const { options, results } = one
  const all = results.map(({ nsPerOp }) => nsPerOp)
  const ns = median(all)
  const timesOurs = look({ ...options, contender: ours })
  const alone = look({ ...options, workers: 1 })
  return [
    '',
    options.contender,
    `${options.workers}`,
    format(ns),
    formatRange(Math.min(...all), Math.max(...all)),
    timesOurs ? format(ns / timesOurs) : '',
    alone ? format(alone / ns) : '',
    ...names.map((name) => formatOrNothing(figureOf(one, name))),
    `${results.length}`,
  ]
}

function formatOrNothing(value: number): string {
  if (value === 0) return ''
  return Number.isInteger(value) ? value.toLocaleString('en') : format(value)
}

export function formatTargets(engines: readonly Engine[], measured: readonly Measured[]): string {
  const rows = engines.flatMap((engine) => {
    const look = lookIn(measured.filter((one) => one.engine === engine))
    return targets.map(({ claim, workload, bound, wanted, reached }) => {
      const value = reached(look) || undefined
      const isReached = value && (bound === 'at least' ? value >= wanted : value <= wanted)
      const verdict = value === undefined ? 'NOT RUN' : isReached ? 'PASS' : 'FAIL'
      const sign = bound === 'at least' ? '>=' : '<='
      const reachedText = value === undefined ? '' : format(value)
      return [verdict, claim, workload, engine.name, reachedText, `${sign} ${format(wanted)}`]
    })
  })
  const header = ['', 'target', 'workload', 'engine', 'reached', 'wanted']
  return `targets\n${formatTable([header, ...rows])}`
}
