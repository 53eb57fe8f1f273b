// The flags of the command line.
import { Command } from 'commander'
import { integer, positive, SECONDS_MAX, SEED_MAX } from 'example-kit/cli'
import { STEPS_PER_SECOND } from './sim/index.ts'

export interface Options {
  readonly boids: number
  readonly seed: number
  readonly steps: number
  /** Threads that run the systems; undefined: this one does. */
  readonly workers?: number
  readonly json: boolean
}

const BOIDS = 100_000
const BOIDS_MAX = 1_000_000
const SECONDS = 10
const STEPS_MAX = SECONDS_MAX * STEPS_PER_SECOND
const WORKERS_MAX = 64

/**
 * Reads the arguments that follow the script's name. Prints and exits as commander does: 0 after
 * `--help`, 1 with the error on stderr when a flag is wrong.
 */
export function readOptions(args: readonly string[]): Options {
  const program = new Command('swarm')
    .description('Simulates a swarm of boids in an arena, and says what it cost.')
    .option('--boids <n>', 'how many', integer(1, BOIDS_MAX), BOIDS)
    .option('--seed <n>', 'seed of all that is random', integer(0, SEED_MAX), 1)
    .option(
      '--seconds <n>',
      `simulated time, at ${STEPS_PER_SECOND} steps a second, as fast as it goes ` +
        `(default: ${SECONDS})`,
      positive(SECONDS_MAX),
    )
    .option('--steps <n>', 'the same in steps', integer(1, STEPS_MAX))
    .option(
      '--workers <n>',
      'run the systems on so many worker threads; the checksum stays what it is ' +
        '(default: all in one thread)',
      integer(1, WORKERS_MAX),
    )
    .option('--json', 'print the summary as JSON, and nothing else', false)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help lists the flags)')
    .parse(args, { from: 'user' })
  const { seconds, steps, ...options } = program.opts<
    Omit<Options, 'steps'> & { seconds?: number; steps?: number }
  >()
  if (seconds !== undefined && steps !== undefined) {
    program.error('error: --seconds and --steps exclude each other; give one of them')
  }
  const stepCount = Math.max(1, Math.round((seconds ?? SECONDS) * STEPS_PER_SECOND))
  return { ...options, steps: steps ?? stepCount }
}

const EXAMPLES = `
Examples:
  npm run swarm                                  100,000 boids, for 10 simulated seconds
  npm run swarm -- --workers 2                   the same on two threads
  npm run swarm -- --boids 1000000 --steps 100   a million
  npm run swarm -- --boids 2000 --seed 7         a few, and other dice`
