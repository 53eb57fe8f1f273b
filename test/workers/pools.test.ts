// Two workers and the main thread on one arena: blocks freed by whoever, and a slot adopted.
import { Arena, blocks, createThreadLock, threadExited, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, type ThreadKind, threadKinds } from '../support/threads.ts'
import { startWorker } from './worker.ts'

const test = suite('workers')

/** As a game would: a slot is reserved before its worker starts. */
async function startOn(arena: Arena, kind: ThreadKind) {
  const thread = startWorker(kind)
  const slot = arena.reserveSlot()
  const lock = await thread.call('holdThreadLock', createThreadLock())
  const generation = await thread.call('open', arena.handle, slot)
  const end = async () => {
    thread.call('end')
    await threadExited({ worker: thread.worker, lock })
  }
  return { ...thread, slot, lock, generation, end }
}

function newArena(): Arena {
  const arena = Arena.create({ byteLength: 4 * 2 ** 20, shared: true })
  arena.onViolation = (error) => assert.unreachable(error.message)
  return arena
}

/** Nothing is left: all slots collected, every span given back. */
function assertEmpty(arena: Arena): void {
  assert.equal(verify(arena), [])
  assert.equal(blocks(arena), [])
}

for (const kind of threadKinds) {
  test(`${kind}: every thread sees the same arena`, async () => {
    const arena = newArena()
    const pool = arena.openPool()
    const one = await startOn(arena, kind)
    const two = await startOn(arena, kind)
    assert.is(new Set([pool.slot, one.slot, two.slot]).size, 3)
    const floats = await one.call('allocFloats', [1.5, -2, 1e-30])
    assert.equal(arena.view(floats), Float32Array.of(1.5, -2, 1e-30))
    const [offset] = await two.call('alloc', 1, 48)
    assert.equal([...arena.i32.subarray(offset >> 2, (offset >> 2) + 12)], Array(12).fill(offset))
    assert.is(pool.byteLengthOf(offset), 48)
    assert.equal(
      blocks(arena).map(({ slot }) => slot),
      [one.slot, two.slot].sort((a, b) => a - b),
    )
    await Promise.all([one.end(), two.end()])
  })

  test(`${kind}: blocks freed by the two other threads come back to their owner`, async () => {
    const arena = newArena()
    const pool = arena.openPool()
    const one = await startOn(arena, kind)
    const two = await startOn(arena, kind)
    const ofOne = await one.call('alloc', 900, 200)
    const ofTwo = await two.call('alloc', 900, 200)
    const ofMain = Array.from({ length: 900 }, () => {
      const offset = pool.alloc(200)
      arena.i32.fill(offset, offset >> 2, (offset + 200) >> 2)
      return offset
    })
    const third = (offsets: number[], part: number) => offsets.filter((_, i) => i % 3 === part)
    // All at a time, each thread a third of each one's blocks.
    const byOne = one.call(
      'free',
      [ofOne, ofTwo, ofMain].flatMap((of) => third(of, 0)),
    )
    const byTwo = two.call(
      'free',
      [ofOne, ofTwo, ofMain].flatMap((of) => third(of, 1)),
    )
    for (const offset of [ofOne, ofTwo, ofMain].flatMap((of) => third(of, 2))) pool.free(offset)
    pool.flush()
    await Promise.all([byOne, byTwo])
    pool.collect()
    await one.call('collect')
    await two.call('collect')
    assertEmpty(arena)
    await Promise.all([one.end(), two.end()])
  })

  test(`${kind}: blocks of typed pools, freed by typed pools of all threads`, async () => {
    const arena = newArena()
    const pool = arena.openPool()
    const typed = pool.of(200)
    const one = await startOn(arena, kind)
    const two = await startOn(arena, kind)
    const ofOne = await one.call('allocTyped', 600, 200)
    const ofMain = Array.from({ length: 600 }, () => {
      const offset = typed.alloc()
      arena.i32.fill(offset, offset >> 2, (offset + 200) >> 2)
      return offset
    })
    const all = [...ofOne, ...ofMain]
    const byOne = one.call(
      'free',
      all.filter((_, i) => i % 3 === 0),
      200,
    )
    const byTwo = two.call(
      'free',
      all.filter((_, i) => i % 3 === 1),
      500,
    )
    for (const offset of all.filter((_, i) => i % 3 === 2)) typed.free(offset)
    pool.flush()
    await Promise.all([byOne, byTwo])
    pool.collect()
    await one.call('collect')
    assertEmpty(arena)
    await Promise.all([one.end(), two.end()])
  })

  test(`${kind}: a worker terminated at work is adopted after its confirmed death`, async () => {
    const arena = newArena()
    const pool = arena.openPool()
    const one = await startOn(arena, kind)
    const two = await startOn(arena, kind)
    const counter = pool.alloc(4)
    arena.i32[counter >> 2] = 0
    const kept = await one.call('alloc', 100, 64)
    await one.call('churn', counter)
    while (Atomics.load(arena.i32, counter >> 2) < 50_000) await two.call('collect')
    if ('Deno' in globalThis && kind === 'node') one.call('end')
    else one.terminate()
    await two.call('free', kept.slice(0, 50)) // whoever dies meanwhile
    await threadExited(one)
    const heir = arena.adopt(one.slot, one.generation)
    assert.equal(verify(arena), [])
    for (const offset of kept.slice(50)) heir.free(offset)
    heir.collect()
    const left = blocks(arena).filter(({ offset }) => offset !== counter)
    assert.ok(left.length >= 499, `${left.length} of the 500 blocks that the worker held are left`)
    for (const { offset } of left) heir.free(offset)
    pool.free(counter)
    pool.collect()
    heir.collect()
    assertEmpty(arena)
    await two.end()
  })

  test(`${kind}: a worker that dies before it opens its pool leaves a slot to adopt`, async () => {
    const arena = newArena()
    const thread = startWorker(kind)
    const slot = arena.reserveSlot()
    const lock = await thread.call('holdThreadLock', createThreadLock())
    thread.call('end')
    await threadExited({ worker: thread.worker, lock })
    arena.adopt(slot).close()
    assert.equal(verify(arena), [])
    assert.is(arena.openPool().slot, slot)
  })

  test(`${kind}: a slot that a worker closed is opened by the next, with live blocks`, async () => {
    const arena = newArena()
    const one = await startOn(arena, kind)
    const offsets = await one.call('alloc', 10, 1000)
    await one.call('close')
    const pool = arena.openPool()
    assert.is(pool.slot, one.slot)
    assert.not.equal(pool.generation, one.generation)
    for (const offset of offsets) pool.free(offset)
    pool.collect()
    assertEmpty(arena)
    await one.end()
  })

  test(`${kind}: an arena that is not shared cannot be posted`, () => {
    const arena = Arena.create({ byteLength: 2 ** 20, shared: false })
    assert.throws(() => arena.handle, /not shared/)
    const copy = structuredClone({ buffer: arena.buffer, byteOffset: 0 })
    assert.throws(() => Arena.attach(copy), /a copy/)
  })
}

if (isMain) test.run()
