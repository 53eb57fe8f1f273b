// Each worker replaces random blocks among 1,000 of its own: as `random-64-1k` and `random-
// mixed-1k` of alloc.bench.ts, several times at once.
import assert from 'node:assert/strict'
import { createWork, stepCount, type Work } from '../alloc/workloads.ts'
import type { Heap } from './heap.ts'
import { measureWindows } from './windows.ts'
import { figuresOf, meet, report, runTogether, type Workload } from './worker-threads.ts'

const LIVE_COUNT = 1_000
const WINDOW = 1_024

export const local = (byteLengths: Work['byteLengths']): Workload => ({
  async run(contender, options) {
    const site = contender.create(options.workers)
    const reports = await runTogether(options, site, new SharedArrayBuffer(0))
    const settled = contender.settle(site, [], [])
    assert.equal(settled.strayCount, 0, 'blocks lost')
    assert.equal(settled.returnedCount, 0, 'blocks freed by others')
    return { reports, parallelCount: options.workers, figures: figuresOf(settled) }
  },

  work(contender, task) {
    const heap = contender.open(task.site, task.index)
    const pattern = 'random'
    const work = createWork({ name: '', pattern, byteLengths, liveCount: LIVE_COUNT, stepCount })
    const live = new Int32Array(LIVE_COUNT)
    for (let i = 0; i < LIVE_COUNT; i++) live[i] = heap.alloc(work.requests[i])
    work.step = (task.index * LIVE_COUNT * 7) & work.stepMask // not all in step
    meet(task)
    const timed = measureWindows(task.options.milliseconds, WINDOW, () => {
      replaceRandom(heap, live, work, WINDOW)
      heap.drain()
    })
    report(timed)
    for (const block of live) heap.free(block)
    heap.close()
  },
})
/** The loop of alloc/loops.ts, for heaps of several buffers. */
function replaceRandom(heap: Heap, live: Int32Array, work: Work, opCount: number): void {
  const { slots, requests, stepMask } = work
  let { step } = work
  for (let i = 0; i < opCount; i++) {
    const slot = slots[step]
    heap.free(live[slot])
    const block = heap.alloc(requests[step])
    heap.wordsOf(block)[heap.firstWordOf(block)] = step
    live[slot] = block
    step = (step + 1) & stepMask
  }
  work.step = step
}
