/** A worker of a soak. */
import { Arena, type ArenaHandle } from '@ashlar/core'
import { Random } from '../../packages/core/test/support/random.ts'
import { isMain, listenToParent, type Parent } from '../support/threads.ts'
import { Board, STEPS } from './board.ts'
import { Load } from './load.ts'

/** After the load went down, with all it does in a frame. */
const SETTLING_FRAME_COUNT = 120

/** The one message that a worker gets. */
export interface Start {
  readonly handle: ArenaHandle
  readonly board: SharedArrayBuffer
  readonly index: number
  readonly workerCount: number
  readonly seed: number
  readonly baseCount: number
  /** Of the first step, unless the next one begins before. */
  readonly frameCount: number
}

/** The one that it may send. */
export interface Failure {
  readonly failure: string
}

if (!isMain) {
  const parent = listenToParent((message) => run(message as Start, parent))
}

async function run(start: Start, parent: Parent): Promise<void> {
  const fail = (error: unknown) => {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error)
    parent.post({ failure } satisfies Failure)
  }
  try {
    await play(start, fail)
    parent.end()
  } catch (error) {
    fail(error)
  }
}

async function play(start: Start, fail: (error: unknown) => void): Promise<void> {
  const { index, workerCount } = start
  const board = new Board(start.board, workerCount)
  const arena = Arena.attach(start.handle)
  arena.onViolation = fail
  const pool = arena.openPool()
  const stats = arena.stats()
  const load = new Load({
    arena,
    pool,
    random: new Random(start.seed),
    baseCount: start.baseCount,
    next: board.beltFrom(index),
    previous: board.beltFrom((index + workerCount - 1) % workerCount),
  })

  const frame = async () => {
    load.frame(() => board.sawLive(arena.stats({ into: stats }).liveBytes))
    board.addFrame(index)
    await null // lets onViolation speak
  }
  const steps: Record<(typeof STEPS)[number], () => Promise<void> | void> = {
    async run() {
      for (let i = 0; i < start.frameCount && board.beganCount === 1; i++) await frame()
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
    board.waitForStep(done)
    await steps[STEPS[done]]()
    board.finish(index)
  }
}
