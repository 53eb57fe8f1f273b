// Runs cases in turn, each in a process of its own, every turn in another random order.
import { spawnSync } from 'node:child_process'
import type { Engine } from './engines.ts'

const timeoutMilliseconds = 300_000

/**
 * The results of each case, one a turn, in the order of `cases`. A case that fails goes to
 * `onFailure`, takes part in no further turn, and has no results.
 */
export function interleave<Case, Result>(
  cases: readonly Case[],
  turnCount: number,
  runCase: (one: Case) => Result,
  onFailure: (one: Case, reason: string) => void,
): Map<Case, Result[]> {
  const results = new Map<Case, Result[]>(cases.map((one) => [one, []]))
  for (let turn = 0; turn < turnCount; turn++) {
    for (const one of shuffled(cases)) {
      try {
        results.get(one)?.push(runCase(one))
      } catch (error) {
        results.delete(one)
        onFailure(one, (error as Error).message)
      }
    }
  }
  return results
}

function shuffled<T>(values: readonly T[]): T[] {
  const result = [...values]
  for (let i = result.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    const value = result[i]
    result[i] = result[other]
    result[other] = value
  }
  return result
}

/** Runs a bundle with its options in JSON, and gives what it prints, which is JSON too. */
export function runBundle<Result>(engine: Engine, bundle: string, options: object): Result {
  return runJson(engine.command, [...engine.arguments, bundle, JSON.stringify(options)])
}

/** Runs a program, and gives what it prints, which is JSON. */
export function runJson<Result>(
  command: string,
  programArguments: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Result {
  const { status, error, stdout, stderr } = spawnSync(command, programArguments, {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    timeout: timeoutMilliseconds,
  })
  if (error) throw error
  if (status !== 0) throw new Error(`exit status ${status}\n${stderr.trimEnd()}`)
  return JSON.parse(stdout)
}
