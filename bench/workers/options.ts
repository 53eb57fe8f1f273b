import { Command, InvalidArgumentError } from 'commander'
import { commaList, engineList, positiveInteger } from '../driver/arguments.ts'
import { engineKeys } from '../driver/engines.ts'
import { ours } from './cases.ts'

export interface Options {
  readonly engines: readonly string[]
  readonly workers: readonly number[]
  /** Processes per figure. */
  readonly runs: number
  /** On the clock, per process. */
  readonly milliseconds: number
  /** Parts of names; all names contain the empty one. */
  readonly only: readonly string[]
  readonly contenders: readonly string[]
  readonly targets: boolean
  readonly record: boolean
}

const quick = { runs: 3, milliseconds: 200 }

/** Reads the command line; on a mistake, prints it and exits. */
export function readOptions(): Options {
  const options = new Command('bench workers')
    .description('Several workers: Ashlar, a pool behind a mutex, an arena for each worker.')
    .option('--engines <list>', `some of ${engineKeys}`, engineList, ['node', 'node24', 'bun'])
    .option('--workers <list>', 'how many at a time', workerCounts, [1, 2, 4])
    .option('--runs <count>', 'processes per figure', positiveInteger, 7)
    .option('--milliseconds <count>', 'measured time per process', positiveInteger, 1000)
    .option('--only <list>', 'workloads whose name contains one of these', commaList, [''])
    .option('--contenders <list>', `the same for contenders; ${ours} always runs`, commaList, [''])
    .option('--quick', `${quick.runs} runs of ${quick.milliseconds} ms: no more than a smoke test`)
    .option('--targets', 'run only what has a target, and say which are reached', false)
    .option('--record', 'append the figures to bench/results/workers.csv', false)
    .parse([...process.argv.slice(0, 2), ...process.argv.slice(3)])
    .opts()
  return { ...options, ...(options.quick && quick) } as Options
}

/** Producers and consumers come in pairs; the name of a block has room for 14 workers. */
function workerCounts(text: string): number[] {
  const counts = commaList(text).map(positiveInteger)
  if (counts.every((count) => count === 1 || (count % 2 === 0 && count <= 14))) return counts
  throw new InvalidArgumentError('Expected 1 or even numbers up to 14, separated by commas.')
}
