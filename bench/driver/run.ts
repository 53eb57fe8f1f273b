// Runs the cases of a workload in turn, each in a process of its own, every turn in another order.
import { spawnSync } from 'node:child_process'
import type { CaseOptions, CaseResult } from '../case.ts'
import type { Engine } from './engines.ts'

/** The contender that the others are compared with. */
export const ours = 'ashlar'

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
}

export interface Figure extends Case {
  /** One per process, ascending. */
  readonly samples: readonly number[]
  readonly median: number
}

const timeoutMilliseconds = 300_000

/** Figures in the order of `cases`. A case that fails goes to `onFailure` and has no figure. */
export function runInterleaved(
  cases: readonly Case[],
  runCount: number,
  onProgress: (text: string) => void,
  onFailure: (text: string) => void,
): Figure[] {
  const samples = new Map<Case, number[]>(cases.map((one) => [one, []]))
  const checksums = new Set<number>()
  for (let run = 0; run < runCount; run++) {
    for (const one of shuffled(cases)) {
      const label = `${one.workload}: ${one.contender} on ${one.engine.name}`
      if (!samples.has(one)) continue
      try {
        const { nsPerOp, checksum } = runProcess(one)
        samples.get(one)!.push(nsPerOp)
        checksums.add(checksum)
        onProgress(`${label}: ${nsPerOp.toFixed(2)} ns`)
      } catch (error) {
        samples.delete(one)
        onFailure(`${label}: ${(error as Error).message}`)
      }
    }
  }
  if (checksums.size > 1) onFailure(`${cases[0].workload}: contenders did different work`)
  return [...samples].map(([one, values]) => {
    values.sort((a, b) => a - b)
    return { ...one, samples: values, median: median(values) }
  })
}

export function runProcess(one: Case): CaseResult {
  const { status, error, stdout, stderr } = spawnSync(one.engine.command, [...one.arguments], {
    encoding: 'utf8',
    env: { ...process.env, ...one.environment },
    timeout: timeoutMilliseconds,
  })
  if (error) throw error
  if (status !== 0) throw new Error(`exit status ${status}\n${stderr.trimEnd()}`)
  const result: CaseResult = JSON.parse(stdout)
  if (result.ran !== one.ran) throw new Error(`expected ${one.ran} to run, ${result.ran} did`)
  return result
}

export function shuffled<T>(values: readonly T[]): T[] {
  const result = [...values]
  for (let i = result.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    const value = result[i]
    result[i] = result[other]
    result[other] = value
  }
  return result
}

/** Of ascending values. */
export function median(values: readonly number[]): number {
  const middle = values.length >> 1
  return values.length % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2
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
