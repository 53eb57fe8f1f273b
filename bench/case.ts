// The inside of one measuring process. `node out/bench/alloc.mjs --list` prints the cases of a
// topic; with a `CaseOptions` in JSON instead, it runs one of them and prints a `CaseResult`.
// One process per figure: no contender's code is compiled with what was learned from another's.
import { measure, now } from 'mitata/src/lib.mjs'

export interface CaseOptions {
  readonly workload: string
  readonly contender: string
  readonly minMilliseconds: number
  /** The compiled AssemblyScript module, for `TLSF in wasm`. */
  readonly wasmPath: string
}

interface Provable {
  /** Throws unless the contender really did the work; called once, after the last operation. */
  check(): void | Promise<void>
  /** Of the inputs; equal for all contenders of a workload. */
  readonly checksum: number
  /** Where an operation is a pass over many: how many, to divide by. */
  readonly unitsPerOp?: number
}

/** Of short operations: the figure is the fastest round. */
export interface Prepared extends Provable {
  /** Runs `opCount` operations. */
  round(opCount: number): void
  /** What it leaves to the garbage collector: rounds are long enough to have their share of it. */
  readonly garbage: keyof typeof roundsOf
  /** The operations that the warm-up has at least: where its time is too short for the work. */
  readonly warmUpOpCount?: number
}

/** Of operations in which threads wait for each other, by chance: the figure is their median. */
export interface PreparedRuns extends Provable {
  run(): void | Promise<void>
  /** Done before each run, off the clock. */
  pause?(): void
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
  /** Whether the processes of all workloads take turns: where workloads are compared. */
  readonly together?: boolean
  readonly workloads: readonly WorkloadCases[]
}

export interface WorkloadCases {
  readonly name: string
  readonly contenders: readonly string[]
  /** Arguments of `native.c`; absent where native code has no such workload. */
  readonly nativeArguments?: readonly string[]
}

const roundsOf = {
  /** Short enough to fit between two interruptions. */
  none: { minNs: 0.5e6, minCount: 12 },
  /** Objects that die young: V8 collects them per some MB, which are made in a few milliseconds. */
  young: { minNs: 20e6, minCount: 12 },
  /** V8 does a full collection per 30 MB of them. */
  buffers: { minNs: 200e6, minCount: 5 },
}

export async function serveCases(
  list: CaseList,
  prepare: (options: CaseOptions) => Prepared | PreparedRuns | Promise<Prepared | PreparedRuns>,
): Promise<void> {
  if (process.argv[2] === '--list') return console.log(JSON.stringify(list))
  const options: CaseOptions = JSON.parse(process.argv[2])
  const prepared = await prepare(options)
  const { checksum, unitsPerOp = 1 } = prepared
  const minNs = options.minMilliseconds * 1e6
  const ns = await ('run' in prepared
    ? measureRuns(prepared, minNs)
    : measureRounds(prepared, minNs))
  const nsPerOp = ns / unitsPerOp
  await prepared.check()
  const result: CaseResult = { nsPerOp, checksum, ran: options.contender }
  console.log(JSON.stringify(result))
}

/**
 * The fastest round after a warm-up, in ns per operation: what it costs when nothing disturbs it.
 */
async function measureRounds(prepared: Prepared, minNs: number): Promise<number> {
  const { round, garbage, warmUpOpCount = 0 } = prepared
  const { minNs: minRoundNs, minCount } = roundsOf[garbage]
  let opCount = 1
  let totalOpCount = 0
  for (const startedAt = now(); ; ) {
    const roundStartedAt = now()
    round(opCount)
    totalOpCount += opCount
    if (now() - roundStartedAt < minRoundNs) opCount *= 2
    else if (now() - startedAt > minNs / 2 && totalOpCount >= warmUpOpCount) break
  }
  const limits = { min_cpu_time: minNs, min_samples: minCount }
  const { min } = await measure(() => round(opCount), limits)
  return min / opCount
}

const minRunCount = 50

/** The median run after a warm-up, in ns. */
async function measureRuns({ run, pause }: PreparedRuns, minNs: number): Promise<number> {
  const samples: number[] = []
  for (const limitNs of [minNs / 2, minNs]) {
    samples.length = 0
    for (let totalNs = 0; totalNs < limitNs || samples.length < minRunCount; ) {
      pause?.()
      const startedAt = now()
      const pending = run()
      if (pending !== undefined) await pending
      const ns = now() - startedAt
      samples.push(ns)
      totalNs += ns
    }
  }
  samples.sort((a, b) => a - b)
  return samples[samples.length >> 1]
}

export function expect(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) throw new Error(`${what}: got ${actual}, expected ${expected}`)
}
