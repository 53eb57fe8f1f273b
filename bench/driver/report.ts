import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, loadavg } from 'node:os'
import { dirname, relative, resolve } from 'node:path'
import { root } from './build.ts'
import type { CommonOptions } from './common-options.ts'
import { git } from './git.ts'
import { type Figure, ours } from './run.ts'
import { isReached, type Reached, ratioOf, type Verdict } from './targets.ts'

const cores = availableParallelism()
const architecture = arch() === 'x64' ? 'x86_64' : arch()
const machine = `${cores} core${cores === 1 ? '' : 's'} ${architecture}`

export function printHead({ runs, milliseconds }: CommonOptions): void {
  console.log(`${machine}; ${runs} processes of ${milliseconds} ms per figure`)
  const load = loadavg()[0]
  if (load > 0.5) {
    console.log(`note: load average ${load.toFixed(1)}; other work disturbs the figures`)
  }
}

/** Says what was not measured; then the process fails where something went wrong. */
export function printEnd(missing: readonly string[], failures: readonly string[]): void {
  for (const text of missing) console.log(`NOT RUN: ${text}`)
  for (const text of failures) console.log(`FAILED: ${text}`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

/** A table per workload. Native figures stand in each engine's part, against its Ashlar. */
export function formatFigures(workload: string, operation: string, figures: readonly Figure[]) {
  const native = figures.filter(({ engine }) => engine.key === 'native')
  const engines = new Set(figures.filter((one) => !native.includes(one)).map((one) => one.engine))
  const rows = [...engines].flatMap((engine) => {
    const here = figures.filter((one) => one.engine === engine)
    const base = here.find(({ contender }) => contender === ours)
    const sorted = [...here, ...native].sort((a, b) => a.median - b.median)
    return [[engine.name], ...sorted.map((one) => formatFigure(one, base))]
  })
  const times = ['median', 'min .. max']
  const header = ['', 'contender', ...times, `x ${ours}`, 'quartiles', 'processes']
  return `${workload}: ns per ${operation}\n${formatTable([header, ...rows])}`
}

function formatFigure(one: Figure, base: Figure | undefined): string[] {
  const range = formatRange(Math.min(...one.samples), Math.max(...one.samples))
  const ratio = formatReached(base && ratioOf(one, base))
  return ['', one.contender, format(one.median), range, ...ratio, `${one.samples.length}`]
}

function formatReached(reached: Reached | undefined): string[] {
  return reached ? [format(reached.value), formatRange(...reached.spread)] : ['', '']
}

export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const place = ['contender', 'target', 'workload', 'engine']
  const header = ['', ...place, 'reached', 'quartiles', 'wanted']
  const rows = verdicts.map(({ target, engineName, reached }) => {
    const { contender, claim, workload, bound } = target
    const passed = reached === undefined ? 'NOT RUN' : isReached(target, reached) ? 'PASS' : 'FAIL'
    const wanted = `${bound === 'at least' ? '>=' : '<='} ${format(target.wanted)}`
    const cells = formatReached(reached)
    return [passed, contender, claim, workload, engineName, ...cells, wanted]
  })
  return `targets\n${formatTable([header, ...rows])}`
}

/** Three significant digits, or all digits before the point. */
export function format(value: number): string {
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(value)))
  return value >= 1000
    ? Math.round(value).toLocaleString('en')
    : value.toFixed(Math.min(decimals, 3))
}

export const formatRange = (from: number, to: number) => `${format(from)} .. ${format(to)}`

/** Text columns to the left, figures to the right. */
export function formatTable(rows: readonly string[][]): string {
  const columnCount = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columnCount }, (_, column) =>
    // A row of one cell is a heading and may run over the columns that follow.
    Math.max(...rows.filter((row) => row.length > 1).map((row) => row[column]?.length ?? 0)),
  )
  const isNumeric = (cell: string) => /^[\d.,]+$/.test(cell)
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const numeric = rows.some((other) => isNumeric(other[column] ?? ''))
          return numeric ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const csvHeader =
  'date,revision,machine,topic,workload,engine,contender,ns_median,ns_min,ns_max,x_ashlar,processes'

/** Appends a row for each figure to bench/results/<topic>.csv. */
export function recordFigures(figures: readonly Figure[]): void {
  const date = new Date().toISOString().slice(0, 10)
  const isChanged = git(root, ['status', '--porcelain']) !== ''
  const revision = git(root, ['rev-parse', '--short', 'HEAD']) + (isChanged ? '+' : '')
  const paths = new Set<string>()
  for (const one of figures) {
    const path = resolve(root, `bench/results/${one.topic}.csv`)
    mkdirSync(dirname(path), { recursive: true })
    if (!existsSync(path)) writeFileSync(path, `${csvHeader}\n`)
    const base = figures.find(
      ({ workload, contender, engine }) =>
        workload === one.workload && contender === ours && engine === one.engine,
    )
    const range = [Math.min(...one.samples), Math.max(...one.samples)]
    const values = [one.median, ...range].map((ns) => ns.toFixed(3))
    const ratio = base ? (one.median / base.median).toFixed(3) : ''
    const place = [one.topic, one.workload, one.engine.name, one.contender]
    const cells = [
      date,
      one.revision ?? revision,
      machine,
      ...place,
      ...values,
      ratio,
      one.samples.length,
    ]
    const row = cells.map((cell) => (`${cell}`.includes(',') ? `"${cell}"` : cell)).join(',')
    appendFileSync(path, `${row}\n`)
    paths.add(path)
  }
  for (const path of paths) console.log(`recorded in ${relative(root, path)}`)
}
