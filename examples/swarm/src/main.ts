// A swarm, simulated in an arena. `npm run swarm -- --help` lists the flags.
import { Arena, ArenaError, blocks } from '@ashlar/core'
import { assertEmpty, engineName, formatBytes, formatCount, formatFigure } from 'example-kit'
import { failWith, openProgressView } from 'example-kit/cli'
import { type Options, readOptions } from './options.ts'
import { type Progress, runSwarm } from './run.ts'
import { STEPS_PER_SECOND } from './sim/index.ts'
import { type RunReport, summaryAsJson, summaryAsText } from './summary.ts'

/** Address space; pages are taken from the system when they are first used. */
const ARENA_BYTE_LENGTH = 256 * 2 ** 20

try {
  const options = readOptions(process.argv.slice(2))
  if (!options.json) console.log(headOf(options))
  const report = await run(options)
  console.log(options.json ? summaryAsJson(report) : `\n${summaryAsText(report)}`)
} catch (error) {
  failWith('swarm', error, [ArenaError])
}

async function run(options: Options): Promise<RunReport> {
  const { workers = 0, seed } = options
  // Where memory cannot be shared, one thread does without; workers get an error that says why.
  const sharing = workers > 0 ? { shared: true } : {}
  const arena = Arena.create({ byteLength: ARENA_BYTE_LENGTH, slots: workers + 1, ...sharing })
  const view = openProgressView(options.json)
  const onProgress = (progress: Progress) => view.show(shown(progress))
  try {
    const report = await runSwarm({ ...options, arena, onProgress })
    assertEmpty(arena, 'the run')
    return { engine: engineName(), seed, workers, ...report, blocksLeft: blocks(arena).length }
  } finally {
    view.stop()
  }
}

function headOf({ boids, steps, seed, workers }: Options): string {
  const what = boids === 1 ? '1 boid' : `${formatCount(boids)} boids`
  const seconds = formatFigure(steps / STEPS_PER_SECOND)
  const whose =
    workers === undefined ? '' : `, ${workers === 1 ? '1 worker' : `${workers} workers`}`
  return `${what}, ${seconds} s, seed ${seed}${whose}`
}

/** Of constant width, so that nothing jumps. */
function shown({ step, steps, stepsPerSecond, liveByteLength }: Progress) {
  const speed = formatFigure(stepsPerSecond).padStart(6)
  return {
    name: 'swarm',
    step,
    steps,
    figures: `${speed} steps/s ${formatBytes(liveByteLength).padStart(8)}`,
  }
}
