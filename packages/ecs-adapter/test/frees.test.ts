// Frees for which there is no memory: tried again, each by itself.
import { Arena, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Frees } from '../src/frees.ts'
import { assertSound, assertThrows, fillUp } from './support.ts'

const test = suite('frees')

test('in a full arena blocks of other threads are freed at once', () => {
  const arena = Arena.create({ byteLength: 2 ** 20, shared: true })
  const pools = [arena.openPool(), arena.openPool(), arena.openPool()]
  const [pool, ...others] = pools
  const blocks = others.map((other) => other.alloc(1024))
  const held = fillUp(pool)
  const frees = new Frees(pool)
  for (const block of blocks) frees.free(block)
  assert.not(frees.isBehind)
  assert.is(arena.blocks().length, held.length)
  assertSound(arena)
  for (const other of others) assert.ok(other.tryAlloc(1024) > 0, 'its owner has it back')
  assertSound(arena)
})

test('one for which there is no room is in the way of no other; other errors are thrown', () => {
  const full = new Set([1, 4])
  const freed: number[] = []
  const free = (offset: number) => {
    const code = offset === 0 ? 'invalid-offset' : 'out-of-memory'
    if (offset === 0 || full.has(offset)) throw Object.assign(new Error(code), { code })
    freed.push(offset)
  }
  const frees = new Frees({ free } as Pool)
  for (const offset of [2, 3]) full.add(offset)
  for (const offset of [1, 2, 3, 4]) frees.free(offset)
  for (const offset of [2, 3]) full.delete(offset)
  frees.sync()
  assert.equal(freed, [2, 3])
  assert.ok(frees.isBehind)
  full.clear()
  frees.sync()
  assert.equal(freed, [2, 3, 1, 4])
  assert.not(frees.isBehind)
  assertThrows(() => frees.free(0), 'invalid-offset')
  assert.not(frees.isBehind)
})

test.run()
