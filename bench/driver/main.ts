// pnpm bench [topics...]: builds, runs, prints. README.md explains the tables.
import { execFileSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { relative } from 'node:path'
import type { CaseList, WorkloadCases } from '../case.ts'
import { buildTopic, buildWasm, root } from './build.ts'
import { findEngines } from './engines.ts'
import { findNative, type NativeCases } from './native.ts'
import { readOptions } from './options.ts'
import { showProgress } from './progress.ts'
import { formatFigures, formatVerdicts, machine, recordFigures } from './report.ts'
import { type Case, type Figure, ours, runInterleaved, scriptCase } from './run.ts'
import { isTargeted, judge } from './targets.ts'

const options = readOptions()
const failures: string[] = []
const missing: string[] = []
const figures: Figure[] = []

const engines = findEngines(options.engines, (text) => missing.push(text))
const needsRivals = options.topics.includes('alloc')
const wasmPath = needsRivals ? await buildWasm() : ''
const nativeCases = needsRivals ? findNative((text) => missing.push(text)) : () => []

console.log(`${machine}; ${options.runs} processes of ${options.milliseconds} ms per figure`)
const load = loadavg()[0].toFixed(1)
if (Number(load) > 0.5) console.log(`note: load average ${load}; other work disturbs the figures`)

for (const topic of options.topics) {
  const bundle = await buildTopic(topic)
  const output = execFileSync(process.execPath, [bundle, '--list'], { encoding: 'utf8' })
  const { operation, workloads }: CaseList = JSON.parse(output)
  for (const workload of workloads) {
    const cases = casesOf(topic, bundle, workload, nativeCases)
    if (cases.length === 0) continue
    const onFailure = (text: string) => failures.push(text)
    const measured = runInterleaved(cases, options.runs, showProgress, onFailure)
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
if (figures.length === 0) failures.push('no case matches the options')
for (const text of missing) console.log(`NOT RUN: ${text}`)
for (const text of failures) console.log(`FAILED: ${text}`)
process.exitCode = failures.length > 0 ? 1 : 0

function casesOf(
  topic: string,
  bundle: string,
  { name: workload, contenders, nativeArguments }: WorkloadCases,
  nativeCases: NativeCases,
): Case[] {
  const { milliseconds: minMilliseconds, only, targets } = options
  const scripts = engines.flatMap((engine) =>
    contenders.map((contender) =>
      scriptCase(topic, engine, bundle, { workload, contender, minMilliseconds, wasmPath }),
    ),
  )
  const natives = nativeArguments ? nativeCases(workload, nativeArguments, minMilliseconds) : []
  const isWanted = ({ contender }: Case) =>
    contender === ours || options.contenders.some((part) => contender.includes(part))
  if (!only.some((part) => workload.includes(part))) return []
  return [...scripts, ...natives].filter(isWanted).filter((one) => !targets || isTargeted(one))
}
