// Shifting loads over four workers, in short: `node test/soak/run.mjs` takes its time.
import process from 'node:process'
import { suite } from 'uvu'
import { Random, SEED } from '../../packages/core/test/support/random.ts'
import { isMain, threadKinds } from '../support/threads.ts'
import { soak } from './soak.ts'
import './worker.ts'

const MINUTES = Number(process.env.ASHLAR_SOAK_MINUTES ?? 0)
const MEBIBYTE = 2 ** 20

/** At length with as many blocks as a game has; in short, counted in frames and not in time. */
const size =
  MINUTES > 0
    ? { seconds: 60 * MINUTES, frameCount: 2 ** 31, baseCount: 2000, byteLength: 512 * MEBIBYTE }
    : { seconds: 2 ** 31, frameCount: 600, baseCount: 200, byteLength: 64 * MEBIBYTE }

const test = suite('soak')

test('shifting loads over four workers', async () => {
  const log = MINUTES > 0 ? console.log : () => {}
  const options = { random: new Random(SEED), kind: threadKinds[0], workerCount: 4, log }
  try {
    await soak({ ...options, ...size })
  } catch (error) {
    console.error(`repeat this failure with ASHLAR_SEED=${SEED}`)
    throw error
  }
})

if (isMain) test.run()
