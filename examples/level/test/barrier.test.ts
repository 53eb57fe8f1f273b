import { Worker } from 'node:worker_threads'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorkerFiles } from '../../kit/test/support/worker-files.ts'
import { BARRIER_BYTE_LENGTH, BarrierAborted, createBarrier } from '../src/barrier.ts'

const test = suite('level: barrier')
const files = createWorkerFiles('examples/level/src')
test.after(files.remove)

/** Word of the first thread's round. */
const ROUNDS = 2 + BARRIER_BYTE_LENGTH / 4

/** Says how often it saw a thread in another round, or the error's name. */
const PROGRAM = `
  import { parentPort, workerData } from 'node:worker_threads'
  import { createBarrier } from './barrier.ts'
  const { words, first, index, threadCount, roundCount } = workerData
  const barrier = createBarrier(words, 8, threadCount)
  let faults = 0
  try {
    for (let round = 1; round <= roundCount; round++) {
      words[first + index] = round
      barrier.wait()
      for (let i = 0; i < threadCount; i++) if (words[first + i] !== round) faults++
      barrier.wait()
    }
    parentPort.postMessage(faults)
  } catch (error) {
    parentPort.postMessage(error.name)
  }
`

async function start(threadCount: number, startedCount: number, roundCount: number) {
  const file = await files.add(PROGRAM)
  const words = new Int32Array(new SharedArrayBuffer(1024))
  const workers = Array.from({ length: startedCount }, (_, index) => {
    const workerData = { words, first: ROUNDS, index, threadCount, roundCount }
    return new Worker(file, { workerData })
  })
  const answers = Promise.all(
    workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))),
  )
  const stop = () => Promise.all(workers.map((worker) => worker.terminate()))
  return { words, answers, stop }
}

test('nobody passes before all have come, a thousand times', async () => {
  for (const threadCount of [2, 3]) {
    const { answers, stop } = await start(threadCount, threadCount, 1000)
    assert.equal(await answers, Array(threadCount).fill(0))
    await stop()
  }
})

test('abort wakes those that wait, and stops those that come later', async () => {
  const { words, answers, stop } = await start(3, 2, 1000)
  const barrier = createBarrier(words, 8, 3)
  while (words[ROUNDS] + words[ROUNDS + 1] < 2) await new Promise((r) => setTimeout(r, 1))
  barrier.abort()
  assert.equal(await answers, ['BarrierAborted', 'BarrierAborted'])
  assert.throws(barrier.wait, (error: unknown) => error instanceof BarrierAborted)
  await stop()
})

test('who comes after an abort does not wait, however many are missing', () => {
  const barrier = createBarrier(new Int32Array(new SharedArrayBuffer(64)), 0, 3)
  barrier.abort()
  assert.throws(barrier.wait, (error: unknown) => error instanceof BarrierAborted)
})

test('one thread alone never waits', () => {
  const barrier = createBarrier(new Int32Array(new SharedArrayBuffer(64)), 0, 1)
  for (let i = 0; i < 10; i++) barrier.wait()
  barrier.abort()
  assert.throws(barrier.wait, (error: unknown) => error instanceof BarrierAborted)
})

test.run()
