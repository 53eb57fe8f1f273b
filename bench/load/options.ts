import { Command } from 'commander'
import { type CommonOptions, readWith } from '../driver/common-options.ts'

/** Reads the command line; on a mistake, prints it and exits. */
export function readOptions(): CommonOptions {
  const command = new Command('bench load').description(
    'Changing load: refill counts that are learned against fixed ones.',
  )
  return readWith(command, process.argv.toSpliced(2, 1), {
    milliseconds: 1000,
    quick: { runs: 1, milliseconds: 50 },
    runs: { ofFigures: 7, ofTargets: 7 },
    results: 'load',
  })
}
