import { exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertConserved, assertSound, refuses } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'

const test = suite('large')
const SPAN = 65536
/** So many bytes fill a run of so many spans to the last one. */
const whole = (spanCount: number) => spanCount * SPAN - 16

/** What the control area of so small an arena takes. */
const CONTROL = smallArena(40 * SPAN).memory.controlSpanCount
/** An arena of 39 spans beside the control area. */
const arenaOf39 = () => smallArena((39 + CONTROL) * SPAN)

test('a large block takes as few spans as its header allows', () => {
  for (const [byteLength, spanCount] of [
    [524_297, 9],
    [whole(9), 9],
    [whole(9) + 1, 10],
    [1 << 20, 17],
    [whole(39), 39],
  ]) {
    const { arena, pool } = arenaOf39()
    const offset = pool.alloc(byteLength)
    assert.is(pool.byteLengthOf(offset), byteLength)
    const row = exactStats(arena).classes.at(-1)!
    assert.equal(
      [row.liveBlockCount, row.spanCount, row.requestedByteLength],
      [1, spanCount, byteLength],
    )
    assertSound(arena)
    assertConserved(arena, true)
    pool.free(offset)
    assert.is(arena.stats().committedByteLength, CONTROL * SPAN)
  }
})

test('one byte more than the arena has is out of memory', () => {
  const { arena, pool } = arenaOf39()
  for (const byteLength of [whole(39) + 1, whole(40), 1 << 30, 2 ** 31, 2 ** 32 - 1]) {
    assert.is(pool.tryAlloc(byteLength), 0)
    refuses('out-of-memory', () => pool.alloc(byteLength), new RegExp(`${byteLength} bytes: 39 of`))
  }
  assertSound(arena)
  assert.ok(pool.alloc(whole(39)) > 0)
})

test('the last byte of a large block and the next block do not overlap', () => {
  const { arena, pool } = arenaOf39()
  const [a, b] = [pool.alloc(whole(9)), pool.alloc(whole(9))]
  arena.u8.fill(0xaa, a, a + whole(9))
  arena.u8.fill(0xbb, b, b + whole(9))
  assert.is(arena.u8[a + whole(9) - 1], 0xaa)
  assertSound(arena)
  pool.free(a)
  pool.free(b)
})

test('free runs join: spans that were freed in any order serve a longer block', () => {
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
  ]) {
    const { arena, pool } = arenaOf39()
    const offsets = fill(pool, whole(9))
    assert.is(offsets.length, 4)
    for (const i of order) pool.free(offsets[i])
    assert.is(pool.alloc(whole(39)), offsets[0])
    assertSound(arena)
  }
})

test('realloc: grows and shrinks in place, span by span', () => {
  const { arena, pool } = arenaOf39()
  const offset = pool.alloc(whole(10))
  const spans = () => arena.stats().classes.at(-1)!.spanCount
  for (const spanCount of [11, 39, 38, 10, 9, 20]) {
    assert.is(pool.realloc(offset, whole(spanCount)), offset)
    assert.is(spans(), spanCount)
    assert.is(pool.byteLengthOf(offset), whole(spanCount))
    assertSound(arena)
    assertConserved(arena, true)
  }
  pool.free(offset)
  assert.is(arena.stats().committedByteLength, CONTROL * SPAN)
})

test('realloc: moves if the spans behind are taken, and back to a class if it is small', () => {
  const { arena, pool } = arenaOf39()
  const offset = pool.alloc(whole(9))
  const behind = pool.alloc(whole(9))
  for (let i = 0; i < 100; i++) arena.u8[offset + i * 5000] = i
  const moved = pool.realloc(offset, whole(12))
  assert.is.not(moved, offset)
  const small = pool.realloc(moved, 40_000)
  for (let i = 0; i < 8; i++) assert.is(arena.u8[small + i * 5000], i)
  const row = exactStats(arena).classes.at(-1)!
  assert.equal([row.liveBlockCount, row.spanCount], [1, 9])
  assertSound(arena)
  pool.free(behind)
  pool.free(small)
})

test('realloc: a full arena refuses growth; a shrunken large block gives its spans back', () => {
  const { arena, pool } = arenaOf39()
  const offset = pool.alloc(whole(20))
  const other = pool.alloc(whole(19))
  const stats = exactStats(arena)
  refuses('out-of-memory', () => pool.realloc(offset, whole(21)))
  assert.equal(exactStats(arena), stats)
  // There is no span for a block of 100 bytes: the run stays, and is cut to one span.
  assert.is(pool.realloc(offset, 100), offset)
  assert.is(pool.byteLengthOf(offset), 100)
  assertSound(arena)
  assert.is(arena.stats().classes.at(-1)!.spanCount, 20)
  assert.ok(fill(pool, 16384).length >= 19 * 3)
  for (const held of [offset, other]) pool.free(held)
  assertSound(arena)
})

test('freed twice: recognised until the spans are in use again', () => {
  const { pool } = arenaOf39()
  const offset = pool.alloc(whole(10))
  pool.free(offset)
  refuses('double-free', () => pool.free(offset))
  pool.alloc(whole(10))
})

test.run()
