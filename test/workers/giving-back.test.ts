// An arena that two threads have filled to the last byte: both free what the other one holds, at a
// time.
import { Arena, blocks, createThreadLock, exactStats, threadExited, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, type ThreadKind, threadKinds } from '../support/threads.ts'
import { fill, startWorker } from './worker.ts'

const test = suite('giving back, workers')
const ALL = 1_000_000
/** Payloads, and how many of them each thread takes. */
const LENGTHS = [
  [600_000, 1],
  [100_000, 2],
  [16_384, 10],
  [4000, 100],
  [16_384, ALL],
  [4000, ALL],
  [200, ALL],
  [8, ALL],
] as const

/** Both have filled the arena: blocks of the main thread's, and of the worker's. */
async function fullArena(kind: ThreadKind) {
  const arena = Arena.create({ byteLength: 4 * 2 ** 20, shared: true })
  arena.onViolation = (error) => assert.unreachable(error.message)
  const pool = arena.openPool()
  const worker = startWorker(kind)
  const slot = arena.reserveSlot()
  const lock = await worker.call('holdThreadLock', createThreadLock())
  const generation = await worker.call('open', arena.handle, slot)
  const theirs: number[] = []
  const ours: number[] = []
  for (const [byteLength, most] of LENGTHS) {
    theirs.push(...(await worker.call('fill', most, byteLength)))
    ours.push(...fill(arena, pool, most, byteLength))
  }
  assert.equal([pool.tryAlloc(0), (await worker.call('fill', 1, 0)).length], [0, 0])
  return { arena, pool, worker, slot, lock, generation, ours, theirs }
}

function assertAllFree(arena: Arena): void {
  assert.equal(verify(arena), [])
  assert.equal(blocks(arena), [])
  const pool = arena.openPool()
  const { reservedByteLength, controlByteLength } = arena.stats()
  pool.free(pool.alloc(reservedByteLength - controlByteLength - 16))
  const { liveBlockCount, committedByteLength } = exactStats(arena)
  assert.equal([liveBlockCount, committedByteLength], [0, controlByteLength])
  assert.equal(verify(arena), [])
}

for (const kind of threadKinds) {
  test(`${kind}: both free what the other one holds`, async () => {
    const { arena, pool, worker, lock, ours, theirs } = await fullArena(kind)
    const byWorker = worker.call('free', ours)
    for (const offset of theirs) pool.free(offset)
    pool.flush()
    await byWorker
    await worker.call('collect')
    pool.collect()
    assert.equal(verify(arena), [])
    await worker.call('close')
    pool.close()
    assertAllFree(arena)
    worker.call('end')
    await threadExited({ worker: worker.worker, lock })
  })

  test(`${kind}: the worker has closed, the main thread frees all that it left`, async () => {
    const { arena, pool, worker, lock, ours, theirs } = await fullArena(kind)
    await worker.call('close')
    for (const offset of [...theirs, ...ours]) pool.free(offset)
    assert.equal(verify(arena), [])
    pool.close()
    assertAllFree(arena)
    worker.call('end')
    await threadExited({ worker: worker.worker, lock })
  })

  test(`${kind}: the worker has ended without a word, and is adopted`, async () => {
    const { arena, pool, worker, slot, lock, generation, ours, theirs } = await fullArena(kind)
    await worker.call('free', ours.slice(0, ours.length >> 1))
    worker.call('end')
    for (const offset of theirs) pool.free(offset)
    await threadExited({ worker: worker.worker, lock })
    const adopted = arena.adopt(slot, generation)
    assert.equal(verify(arena), [])
    for (const offset of ours.slice(ours.length >> 1)) adopted.free(offset)
    adopted.close()
    pool.close()
    assertAllFree(arena)
  })
}

if (isMain) test.run()
