// pnpm bench [topics...]: builds, runs, prints. README.md explains the tables.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { CaseList, WorkloadCases } from '../case.ts'
import { drawCurve, picturePath } from '../curve/picture.ts'
import { curveTopic } from '../curve/points.ts'
import { formatCurve } from '../curve/table.ts'
import { buildTopicBefore, takePackages } from './before.ts'
import { buildTopic, buildWasm, root } from './build.ts'
import { findEngines } from './engines.ts'
import { findNative } from './native.ts'
import { readOptions } from './options.ts'
import { showProgress } from './progress.ts'
import { formatFigures, formatVerdicts, printEnd, printHead, recordFigures } from './report.ts'
import { type Case, type Figure, ours, oursBefore, runInterleaved, scriptCase } from './run.ts'
import { isTargeted, judge } from './targets.ts'

const options = readOptions()
const failures: string[] = []
const missing: string[] = []
const figures: Figure[] = []

const engines = findEngines(options.engines, (text) => missing.push(text))
const wasmPath = options.topics.includes('alloc') ? await buildWasm() : ''
const needsNative = options.topics.some((topic) => ['alloc', curveTopic].includes(topic))
const nativeCases = needsNative ? findNative((text) => missing.push(text)) : () => []
const before = isWanted(oursBefore)
  ? await beforeOrNone(() => takePackages(options.before))
  : undefined

printHead(options)
if (before) console.log(`${oursBefore}: commit ${before.revision}`)

for (const topic of options.topics) {
  const bundle = await buildTopic(topic)
  const bundleBefore = before && (await beforeOrNone(() => buildTopicBefore(topic, before)))
  const output = execFileSync(process.execPath, [bundle, '--list'], { encoding: 'utf8' })
  const { operation, workloads, together = false }: CaseList = JSON.parse(output)
  const byWorkload = workloads
    .map((workload) => casesOf(topic, bundle, bundleBefore, workload))
    .filter((cases) => cases.length > 0)
  for (const cases of together ? [byWorkload.flat()] : byWorkload) {
    const onFailure = (text: string) => failures.push(text)
    const measured = runInterleaved(cases, options.runs, showProgress, onFailure)
    showProgress('')
    for (const name of new Set(measured.map(({ workload }) => workload))) {
      const ofWorkload = measured.filter(({ workload }) => workload === name)
      console.log(`\n${formatFigures(name, operation, ofWorkload)}`)
    }
    figures.push(...measured)
  }
  if (topic === curveTopic) showCurve(figures.filter((one) => one.topic === topic))
}

if (options.targets) {
  const names = new Map(engines.map(({ key, name }) => [key, name]))
  console.log(`\n${formatVerdicts(judge(figures, names))}`)
}
if (options.record) recordFigures(figures)
if (figures.length === 0) failures.push('no case matches the options')
printEnd(missing, failures)

function isWanted(contender: string): boolean {
  return contender === ours || options.contenders.some((part) => contender.includes(part))
}

function showCurve(measured: readonly Figure[]): void {
  console.log(`\n${formatCurve(measured)}`)
  if (!options.draw) return
  writeFileSync(picturePath, drawCurve(measured))
  console.log(`drawn in ${relative(root, picturePath)}`)
}

/** Where there is no git, no such commit, or another API in it, the contender is left out. */
async function beforeOrNone<T>(make: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await make()
  } catch (error) {
    missing.push(`${oursBefore}: ${(error as Error).message}`)
    return undefined
  }
}

function casesOf(
  topic: string,
  bundle: string,
  bundleBefore: string | undefined,
  { name: workload, contenders, nativeArguments }: WorkloadCases,
): Case[] {
  const { milliseconds: minMilliseconds, only, targets } = options
  if (!only.some((part) => workload.includes(part))) return []
  const scripts = engines.flatMap((engine) => {
    const caseOf = (from: string, contender: string) =>
      scriptCase(topic, engine, from, { workload, contender, minMilliseconds, wasmPath })
    const today = contenders.map((contender) => caseOf(bundle, contender))
    if (!before || !bundleBefore) return today
    const { revision } = before
    return [...today, { ...caseOf(bundleBefore, ours), contender: oursBefore, revision }]
  })
  const natives = nativeArguments
    ? nativeCases(topic, workload, nativeArguments, minMilliseconds)
    : []
  return [...scripts, ...natives]
    .filter(({ contender }) => isWanted(contender))
    .filter((one) => !targets || isTargeted(one))
}
