// The inside of one measuring process. `node out/bench/alloc.mjs --list` prints the cases of a topic, and
// `node out/bench/alloc.mjs '{"workload": ..., "contender": ...}'` runs one of them and prints one JSON line.
// One process per figure keeps an engine from compiling one contender's code with what it learned from another.
import { measure, now } from 'mitata/src/lib.mjs'

export interface CaseOptions {
  readonly workload: string
  readonly contender: string
  readonly minMilliseconds: number
  /** The compiled AssemblyScript module, for `TLSF in wasm`. */
  readonly wasmPath: string
}

export interface Prepared {
  /** Runs `opCount` operations. */
  round(opCount: number): void
  /** Throws unless the contender really did the work; called once, after the last round. */
  check(): void
  /** Of the inputs; equal for all contenders of a workload. */
  readonly checksum: number
  /** What the figure is divided by where an operation of `round` is a pass over many; 1 when absent. */
  readonly unitsPerOp?: number
}

export interface CaseResult {
  readonly nsPerOp: number
  readonly checksum: number
  /** What in fact ran: `native.c` names the library that it was linked with. */
  readonly ran: string
}

export interface CaseList {
  /** What one operation is, for the table's heading. */
  readonly operation: string
  readonly workloads: readonly WorkloadCases[]
}

export interface WorkloadCases {
  readonly name: string
  readonly contenders: readonly string[]
  /** Arguments of `native.c`; absent where native code has no such workload. */
  readonly nativeArguments?: readonly string[]
}

/** Long enough to hold many minor collections and refills, so that the median round carries its share of both. */
const minRoundNs = 10e6
const maxRoundOpCount = 2 ** 22

export async function serveCases(
  list: CaseList,
  prepare: (options: CaseOptions) => Prepared | Promise<Prepared>,
): Promise<void> {
  if (process.argv[2] === '--list') return console.log(JSON.stringify(list))
  const options: CaseOptions = JSON.parse(process.argv[2])
  const { round, check, checksum, unitsPerOp = 1 } = await prepare(options)
  const nsPerRoundOp = await measureRounds(round, options.minMilliseconds * 1e6)
  check()
  const result: CaseResult = {
    nsPerOp: nsPerRoundOp / unitsPerOp,
    checksum,
    ran: options.contender,
  }
  console.log(JSON.stringify(result))
}

/** The median round of those after the warm-up, per operation. */
async function measureRounds(round: (opCount: number) => void, minNs: number): Promise<number> {
  let opCount = 1
  for (const startedAt = now(); ; ) {
    const roundStartedAt = now()
    round(opCount)
    if (now() - roundStartedAt < minRoundNs && opCount < maxRoundOpCount) opCount *= 2
    else if (now() - startedAt > minNs / 2) break
  }
  const { p50 } = await measure(() => round(opCount), { min_cpu_time: minNs })
  return p50 / opCount
}

export function expect(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: got ${actual}, expected ${expected}`)
}
