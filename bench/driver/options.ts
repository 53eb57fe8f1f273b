import { Argument, Command } from 'commander'
import { commaList, engineList, positiveInteger } from './arguments.ts'
import { engineKeys } from './engines.ts'
import { ours } from './run.ts'

export interface Options {
  readonly topics: readonly string[]
  readonly engines: readonly string[]
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

const topics = ['alloc', 'ecs', 'ecs-suite', 'parallel', 'sparse', 'tables']
const quick = { runs: 3, milliseconds: 50 }

/** Reads the command line; on a mistake, prints it and exits. */
export function readOptions(): Options {
  const program = new Command('bench')
    .description('Compares Ashlar with its rivals, one process per figure, in interleaved turns.')
    .addArgument(new Argument('[topics...]').choices(topics).default(topics))
    .option('--engines <list>', `some of ${engineKeys}`, engineList, ['node', 'node24', 'bun'])
    .option('--runs <count>', 'processes per figure', positiveInteger, 7)
    .option('--milliseconds <count>', 'measured time per process', positiveInteger, 300)
    .option('--only <list>', 'workloads whose name contains one of these', commaList, [''])
    .option('--contenders <list>', `the same for contenders; ${ours} always runs`, commaList, [''])
    .option('--quick', `${quick.runs} runs of ${quick.milliseconds} ms: no more than a smoke test`)
    .option('--targets', 'run only what has a target, and say which are reached', false)
    .option('--record', 'append the figures to bench/results/<topic>.csv', false)
    .parse()
  const options = program.opts()
  return { ...options, ...(options.quick && quick), topics: program.processedArgs[0] } as Options
}
