// The options that the command lines of all topics share.
import { type Command, InvalidArgumentError } from 'commander'
import { engineKeys } from './engines.ts'

export interface CommonOptions {
  readonly engines: readonly string[]
  /** Processes per figure. */
  readonly runs: number
  /** On the clock, per process. */
  readonly milliseconds: number
  /** Parts of names; all names contain the empty one. */
  readonly only: readonly string[]
  readonly targets: boolean
  readonly record: boolean
}

export interface CommonDefaults {
  readonly milliseconds: number
  /** With `--quick`. */
  readonly quick: { readonly runs: number; readonly milliseconds: number }
  /** Without and with `--targets`. */
  readonly runs: { readonly ofFigures: number; readonly ofTargets: number }
  /** The file, or files, below bench/results. */
  readonly results: string
}

/** Adds the options to a command, and reads its command line; on a mistake, prints it and exits. */
export function readWith<More>(
  command: Command,
  commandLine: readonly string[],
  { milliseconds, quick, runs, results }: CommonDefaults,
): CommonOptions & More {
  const { ofFigures, ofTargets } = runs
  const times = `${quick.runs} x ${quick.milliseconds} ms`
  const perFigure = `processes per figure (default: ${ofFigures}; --targets: ${ofTargets})`
  const given = command
    .option('--engines <list>', `some of ${engineKeys}`, engineList, ['node', 'node24', 'bun'])
    .option('--runs <count>', perFigure, positiveInteger)
    .option('--milliseconds <count>', 'measured time per process', positiveInteger, milliseconds)
    .option('--only <list>', 'workloads whose name contains one of these', commaList, [''])
    .option('--quick', `${times}: no more than a smoke test`)
    .option('--targets', 'run only what has a target, and say which are reached', false)
    .option('--record', `append the figures to bench/results/${results}.csv`, false)
    .parse(commandLine)
    .opts()
  return { runs: given.targets ? ofTargets : ofFigures, ...given, ...(given.quick && quick) }
}

export function commaList(text: string): string[] {
  return text.split(',')
}

function engineList(text: string): string[] {
  const keys = commaList(text)
  if (keys.every((key) => engineKeys.includes(key))) return keys
  throw new InvalidArgumentError(`Expected some of ${engineKeys}, separated by commas.`)
}

export function positiveInteger(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a positive integer.')
}
