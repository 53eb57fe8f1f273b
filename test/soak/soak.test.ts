// Shifting loads over four workers, in short: `node test/soak/run.mjs` takes its time.
import process from 'node:process'
import { suite } from 'uvu'
import { Random, SEED } from '../../packages/core/test/support/random.ts'
import { isMain, threadKinds } from '../support/threads.ts'
import { FRAMES_FOR_ALL_KINDS } from './load.ts'
import { soak } from './soak.ts'
import './worker.ts'

const MINUTES = Number(process.env.ASHLAR_SOAK_MINUTES ?? 0)

/** At length by time; in short by frames. */
const limits =
  MINUTES > 0
    ? { seconds: 60 * MINUTES, frameCount: Number.MAX_SAFE_INTEGER }
    : { seconds: Number.MAX_SAFE_INTEGER, frameCount: FRAMES_FOR_ALL_KINDS }

/** Fewer blocks would be one or two in a span, which no figure of memory is meant for. */
const size = { workerCount: 4, baseCount: 2000, byteLength: 512 * 2 ** 20 }

const test = suite('soak')

test('shifting loads over four workers', async () => {
  const random = new Random(SEED)
  try {
    await soak({ random, kind: threadKinds[0], log: console.log, ...limits, ...size })
  } catch (error) {
    console.error(`repeat this failure with ASHLAR_SEED=${SEED}`)
    throw error
  }
})

if (isMain) test.run()
