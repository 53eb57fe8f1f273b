// pnpm bench load: builds, runs, prints. As the other topics, each figure comes from processes of
// its own, which take turns in random order.
import { buildTopic } from '../driver/build.ts'
import { type Engine, findEngines } from '../driver/engines.ts'
import { interleave, runBundle } from '../driver/interleave.ts'
import { showProgress } from '../driver/progress.ts'
import { printEnd, printHead, recordFigures } from '../driver/report.ts'
import { type Figure, figureOf } from '../driver/run.ts'
import {
  type CaseResult,
  type ContenderName,
  type CurveResult,
  contenders,
  curve,
  producerConsumer,
  type ResidentResult,
  resident,
  timedWorkloads,
} from './cases.ts'
import { readOptions } from './options.ts'
import { residentKinds } from './resident.ts'
import * as table from './table.ts'
import { type Both, curveTargets, timedTargets } from './targets.ts'

interface Case {
  readonly engine: Engine
  readonly workload: string
  readonly contender: ContenderName
}

const options = readOptions()
const failures: string[] = []
const missing: string[] = []
const verdicts: string[][] = []
const figures: Figure[] = []

const engines = findEngines(options.engines, (text) => missing.push(text))
const bundle = await buildTopic('load')
const isWanted = (workload: string) => options.only.some((part) => workload.includes(part))

printHead(options)

for (const workload of timedWorkloads.filter(isWanted)) {
  const byEngine = runBoth<CaseResult>(workload, options.runs)
  if (byEngine.size === 0) continue
  checkSame(workload, byEngine)
  console.log(`\n${table.formatTimed(workload, byEngine)}`)
  verdicts.push(...table.formatVerdicts(timedTargets, workload, byEngine))
  figures.push(...[...byEngine].flatMap(([engine, results]) => recordOf(workload, engine, results)))
}
if (isWanted(curve)) {
  const byEngine = runBoth<CurveResult>(curve, 1)
  const [first, ...others] = byEngine.values()
  if (others.some((one) => JSON.stringify(one) !== JSON.stringify(first))) {
    failures.push('curve: engines committed different memory')
  }
  if (first) console.log(`\n${table.formatCurve(first)}`)
  verdicts.push(...table.formatVerdicts(curveTargets, curve, byEngine))
}
if (isWanted(resident) && !options.targets) {
  console.log(`\n${table.formatResident(new Map(engines.map((one) => [one, runResident(one)])))}`)
}

if (options.targets) console.log(`\n${table.formatTargets(verdicts)}`)
if (options.record) recordFigures(figures)
if (!engines.length || ![...timedWorkloads, curve, resident].some(isWanted)) {
  failures.push('no case matches the options')
}
printEnd(missing, failures)

/** Engines on which one of the contenders failed are told of, and left out. */
function runBoth<Result>(workload: string, turnCount: number): Map<Engine, Both<Result>> {
  const cases = engines.flatMap((engine) =>
    contenders.map((contender): Case => ({ engine, workload, contender })),
  )
  const labelOf = ({ engine, contender }: Case) => `${workload}: ${contender} on ${engine.name}`
  const runCase = (one: Case) => {
    showProgress(labelOf(one))
    const { milliseconds } = options
    return runBundle<Result>(one.engine, bundle, { ...one, engine: one.engine.key, milliseconds })
  }
  const onFailure = (one: Case, reason: string) => failures.push(`${labelOf(one)}: ${reason}`)
  const results = interleave<Case, Result>(cases, turnCount, runCase, onFailure)
  showProgress('')
  const byEngine = new Map<Engine, Both<Result>>()
  for (const engine of engines) {
    const [fixed, learned] = cases
      .filter((one) => one.engine === engine)
      .map((one) => results.get(one))
    if (fixed && learned) byEngine.set(engine, { fixed, learned })
  }
  return byEngine
}

/** The steps, and on one thread what was counted. */
function checkSame(workload: string, byEngine: ReadonlyMap<Engine, Both<CaseResult>>): void {
  const all = [...byEngine.values()]
  const counted = ({ refills, meanCommitted, peakCommitted }: CaseResult) =>
    `${refills} ${meanCommitted} ${peakCommitted}`
  const distinct = (values: unknown[]) => new Set(values).size
  if (
    distinct(all.flatMap((one) => [...one.fixed, ...one.learned].map((two) => two.checksum))) > 1
  ) {
    failures.push(`${workload}: contenders did different work`)
  }
  if (workload === producerConsumer) return
  for (const contender of contenders) {
    if (distinct(all.flatMap((one) => one[contender].map(counted))) > 1) {
      failures.push(`${workload}: ${contender} counted differently in two processes`)
    }
  }
}

function runResident(engine: Engine): Map<string, ResidentResult> {
  const byKind = new Map<string, ResidentResult>()
  for (const kind of residentKinds) {
    showProgress(`${resident}: ${kind} on ${engine.name}`)
    try {
      byKind.set(kind, runBundle<ResidentResult>(engine, bundle, { workload: resident, kind }))
    } catch (error) {
      failures.push(`${resident}: ${kind} on ${engine.name}: ${(error as Error).message}`)
    }
  }
  showProgress('')
  return byKind
}

/** As the driver of the other topics records it. */
function recordOf(workload: string, engine: Engine, results: Both<CaseResult>): Figure[] {
  return contenders.map((contender) => {
    const samples = results[contender].map(({ nsPerOp }) => nsPerOp)
    const place = { topic: 'load', workload, contender, engine, arguments: [], ran: contender }
    return figureOf(place, samples)
  })
}
