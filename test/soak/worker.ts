/** A worker of a soak. */
import { Arena, type ArenaHandle } from '@ashlar/core'
import { Random } from '../../packages/core/test/support/random.ts'
import { runAsWorker } from '../support/threads.ts'
import { Load } from './load.ts'
import { SharedWords, STEPS } from './shared-words.ts'

/** After the load went down, with all it does in a frame. */
const SETTLING_FRAME_COUNT = 120

/** The one message that a worker gets. */
export interface Start {
  readonly handle: ArenaHandle
  readonly shared: SharedArrayBuffer
  readonly index: number
  readonly workerCount: number
  readonly seed: number
  readonly baseCount: number
  /** Of the first step, unless the next one begins before. */
  readonly frameCount: number
}

runAsWorker(play)

async function play(start: Start, fail: (error: unknown) => void): Promise<void> {
  const { index, workerCount } = start
  const shared = new SharedWords(start.shared, workerCount)
  const arena = Arena.attach(start.handle)
  arena.onViolation = fail
  const pool = arena.openPool()
  const stats = arena.stats()
  const load = new Load({
    arena,
    pool,
    random: new Random(start.seed),
    baseCount: start.baseCount,
    next: shared.beltFrom(index),
    previous: shared.beltFrom((index + workerCount - 1) % workerCount),
  })

  const frame = async () => {
    load.frame(() => shared.sawLive(arena.stats({ into: stats }).liveByteLength))
    shared.addFrame(index)
    await null // lets onViolation speak
  }
  const steps: Record<(typeof STEPS)[number], () => Promise<void> | void> = {
    async run() {
      for (let i = 0; i < start.frameCount && shared.beganCount === 1; i++) await frame()
    },
    calm: () => load.calm(),
    async settle() {
      for (let i = 0; i < SETTLING_FRAME_COUNT; i++) await frame()
      pool.flush()
    },
    collect: () => void pool.collect(),
    free() {
      load.freeAll()
      pool.flush()
    },
    close: () => pool.close(),
  }
  for (let done = 0; done < STEPS.length; done++) {
    shared.waitForStep(done)
    await steps[STEPS[done]]()
    shared.finish(index)
  }
}
