import { Argument, Command } from 'commander'
import { commaList, engineList, positiveInteger } from './arguments.ts'
import { defaultCommit } from './before.ts'
import { engineKeys } from './engines.ts'
import { ours, oursBefore } from './run.ts'

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
  /** The commit of `oursBefore`, by any name that git knows. */
  readonly before: string
  readonly targets: boolean
  readonly record: boolean
}

const topics = ['alloc', 'ecs', 'ecs-suite', 'parallel', 'sparse', 'tables']
const quick = { runs: 3, milliseconds: 50 }
const runs = { ofFigures: 7, ofTargets: 15 }
const runsHelp = `processes per figure (default: ${runs.ofFigures}; --targets: ${runs.ofTargets})`

/** Reads the command line; on a mistake, prints it and exits. */
export function readOptions(commandLine: readonly string[] = process.argv): Options {
  const program = new Command('bench')
    .description('Compares Ashlar with its rivals, one process per figure, in interleaved turns.')
    .addArgument(new Argument('[topics...]').choices(topics).default(topics))
    .option('--engines <list>', `some of ${engineKeys}`, engineList, ['node', 'node24', 'bun'])
    .option('--runs <count>', runsHelp, positiveInteger)
    .option('--milliseconds <count>', 'measured time per process', positiveInteger, 300)
    .option('--only <list>', 'workloads whose name contains one of these', commaList, [''])
    .option('--contenders <list>', `the same for contenders; ${ours} always runs`, commaList, [''])
    .option('--before <commit>', `the commit that '${oursBefore}' comes from`, defaultCommit)
    .option('--quick', `${quick.runs} runs of ${quick.milliseconds} ms: no more than a smoke test`)
    .option('--targets', 'run only what has a target, and say which are reached', false)
    .option('--record', 'append the figures to bench/results/<topic>.csv', false)
    .parse(commandLine)
  const given = program.opts()
  const defaults = { runs: given.targets ? runs.ofTargets : runs.ofFigures }
  const topicsGiven = program.processedArgs[0]
  return { ...defaults, ...given, ...(given.quick && quick), topics: topicsGiven } as Options
}
