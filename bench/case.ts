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
  /** Which round counts. Garbage is only paid for in the median of long rounds; the fastest of many short
   *  ones is what loops without garbage cost when nothing else disturbs them. */
  readonly figure: 'median round' | 'fastest round'
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

/** The long ones hold many minor collections and refills; the short ones fit between two interruptions. */
const minRoundNs = { 'median round': 10e6, 'fastest round': 0.5e6 }
const maxRoundOpCount = 2 ** 22

export async function serveCases(
  list: CaseList,
  prepare: (options: CaseOptions) => Prepared | Promise<Prepared>,
): Promise<void> {
  if (process.argv[2] === '--list') return console.log(JSON.stringify(list))
  const options: CaseOptions = JSON.parse(process.argv[2])
  const prepared = await prepare(options)
  const { checksum, unitsPerOp = 1 } = prepared
  const nsPerOp = (await measureRounds(prepared, options.minMilliseconds * 1e6)) / unitsPerOp
  prepared.check()
  const result: CaseResult = { nsPerOp, checksum, ran: options.contender }
  console.log(JSON.stringify(result))
}

/** After a warm-up. In ns per operation. */
async function measureRounds({ round, figure }: Prepared, minNs: number): Promise<number> {
  let opCount = 1
  for (const startedAt = now(); ; ) {
    const roundStartedAt = now()
    round(opCount)
    const isLong = now() - roundStartedAt >= minRoundNs[figure] || opCount >= maxRoundOpCount
    if (!isLong) opCount *= 2
    else if (now() - startedAt > minNs / 2) break
  }
  const { p50, min } = await measure(() => round(opCount), { min_cpu_time: minNs })
  return (figure === 'median round' ? p50 : min) / opCount
}

export function expect(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: got ${actual}, expected ${expected}`)
}
