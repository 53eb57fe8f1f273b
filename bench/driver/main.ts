// pnpm bench [topics...]: builds, runs, prints. README.md explains the tables.
import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { relative } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { CaseList, WorkloadCases } from '../case.ts'
import { buildTopic, buildWasm, root } from './build.ts'
import { type Engine, engineKeys, findEngine } from './engines.ts'
import { findNative, type NativeCases } from './native.ts'
import { formatFigures, formatVerdicts, machine, recordFigures } from './report.ts'
import { type Case, type Figure, ours, runInterleaved, scriptCase } from './run.ts'
import { isTargeted, judge } from './targets.ts'

const topics = ['alloc', 'ecs']

interface Options {
  readonly engines: string[]
  readonly runs: number
  readonly milliseconds: number
  readonly only: string[]
  readonly contenders: string[]
  readonly quick: boolean
  readonly targets: boolean
  readonly record: boolean
}

const commaList = (text: string) => text.split(',')
const positiveInteger = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a positive integer.')
  return Number(text)
}

const program = new Command('bench')
  .description('Compares Ashlar with its rivals, one process per figure, processes interleaved.')
  .argument('[topics...]', `some of ${topics.join(', ')}`, topics)
  .option('--engines <list>', `some of ${engineKeys.join(',')}`, commaList, [
    'node',
    'node24',
    'bun',
  ])
  .option('--runs <count>', 'processes per figure', positiveInteger, 7)
  .option('--milliseconds <count>', 'measured time per process', positiveInteger, 300)
  .option('--only <list>', 'workloads whose name contains one of these', commaList, [''])
  .option(
    '--contenders <list>',
    `contenders whose name contains one of these, and ${ours}`,
    commaList,
    [''],
  )
  .option('--quick', '3 processes of 50 ms per figure: a smoke test, not a measurement', false)
  .option('--targets', 'run only what has a target, and say which targets are reached', false)
  .option('--record', 'append the figures to bench/results/<topic>.csv', false)
  .parse()

const options: Options = program.opts()
const minMilliseconds = options.quick ? 50 : options.milliseconds
const runCount = options.quick ? 3 : options.runs
const failures: string[] = []
const missing: string[] = []
const figures: Figure[] = []

const unknown = program.args.filter((topic) => !topics.includes(topic))
if (unknown.length > 0) program.error(`unknown topic ${unknown}: expected ${topics.join(', ')}`)

const engines = options.engines.flatMap((key): Engine[] => {
  const engine = findEngine(key)
  if (!engine) missing.push(`${key}: not installed (pnpm install puts it below test/engines)`)
  return engine ? [engine] : []
})
const wasmPath = await buildWasm()
const native = findNative((text) => missing.push(text))

console.log(`${machine}; ${runCount} processes of ${minMilliseconds} ms per figure`)
const [load] = loadavg()
if (load > 0.5)
  console.log(`note: load average ${load.toFixed(1)}; other work disturbs the figures`)

for (const topic of program.processedArgs[0] as string[]) {
  const bundle = await buildTopic(topic)
  const output = execFileSync(process.execPath, [bundle, '--list'], { encoding: 'utf8' })
  const { operation, workloads }: CaseList = JSON.parse(output)
  for (const workload of workloads) {
    const cases = casesOf(topic, bundle, workload, native)
    if (cases.length === 0) continue
    const measured = runInterleaved(cases, runCount, showProgress, (text) => failures.push(text))
    showProgress('')
    console.log(`\n${formatFigures(workload.name, operation, measured)}`)
    figures.push(...measured)
  }
}

if (options.targets) {
  const names = new Map(engines.map(({ key, name }) => [key, name]))
  console.log(`\n${formatVerdicts(judge(figures, names))}`)
}
if (options.record) {
  for (const path of recordFigures(figures)) console.log(`recorded in ${relative(root, path)}`)
}
for (const text of missing) console.log(`NOT RUN: ${text}`)
for (const text of failures) console.log(`FAILED: ${text}`)
if (figures.length === 0) console.log('FAILED: no case matches the options')
process.exitCode = failures.length > 0 || figures.length === 0 ? 1 : 0

function casesOf(
  topic: string,
  bundle: string,
  { name: workload, contenders, nativeArguments }: WorkloadCases,
  nativeCases: NativeCases,
): Case[] {
  const scripts = engines.flatMap((engine) =>
    contenders.map((contender) =>
      scriptCase(topic, engine, bundle, { workload, contender, minMilliseconds, wasmPath }),
    ),
  )
  const natives = nativeArguments ? nativeCases(workload, nativeArguments, minMilliseconds) : []
  return [...scripts, ...natives].filter(
    (one) =>
      options.only.some((part) => workload.includes(part)) &&
      (one.contender === ours || options.contenders.some((part) => one.contender.includes(part))) &&
      (!options.targets || isTargeted(one)),
  )
}

/** One line that is written over; nothing where the output is not a terminal. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns)}`)
}
