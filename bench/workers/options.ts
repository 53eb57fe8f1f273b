import { Command, InvalidArgumentError } from 'commander'
import {
  type CommonOptions,
  commaList,
  positiveInteger,
  readWith,
} from '../driver/common-options.ts'
import { ours } from './cases.ts'

interface MoreOptions {
  readonly workers: readonly number[]
  readonly contenders: readonly string[]
}

/** Reads the command line; on a mistake, prints it and exits. */
export function readOptions(): CommonOptions & MoreOptions {
  const command = new Command('bench workers')
    .description('Several workers: Ashlar, a pool behind a mutex, an arena for each worker.')
    .option('--workers <list>', 'how many at a time', workerCounts, [1, 2, 4])
    .option('--contenders <list>', `parts of names; ${ours} always runs`, commaList, [''])
  return readWith<MoreOptions>(command, process.argv.toSpliced(2, 1), {
    milliseconds: 1000,
    quick: { runs: 3, milliseconds: 200 },
    runs: { ofFigures: 7, ofTargets: 7 },
    results: 'workers',
  })
}

/** Producers and consumers come in pairs; the name of a block has room for 14 workers. */
function workerCounts(text: string): number[] {
  const counts = commaList(text).map(positiveInteger)
  if (counts.every((count) => count === 1 || (count % 2 === 0 && count <= 14))) return counts
  throw new InvalidArgumentError('Expected 1 or even numbers up to 14, separated by commas.')
}
