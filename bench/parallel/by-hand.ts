// What one writes without a library: shared columns, a part of the entities for each worker, a word
// to wake them and a word to count those that are done. And no workers at all.
import { Worker } from 'node:worker_threads'
import { addComponent, addEntity, createWorld, query } from 'bitecs'
import type { Contender } from './contender.ts'
import { type Columns, makeColumns, move, place } from './system.ts'

const RUN = 0
/** Far from the other: no two threads write to the same line of a cache. */
const DONE_COUNT = 16
const WORD_COUNT = 32

/** What a worker is given. */
export interface Part {
  readonly words: Int32Array
  readonly dt: Float64Array
  readonly columns: Columns
  readonly entities: Int32Array
  readonly isEmpty: boolean
}

export const byHand: Contender = async ({ entityCount, stepsOf, workerCount }) => {
  const columns = makeColumns(entityCount + 1)
  if (stepsOf !== undefined) place(columns, entityCount, stepsOf)
  const words = new Int32Array(new SharedArrayBuffer(WORD_COUNT * 4))
  const shared = { words, dt: new Float64Array(new SharedArrayBuffer(8)), columns }
  const entities = Int32Array.from({ length: entityCount }, (_, i) => i + 1)
  const partLength = Math.ceil(entityCount / workerCount)
  const workers = Array.from({ length: workerCount }, (_, i) => {
    const own = entities.slice(i * partLength, (i + 1) * partLength)
    const part: Part = { ...shared, entities: own, isEmpty: stepsOf === undefined }
    return new Worker(new URL(import.meta.url), { workerData: part })
  })
  await Promise.all(workers.map((worker) => new Promise((done) => worker.once('message', done))))
  return {
    columns,
    run(dt) {
      shared.dt[0] = dt
      Atomics.store(words, DONE_COUNT, 0)
      Atomics.add(words, RUN, 1)
      Atomics.notify(words, RUN)
      for (;;) {
        const doneCount = Atomics.load(words, DONE_COUNT)
        if (doneCount === workerCount) return
        Atomics.wait(words, DONE_COUNT, doneCount)
      }
    },
    async end() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

/** In a worker: for ever. */
export function workByHand({ words, dt, columns, entities, isEmpty }: Part): void {
  for (let run = 0; ; run++) {
    Atomics.wait(words, RUN, run)
    if (!isEmpty) move(columns, entities, dt[0])
    Atomics.add(words, DONE_COUNT, 1)
    Atomics.notify(words, DONE_COUNT)
  }
}

export const noWorkers: Contender = async ({ entityCount, stepsOf }) => {
  const world = createWorld()
  const columns = makeColumns(entityCount + 1)
  for (let i = 0; i < entityCount; i++) addComponent(world, addEntity(world), columns)
  if (stepsOf !== undefined) place(columns, entityCount, stepsOf)
  return {
    columns,
    run: (dt) => move(columns, query(world, [columns]), dt),
    async end() {},
  }
}
