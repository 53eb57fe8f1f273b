// The flags of the command line.
import { Command } from 'commander'
import { integer, positive, SECONDS_MAX, SEED_MAX } from 'example-kit/cli'

export interface Options {
  /** A WAD of the user's; undefined: look for Freedoom. */
  readonly wad?: string
  /** The built-in level, whatever is installed. */
  readonly tiny: boolean
  /** A map's name or 'all'; undefined: the first map. */
  readonly map?: string
  readonly seed: number
  /** Simulated, for each map. */
  readonly seconds: number
  /** Actors besides those of the map. */
  readonly entities: number
  /** Threads that share the level; undefined: none besides this one. */
  readonly workers?: number
  /** They run the systems of one world, instead of a shard each. */
  readonly group: boolean
  readonly json: boolean
}

const SECONDS = 60
/** With `--map all`: 36 maps then take some ten seconds. */
const SECONDS_OF_EACH = 10
const ENTITIES = 1000
const ENTITIES_MAX = 20_000
/** Beyond it the shards of most maps are smaller than what is looked at around them. */
const WORKERS_MAX = 64

/**
 * Reads the arguments that follow the script's name. Prints and exits as commander does: 0 after
 * `--help`, 1 with the error on stderr when a flag is wrong.
 */
export function readOptions(args: readonly string[]): Options {
  const program = new Command('level')
    .description('Simulates a level of a Doom WAD in an arena, and says what it cost.')
    .option('--wad <file>', 'the WAD to read (default: Freedoom, where it is installed)')
    .option('--tiny', 'the small built-in level, though Freedoom is installed', false)
    .option('--map <name>', "a map's name, such as E1M1 or MAP01, or all (default: the first)")
    .option('--seed <n>', 'seed of all that is random', integer(0, SEED_MAX), 1)
    .option(
      '--seconds <n>',
      'simulated time for each map, at 35 steps a second, as fast as it goes ' +
        `(default: ${SECONDS}, or ${SECONDS_OF_EACH} with --map all)`,
      positive(SECONDS_MAX),
    )
    .option('--entities <n>', 'actors besides those of the map', integer(0, ENTITIES_MAX), ENTITIES)
    .option(
      '--workers <n>',
      'how many worker threads share the level, in shards; the checksum stays the same ' +
        '(default: all in one thread)',
      integer(1, WORKERS_MAX),
    )
    .option(
      '--group',
      'with --workers: one world whose systems run on all of them, instead of a shard for each',
      false,
    )
    .option('--json', 'print the summary as JSON, and nothing else', false)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help lists the flags)')
    .parse(args, { from: 'user' })
  const options = program.opts<Omit<Options, 'seconds'> & { seconds?: number }>()
  if (options.tiny && options.wad !== undefined) {
    program.error('error: --tiny and --wad exclude each other; give one of them')
  }
  if (options.group && options.workers === undefined) {
    program.error('error: --group needs --workers: give both')
  }
  const isAll = options.map?.toLowerCase() === 'all'
  return { ...options, seconds: options.seconds ?? (isAll ? SECONDS_OF_EACH : SECONDS) }
}

const EXAMPLES = `
Examples:
  npm start                                  Freedoom's first map, for a simulated minute
  npm start -- --map all                     all its maps, one after the other in one arena
  npm start -- --wad my.wad --map MAP01      a WAD of your own
  npm start -- --entities 5000 --seed 7      a crowd, and other dice
  npm start -- --entities 5000 --workers 2   a crowd, on two threads
  npm start -- --workers 2 --group           one world, its systems on two threads`
