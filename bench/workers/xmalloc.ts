// Producers and consumers, in pairs: one worker allocates, the other one frees all of it. A worker
// alone plays both parts.
import assert from 'node:assert/strict'
import { Clock, Consumer, Producer } from './parts.ts'
import { BATCH_LENGTH, BatchQueue, queueByteLength } from './queue.ts'
import { figuresOf, meet, report, runTogether, type Workload } from './worker-threads.ts'

/** In bytes; the list of xmalloc-test. */
export const mixedByteLengths = [
  8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024, 1_536, 2_048,
]

export interface XmallocOptions {
  readonly byteLengths: readonly number[]
  /** In which order blocks are freed. */
  readonly order: 'of allocation' | 'random'
}

export const xmalloc = ({ byteLengths, order }: XmallocOptions): Workload => ({
  async run(contender, options) {
    const pairCount = Math.ceil(options.workers / 2)
    const site = contender.create(options.workers)
    const shared = new SharedArrayBuffer(pairCount * queueByteLength)
    const reports = await runTogether(options, site, shared)
    const settled = contender.settle(site, [], [])
    assert.equal(settled.strayCount, 0, 'blocks lost')
    const handedOverCount = reports.reduce((sum, one) => sum + (one.remoteFreeCount ?? 0), 0)
    assert.equal(handedOverCount > 0, options.workers > 1, 'whether blocks were handed over')
    if (contender.returnsBlocks) {
      assert.equal(settled.returnedCount, handedOverCount, 'blocks that came back to their owners')
    }
    return { reports, parallelCount: pairCount, figures: figuresOf(settled) }
  },

  work(contender, task) {
    const heap = contender.open(task.site, task.index)
    const queue = new BatchQueue(task.shared, task.index >> 1)
    const producer = new Producer(heap, byteLengths, task.index)
    const consumer = new Consumer(heap, order)
    const isAlone = task.options.workers === 1
    meet(task)
    const clock = new Clock(task.options.milliseconds)
    if (isAlone) {
      while (!clock.isOver()) consumer.free(producer.produce(clock), clock)
    } else if (task.index % 2 === 0) {
      while (!clock.isOver()) queue.put(producer.produce(clock))
      queue.end()
    } else {
      const batch = new Int32Array(BATCH_LENGTH)
      while (queue.take(batch)) consumer.free(batch, clock)
    }
    meet(task) // all consumers have flushed
    heap.drain()
    report({
      opCount: producer.opCount,
      milliseconds: producer.milliseconds,
      buckets: consumer.costs.free,
      costs: { ...producer.costs, ...consumer.costs },
      remoteFreeCount: isAlone ? 0 : consumer.freedCount,
    })
    heap.close()
  },
})
