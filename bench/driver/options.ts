import { Argument, Command } from 'commander'
import { defaultCommit } from './before.ts'
import { type CommonOptions, commaList, readWith } from './common-options.ts'
import { ours, oursBefore } from './run.ts'

interface MoreOptions {
  readonly contenders: readonly string[]
  /** The commit of `oursBefore`, by any name that git knows. */
  readonly before: string
  /** Whether `curve` draws its picture for the docs. */
  readonly draw: boolean
}

export interface Options extends CommonOptions, MoreOptions {
  readonly topics: readonly string[]
}

const topics = ['alloc', 'curve', 'ecs', 'ecs-suite', 'parallel', 'sparse', 'tables']

/** Reads the command line; on a mistake, prints it and exits. */
export function readOptions(commandLine: readonly string[] = process.argv): Options {
  const command = new Command('bench')
    .description('Compares Ashlar with its rivals, one process per figure, in interleaved turns.')
    .addArgument(new Argument('[topics...]').choices(topics).default(topics))
    .option('--contenders <list>', `parts of names; ${ours} always runs`, commaList, [''])
    .option('--before <commit>', `the commit that '${oursBefore}' comes from`, defaultCommit)
    .option('--draw', "draw the figures of 'curve' into docs/pictures", false)
  const options = readWith<MoreOptions>(command, commandLine, {
    milliseconds: 300,
    quick: { runs: 3, milliseconds: 50 },
    runs: { ofFigures: 7, ofTargets: 15 },
    results: '<topic>',
  })
  return { ...options, topics: command.processedArgs[0] }
}
