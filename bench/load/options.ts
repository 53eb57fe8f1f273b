import { Command } from 'commander'
import { commaList, engineList, positiveInteger } from '../driver/arguments.ts'
import { engineKeys } from '../driver/engines.ts'

export interface Options {
  readonly engines: readonly string[]
  /** Processes per figure. */
  readonly runs: number
  /** On the clock, per process, for the mean; what is counted and the tails come on top. */
  readonly milliseconds: number
  /** Parts of names; all names contain the empty one. */
  readonly only: readonly string[]
  readonly targets: boolean
  readonly record: boolean
}

const quick = { runs: 1, milliseconds: 50 }

/** Reads the command line; on a mistake, prints it and exits. */
export function readOptions(): Options {
  const options = new Command('bench load')
    .description('Changing load: refill counts that are learned against fixed ones.')
    .option('--engines <list>', `some of ${engineKeys}`, engineList, ['node', 'node24', 'bun'])
    .option('--runs <count>', 'processes per figure', positiveInteger, 7)
    .option('--milliseconds <count>', 'measured time per process', positiveInteger, 1000)
    .option('--only <list>', 'workloads whose name contains one of these', commaList, [''])
    .option('--quick', `${quick.runs} run of ${quick.milliseconds} ms: no more than a smoke test`)
    .option('--targets', 'run only what has a target, and say which are reached', false)
    .option('--record', 'append the figures to bench/results/load.csv', false)
    .parse([...process.argv.slice(0, 2), ...process.argv.slice(3)])
    .opts()
  return { ...options, ...(options.quick && quick) } as Options
}
