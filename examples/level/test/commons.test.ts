import { Arena, ArenaError, blocks, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCommons } from '../src/sim/commons.ts'
import { createTestArena, tinyMap } from './support/tiny-level.ts'

const test = suite('level: commons')

const options = { map: tinyMap, shardCount: 3, bodyCount: 50 }

test('everything once, zero at first, and dispose gives all of it back', () => {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const pool = arena.openPool()
  const used = pool.alloc(2 ** 15)
  arena.u8.fill(0xff, used, used + 2 ** 15)
  pool.free(used)
  const { commons, dispose } = createCommons({ ...options, pool })
  const { bodyHeads, shotHeads, damages, published, mail, shardOf } = commons
  for (const offset of [bodyHeads, shotHeads, damages, published, mail]) {
    const bytes = arena.u8.subarray(offset, offset + pool.byteLengthOf(offset))
    assert.ok(bytes.every((byte) => byte === 0))
  }
  const cellCount = tinyMap.blockMap.columnCount * tinyMap.blockMap.rowCount
  assert.is(shardOf.length, cellCount)
  assert.is(pool.byteLengthOf(bodyHeads), 16 * cellCount)
  assert.is(pool.byteLengthOf(damages), 4 * 51, 'ids begin at 1')
  assert.is(pool.byteLengthOf(mail), 4 * 3 * 3)
  assert.is(commons.radiusMax, 64, 'the arachnotron')
  dispose()
  assert.equal(blocks(arena), [])
  assert.equal(verify(arena), [])
})

test('a posted copy sees the same memory', () => {
  const { arena, pool } = createTestArena()
  const { commons } = createCommons({ ...options, pool })
  const copy = structuredClone(commons)
  assert.is(JSON.stringify(copy), JSON.stringify(commons))
  commons.shardOf[5] = 99
  commons.level.vertices[3] = 0.5
  commons.level.blockMap.words[1] = 7
  assert.is(copy.shardOf[5], 99)
  assert.is(copy.level.vertices[3], 0.5)
  assert.is(copy.level.blockMap.words[1], 7)
  assert.ok(arena.shared)
})

test('what does not fit is an error, and leaves nothing behind', () => {
  let failures = 0
  for (let spanCount = 2; spanCount < 20; spanCount++) {
    const arena = Arena.create({ byteLength: spanCount * 2 ** 16 })
    const pool = arena.openPool()
    try {
      createCommons({ ...options, pool }).dispose()
    } catch (error) {
      assert.ok(error instanceof ArenaError && error.code === 'out-of-memory', `${error}`)
      failures++
    }
    assert.equal(blocks(arena), [], `${spanCount} spans`)
    assert.equal(verify(arena), [])
  }
  assert.ok(failures > 3 && failures < 18, `${failures} failures`)
})

test.run()
