// False sharing. The main thread allocates a block of 8 bytes for each worker. Each frees the one
// that it was given, and then allocates such a block, writes to it 2,000 times and frees it, for
// ever. An allocator that gives blocks on one cache line to two workers makes them slower, not
// faster.
import assert from 'node:assert/strict'
import { measureWindows } from './windows.ts'
import { figuresOf, meet, report, runTogether, type Workload } from './worker-threads.ts'

const BYTE_LENGTH = 8
const WRITE_COUNT = 2_000

export const cacheScratch: Workload = {
  async run(contender, options) {
    const site = contender.create(options.workers)
    const shared = new SharedArrayBuffer(options.workers * 4)
    const main = contender.open(site, options.workers)
    const handedOut = new Int32Array(shared)
    for (let i = 0; i < handedOut.length; i++) handedOut[i] = main.alloc(BYTE_LENGTH)
    const reports = await runTogether(options, site, shared)
    main.close()
    const settled = contender.settle(site, [], [])
    assert.equal(settled.strayCount, 0, 'blocks lost')
    if (contender.returnsBlocks) {
      assert.equal(
        settled.returnedCount,
        options.workers,
        'blocks that came back to the main thread',
      )
    }
    return { reports, parallelCount: options.workers, figures: figuresOf(settled) }
  },

  work(contender, task) {
    const heap = contender.open(task.site, task.index)
    heap.free(new Int32Array(task.shared)[task.index])
    heap.flush()
    meet(task)
    const timed = measureWindows(task.options.milliseconds, WRITE_COUNT, () => {
      const block = heap.alloc(BYTE_LENGTH)
      const word = heap.firstWordOf(block)
      const written = countUp(heap.wordsOf(block), word)
      if (written !== WRITE_COUNT) throw new Error(`${written} of ${WRITE_COUNT} writes are there`)
      heap.free(block)
    })
    report(timed)
    heap.close()
  },
}

/** Each write reads what the last one wrote, so that none can be left out. */
function countUp(words: Int32Array, word: number): number {
  words[word] = 0
  for (let i = 0; i < WRITE_COUNT; i++) words[word]++
  return words[word]
}
