// Blocks that outlive and migrate. In each iteration a worker allocates 5,000 blocks and keeps
// half as many to its end; in between it frees random ones and swaps some with a table of 1,000
// places that all workers share, by which blocks get from one to another. All words of a block are
// written, and checked when it is freed. The workers end after every fifth iteration, and new ones
// follow; then half of what is in the table is freed by the main thread.
import assert from 'node:assert/strict'
import { xorshift32 } from '../random.ts'
import type { Heap } from './heap.ts'
import { addWindow, emptyBuckets, sumOf, type Timed } from './windows.ts'
import {
  figuresOf,
  meet,
  type Report,
  report,
  runTogether,
  type Workload,
} from './worker-threads.ts'

const SCALE = 50
const ALLOC_COUNT = 100 * SCALE
const KEPT_COUNT = ALLOC_COUNT / 2
const PLACE_COUNT = 1_000
const ITERATIONS_PER_LIFE = 5
const COOKIE = 0x5bf0_3635
const WINDOW = 1_024

export const mstress: Workload = {
  async run(contender, options) {
    const { workers } = options
    const site = contender.create(workers)
    const shared = new SharedArrayBuffer(PLACE_COUNT * 4)
    const places = new Int32Array(shared)
    const main = contender.open(site, workers)
    const reports: Report[] = []
    const endsAt = performance.now() + options.milliseconds * 1.5
    for (let life = 0; life === 0 || performance.now() < endsAt; life++) {
      reports.push(...(await runTogether(options, site, shared, life)))
      for (let place = 0; place < PLACE_COUNT; place += 2) {
        if (places[place] !== 0) freeChecked(main, places[place])
        places[place] = 0
      }
      main.flush()
    }
    const leftovers = places.filter((block) => block !== 0)
    main.close()
    const settled = contender.settle(site, [...leftovers], [])
    assert.equal(settled.strayCount, 0, 'blocks lost')
    if (contender.returnsBlocks) {
      assert.equal(settled.returnedCount > 0, true, 'whether blocks came back to their owners')
    }
    return { reports, parallelCount: workers, figures: figuresOf(settled) }
  },

  work(contender, task) {
    const heap = contender.open(task.site, task.index)
    const places = new Int32Array(task.shared)
    const random = xorshift32(task.index + task.life * task.options.workers)
    meet(task)
    iterate(heap, places, random) // compiles it
    const times: Timed[] = []
    for (let i = 1; i < ITERATIONS_PER_LIFE; i++) times.push(iterate(heap, places, random))
    report(sumOf(times))
    heap.close()
  },
}

/** One operation is an allocation, a free or a swap. */
function iterate(heap: Heap, places: Int32Array, random: () => number): Timed {
  const buckets = emptyBuckets()
  const held: number[] = []
  const kept: number[] = []
  let allocCount = 0
  let opCount = 0
  let windowOpCount = 0
  const startedAt = performance.now()
  let before = startedAt
  while (allocCount < ALLOC_COUNT || kept.length < KEPT_COUNT) {
    const bits = random()
    if (kept.length >= KEPT_COUNT || (allocCount < ALLOC_COUNT && bits & 1)) {
      held.push(allocWritten(heap, bits >>> 16))
      allocCount++
    } else {
      kept.push(allocWritten(heap, bits >>> 16))
    }
    opCount++
    if (held.length > 0 && random() % 100 < 66) {
      freeChecked(heap, takeRandom(held, random()))
      opCount++
    }
    if (held.length > 0 && random() % 100 < 25) {
      const i = random() % held.length
      const block = Atomics.exchange(places, random() % PLACE_COUNT, held[i])
      if (block !== 0) held[i] = block
      else takeAt(held, i)
      opCount++
    }
    if (opCount - windowOpCount < WINDOW) continue
    heap.drain()
    const now = performance.now()
    addWindow(buckets, (now - before) * 1e6, opCount - windowOpCount)
    windowOpCount = opCount
    before = now
  }
  for (const block of [...held, ...kept]) freeChecked(heap, block)
  opCount += held.length + kept.length
  return { opCount, milliseconds: performance.now() - startedAt, buckets }
}

/** Of 8 to 128 bytes, some a hundred times as long. The first word tells how many there are. */
function allocWritten(heap: Heap, bits: number): number {
  const isLong = (bits >>> 4) % 100 === 0
  const wordCount = (2 << (bits % 5)) * (isLong ? 100 : 1)
  const block = heap.alloc(wordCount * 4)
  const words = heap.wordsOf(block)
  const first = heap.firstWordOf(block)
  for (let i = 0; i < wordCount; i++) words[first + i] = (wordCount - i) ^ COOKIE
  return block
}

function freeChecked(heap: Heap, block: number): void {
  const words = heap.wordsOf(block)
  const first = heap.firstWordOf(block)
  const wordCount = words[first] ^ COOKIE
  for (let i = 1; i < wordCount; i++) {
    if (words[first + i] === ((wordCount - i) ^ COOKIE)) continue
    throw new Error(`block ${block} of ${wordCount} words was overwritten at word ${i}`)
  }
  heap.free(block)
}

const takeRandom = (blocks: number[], bits: number) => takeAt(blocks, bits % blocks.length)

function takeAt(blocks: number[], index: number): number {
  const block = blocks[index]
  const last = blocks.pop()!
  if (index < blocks.length) blocks[index] = last
  return block
}
