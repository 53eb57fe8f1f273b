// A server that loses its threads. Each worker replaces random blocks of 8 to 1,000 bytes among
// 5,000, a hundred thousand times. Then it dies amid further work, at whatever instruction, and a
// new one takes over its slot and goes on: with the blocks that the worker before the last one
// left, so that it frees what others have allocated. Contenders that do not survive death end in
// an orderly way.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { median } from '../driver/statistics.ts'
import { xorshift32 } from '../random.ts'
import type { Grave, Heap } from './heap.ts'
import { timeWindows } from './windows.ts'
import { figuresOf, type Report, report, startWorker, type Workload } from './worker-threads.ts'

/** Of each worker. */
const BLOCK_COUNT = 5_000
const MIN_BYTE_LENGTH = 8
const MAX_BYTE_LENGTH = 1_000
const WINDOW = 1_024
const WINDOWS_PER_LIFE = 100
/** Each worker starts anew, and its code has to be compiled. */
const WARM_UP_WINDOWS = 50
/** By then each worker has met blocks of another one. */
const MIN_LIFE_COUNT = 2
/** A worker that is to be terminated runs on for up to so many milliseconds. */
const MAX_GRACE = 3
/** A power of two. */
const STEP_COUNT = 2 ** 16

export const larson: Workload = {
  async run(contender, options) {
    const { workers } = options
    const site = contender.create(workers)
    // One part more than workers: the one that the last of the dead left.
    const shared = new SharedArrayBuffer((workers + 1) * BLOCK_COUNT * 4)
    const barrier = new SharedArrayBuffer(8)
    const reports: Report[] = []
    const graves: Grave[] = []
    const endsAt = performance.now() + options.milliseconds * 1.5
    let sparePart = workers
    const adoptions: number[] = []
    async function succeedEachOther(index: number): Promise<void> {
      const task = { options, site, index, shared, barrier }
      let part = index
      let grave: Grave | undefined
      let life = 0
      do {
        const one = startWorker({ ...task, part, life: life++, ...(grave && { grave }) })
        const heard = await one.report
        reports.push(heard)
        if (grave) adoptions.push(heard.openMilliseconds!)
        if (contender.survivesDeath) {
          grave = heard.grave!
          await delay(Math.random() * MAX_GRACE)
          one.worker.terminate()
        }
        await one.death
        ;[part, sparePart] = [sparePart, part]
      } while (life < MIN_LIFE_COUNT || performance.now() < endsAt)
      if (grave) graves.push(grave)
    }
    await Promise.all(Array.from({ length: workers }, (_, index) => succeedEachOther(index)))
    const leftovers = new Int32Array(shared).filter((block) => block !== 0)
    const settled = contender.settle(site, [...leftovers], graves)
    const deathCount = contender.survivesDeath ? reports.length : 0
    // Each may have died between an allocation or a free and the note that it is done.
    assert.equal(settled.strayCount <= deathCount, true, `${settled.strayCount} blocks lost`)
    if (contender.returnsBlocks && workers > 1) {
      assert.equal(settled.returnedCount > 0, true, 'whether blocks came back to their owners')
    }
    const figures = {
      ...figuresOf(settled),
      deaths: deathCount,
      strays: settled.strayCount,
      ...(adoptions.length > 0 && { 'adopt ms': median(adoptions) }),
    }
    return { reports, parallelCount: workers, figures }
  },

  work(contender, task) {
    const openedAt = performance.now()
    const heap = contender.open(task.site, task.index, task.grave)
    const openMilliseconds = performance.now() - openedAt
    const blocks = new Int32Array(task.shared, task.part! * BLOCK_COUNT * 4, BLOCK_COUNT)
    const seed = task.index + task.life * task.options.workers
    const { replaceAll, replaceWindow } = replacer(heap, blocks, seed)
    replaceAll()
    const afterWindows = (count: number) => (_: number, opCount: number) =>
      opCount >= count * WINDOW
    timeWindows(WINDOW, replaceWindow, afterWindows(WARM_UP_WINDOWS))
    const timed = timeWindows(WINDOW, replaceWindow, afterWindows(WINDOWS_PER_LIFE))
    report({ ...timed, grave: heap.grave, openMilliseconds })
    while (contender.survivesDeath) replaceWindow() // until it is terminated
    heap.close()
  },
}

function replacer(heap: Heap, blocks: Int32Array, seed: number) {
  const random = xorshift32(seed)
  const lengthRange = MAX_BYTE_LENGTH - MIN_BYTE_LENGTH + 1
  const places = Uint16Array.from({ length: STEP_COUNT }, () => random() % BLOCK_COUNT)
  const byteLengths = Uint16Array.from({ length: STEP_COUNT }, () => {
    return MIN_BYTE_LENGTH + (random() % lengthRange)
  })
  let step = 0

  /** Leaves at most one block without a name when the worker is terminated in it. */
  function replace(place: number, byteLength: number): void {
    const old = blocks[place]
    if (old !== 0) {
      const word = heap.wordsOf(old)[heap.firstWordOf(old)]
      if (word !== ~old) throw new Error(`block ${old} holds ${word}, expected ${~old}`)
      blocks[place] = 0
      heap.free(old)
    }
    const block = heap.alloc(byteLength)
    heap.wordsOf(block)[heap.firstWordOf(block)] = ~block
    blocks[place] = block
  }

  return {
    replaceAll() {
      for (let place = 0; place < BLOCK_COUNT; place++) replace(place, byteLengths[place])
    },
    replaceWindow() {
      for (let i = 0; i < WINDOW; i++) {
        replace(places[step], byteLengths[step])
        step = (step + 1) % STEP_COUNT
      }
      heap.drain()
    },
  }
}
