// Workers that are killed at random instants, in short: `node test/stress/run.mjs` takes its time.
import process from 'node:process'
import { suite } from 'uvu'
import { Random, SEED } from '../../packages/core/test/support/random.ts'
import { isMain, threadKinds } from '../support/threads.ts'
import { playRound } from './round.ts'
import { Tally } from './tally.ts'
import './worker.ts'

const TERMINATIONS = Number(process.env.ASHLAR_TERMINATIONS ?? 60)
/** The rest of a round, its settling and the first workers, takes as long as some deaths. */
const DEATHS_A_ROUND = [8, 16, 32]
const WORKER_COUNT = 4
/** Deno's terminated workers run on: there they end by themselves. */
const MAY_TERMINATE = !('Deno' in globalThis)

const test = suite('stress')

test(`${TERMINATIONS} deaths at random instants`, async () => {
  const tally = new Tally(performance.now())
  const random = new Random(SEED)
  console.log(`seed ${SEED}`)
  try {
    const count = () => (MAY_TERMINATE ? tally.terminationCount : tally.deathCount)
    while (count() < TERMINATIONS) {
      await playRound({
        random,
        kind: threadKinds[0],
        workerCount: WORKER_COUNT,
        deathCount: random.pick(DEATHS_A_ROUND),
        mayTerminate: MAY_TERMINATE,
        tally,
      })
      if (TERMINATIONS > 100) console.log(tally.text())
    }
  } finally {
    console.log(tally.text())
  }
})

if (isMain) test.run()
