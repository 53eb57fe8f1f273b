// pnpm bench workers: builds, runs, prints. As the other topics, each figure comes from processes
// of its own, which take turns in random order; a process here has a main thread and its workers.
import { buildTopic } from '../driver/build.ts'
import { type Engine, findEngines } from '../driver/engines.ts'
import { interleave, runBundle } from '../driver/interleave.ts'
import { showProgress } from '../driver/progress.ts'
import { printEnd, printHead, recordFigures } from '../driver/report.ts'
import { type Figure, figureOf } from '../driver/run.ts'
import { type CaseOptions, type CaseResult, ours, workloads } from './cases.ts'
import { readOptions } from './options.ts'
import { formatMeasured, formatTargets, type Measured } from './table.ts'
import { targets } from './targets.ts'

interface Case {
  readonly options: CaseOptions
  readonly engine: Engine
  readonly label: string
}

const options = readOptions()
const failures: string[] = []
const missing: string[] = []
const measured: Measured[] = []

const engines = findEngines(options.engines, (text) => missing.push(text))
const bundle = await buildTopic('workers')

printHead(options)

for (const workload of Object.keys(workloads)) {
  const here = runInterleaved(casesOf(workload))
  if (here.length === 0) continue
  console.log(`\n${formatMeasured(workload, here)}`)
  measured.push(...here)
}

if (options.targets) console.log(`\n${formatTargets(engines, measured)}`)
if (options.record) recordFigures(measured.map(recordOf))
if (measured.length === 0) failures.push('no case matches the options')
printEnd(missing, failures)

function casesOf(workload: string): Case[] {
  if (!options.only.some((part) => workload.includes(part))) return []
  const contenders = workloads[workload].contenders.filter(
    (contender) =>
      contender === ours || options.contenders.some((part) => contender.includes(part)),
  )
  const isTargeted = (contender: string, workers: number) =>
    targets.some(({ cases }) =>
      cases.some(
        (one) =>
          one.workload === workload && one.contender === contender && one.workers === workers,
      ),
    )
  return engines.flatMap((engine) =>
    contenders.flatMap((contender) =>
      options.workers
        .filter((workers) => !options.targets || isTargeted(contender, workers))
        .map((workers) => ({
          engine,
          options: { workload, contender, workers, milliseconds: options.milliseconds },
          label: `${workload}: ${contender}, ${workers} on ${engine.name}`,
        })),
    ),
  )
}

function runInterleaved(cases: readonly Case[]): Measured[] {
  const runCase = ({ engine, options, label }: Case) => {
    const result = runBundle<CaseResult>(engine, bundle, options)
    showProgress(`${label}: ${result.nsPerOp.toFixed(2)} ns`)
    return result
  }
  const onFailure = ({ label }: Case, reason: string) => failures.push(`${label}: ${reason}`)
  const results = interleave(cases, options.runs, runCase, onFailure)
  showProgress('')
  return [...results].map(([one, all]) => ({ ...one, results: all }))
}

/** As the driver of the other topics records it. */
function recordOf({ options, engine, results }: Measured): Figure {
  const { contender, workers } = options
  const samples = results.map(({ nsPerOp }) => nsPerOp)
  const workload = `${options.workload} x ${workers}`
  const place = { topic: 'workers', workload, contender, engine, arguments: [], ran: contender }
  return figureOf(place, samples)
}
