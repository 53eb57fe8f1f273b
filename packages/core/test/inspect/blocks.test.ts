import { Arena, blocks as blocksOf, type ElementArrayConstructor, exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ELEMENT_TYPE_NAMES, ELEMENT_TYPES } from '../../src/memory/element-types.ts'
import { assertSound } from '../support/checks.ts'
import { smallArena } from '../support/memory.ts'
import { allocMany, countLive, deliver, fourPools, startQueueAt } from '../support/pools.ts'

const test = suite('blocks')

test('none in a new arena, and none after all were freed', () => {
  const { arena, pool } = smallArena(4 << 20)
  assert.equal(blocksOf(arena), [])
  const offsets = [0, 100, 70_000, 600_000].map((byteLength) => pool.alloc(byteLength))
  assert.is(blocksOf(arena).length, 4)
  for (const offset of offsets) pool.free(offset)
  assert.equal(blocksOf(arena), [])
})

test('each live block with its offset, length, type and slot, by ascending offset', () => {
  const { arena } = smallArena(8 << 20)
  const pools = [arena.openPool(), arena.openPool()]
  const expected = [0, 5, 24, 999, 16384, 100_000, 700_000].flatMap((byteLength) =>
    pools.flatMap((pool) => [
      { offset: pool.alloc(byteLength), byteLength, type: 'untyped', slot: pool.slot },
      { offset: pool.alloc(byteLength, 512), byteLength, type: 'untyped', slot: pool.slot },
    ]),
  )
  assert.equal(
    blocksOf(arena),
    expected.sort((a, b) => a.offset - b.offset),
  )
})

test('every element type by its name', () => {
  const { arena, pool } = smallArena()
  const arrays = ELEMENT_TYPES.slice(1).map((type: ElementArrayConstructor) =>
    pool.allocArray(type, 3),
  )
  const types = new Map(blocksOf(arena).map(({ offset, type }) => [offset, type]))
  assert.equal(
    arrays.map(({ byteOffset }) => types.get(byteOffset)),
    ELEMENT_TYPE_NAMES.slice(1),
  )
  for (const array of arrays) {
    const view = arena.view(array.byteOffset)
    assert.is(view.constructor, array.constructor)
    assert.equal([view.byteOffset, view.length], [array.byteOffset, 3])
  }
})

test('the same from another thread’s arena', () => {
  const arena = Arena.create({ byteLength: 1 << 20, shared: true })
  const pool = arena.openPool()
  pool.allocArray(Float32Array, 10)
  pool.alloc(100, 256)
  assert.equal(blocksOf(Arena.attach(arena.handle)), blocksOf(arena))
})

test('blocks that are freed but queued are not listed; exact stats count them until taken', () => {
  const { arena, memory, owner, freer, third, fourth } = fourPools(8 << 20)
  const kinds: [number, number?][] = [[8], [100], [100, 1024], [16_384], [100_000], [600_000]]
  const blocks = kinds.flatMap(([byteLength, alignment]) =>
    [owner, fourth].flatMap((pool) => allocMany(pool, 2, byteLength, alignment)),
  )
  const gone = blocks.filter((_, i) => i % 2 === 1)
  for (const [i, block] of gone.entries()) (i % 3 === 0 ? third : freer).free(block)
  const kept = blocks.filter((_, i) => i % 2 === 0).sort((a, b) => a - b)
  const liveBlockCount = () => exactStats(arena).liveBlockCount
  const check = (segmentCount: number, takenCount: number) => {
    assertSound(arena)
    const offsets = blocksOf(arena).map(({ offset }) => offset)
    assert.equal(offsets, kept)
    assert.is(liveBlockCount(), blocks.length - takenCount + segmentCount)
  }
  check(4, 0) // noted
  freer.close() // delivered
  check(4, 0)
  third.flush()
  owner.collect()
  assert.is(countLive(memory, gone), gone.length / 2)
  check(4, gone.length / 2)
  fourth.collect()
  check(4, gone.length)
  third.collect()
  arena.openPool().close()
  check(0, gone.length)
})

test('freed twice: left out once, and not the block that is there next', () => {
  const { arena, owner, freer, third } = fourPools()
  const [block, other] = allocMany(owner, 2, 100)
  for (const pool of [freer, freer, third]) pool.free(block)
  assert.equal(
    blocksOf(arena).map(({ offset }) => offset),
    [other],
  )
  deliver([freer, third], owner)
  assert.equal(
    blocksOf(arena).map(({ offset }) => offset),
    [other],
  )
  while (owner.alloc(100) !== block);
  assert.ok(blocksOf(arena).some(({ offset }) => offset === block))
})

for (const start of [2 ** 31 - 256, -256]) {
  test(`left out while numbers wrap, from ${start} on`, () => {
    const { arena, memory, owner, freer } = fourPools()
    startQueueAt(memory, freer, owner, start)
    const blocks = allocMany(owner, 600, 100)
    for (const [i, block] of blocks.entries()) {
      freer.free(block)
      if (i === 200) owner.collect()
      if (i % 50 === 0) assert.is(blocksOf(arena).length, 599 - i)
    }
    assert.equal(blocksOf(arena), [])
  })
}

test.run()
