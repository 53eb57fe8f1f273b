import { Arena, type ElementArrayConstructor } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ELEMENT_TYPE_NAMES, ELEMENT_TYPES } from '../src/header.ts'
import { smallArena } from './support/memory.ts'

const test = suite('blocks')

test('none in a new arena, and none after all were freed', () => {
  const { arena, pool } = smallArena(4 << 20)
  assert.equal(arena.blocks(), [])
  const offsets = [0, 100, 70_000, 600_000].map((byteLength) => pool.alloc(byteLength))
  assert.is(arena.blocks().length, 4)
  for (const offset of offsets) pool.free(offset)
  assert.equal(arena.blocks(), [])
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
    arena.blocks(),
    expected.sort((a, b) => a.offset - b.offset),
  )
})

test('every element type by its name', () => {
  const { arena, pool } = smallArena()
  const arrays = ELEMENT_TYPES.slice(1).map((type: ElementArrayConstructor) =>
    pool.allocArray(type, 3),
  )
  const types = new Map(arena.blocks().map(({ offset, type }) => [offset, type]))
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
  assert.equal(Arena.attach(arena.handle).blocks(), arena.blocks())
})

test.run()
