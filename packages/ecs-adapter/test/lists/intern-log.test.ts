// What an attached thread's index has counted, and who drops it.
import { blocks } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dropInternLog, InternLog } from '../../src/lists/intern-log.ts'
import { MemoryViews } from '../../src/memory/memory-views.ts'
import { assertSound, createBlocks, createRandom } from '../support.ts'

const test = suite('intern-log')

/** Two words of a root, and a internLog that stands there. */
function createInternLog() {
  const { arena, pool, views } = createBlocks()
  const { generation } = pool
  const root = pool.allocZeroed(16)
  const words = { handleWord: root >> 2, serialWord: (root >> 2) + 1 }
  const another = () => new InternLog(views, words.handleWord, words.serialWord)
  const released: number[] = []
  const drop = (of?: number) =>
    dropInternLog(views, words.handleWord, (block) => released.push(block), of)
  const end = () => {
    pool.free(root)
    assert.equal(blocks(arena), [])
    assertSound(arena)
  }
  const { handleWord } = words
  return { arena, pool, generation, handleWord, another, internLog: another(), released, drop, end }
}

test('an empty log takes no memory', () => {
  const { generation, arena, internLog, drop, released, end } = createInternLog()
  assert.is(blocks(arena).length, 1)
  internLog.remove(16)
  drop()
  drop(generation)
  assert.equal(released, [])
  assert.not(internLog.isMine)
  end()
})

test('each entry is dropped once, unless it was removed', () => {
  const { internLog, drop, released, end } = createInternLog()
  for (const block of [16, 32, 48, 64]) assert.ok(internLog.tryAdd(block))
  assert.ok(internLog.isMine)
  internLog.remove(32)
  internLog.remove(32)
  internLog.remove(999)
  assert.ok(internLog.tryAdd(80)) // in the place of 32
  drop()
  drop()
  assert.equal(released, [16, 80, 48, 64])
  assert.not(internLog.isMine)
  end()
})

test('empty entries are reused: the log is as long as its content', () => {
  const { arena, internLog, drop, released, end } = createInternLog()
  const seed = 3
  const random = createRandom(seed)
  const held: number[] = []
  for (let step = 1; step <= 5000; step++) {
    if (held.length < 50 && random(2) === 0) {
      held.push(step * 16)
      assert.ok(internLog.tryAdd(step * 16))
    } else if (held.length > 0) {
      internLog.remove(held.splice(random(held.length), 1)[0])
    }
  }
  assert.ok(blocks(arena).every(({ byteLength }) => byteLength < 512))
  drop()
  const sorted = (blocks: number[]) => [...blocks].sort((a, b) => a - b)
  assert.equal(sorted(released), sorted(held), `seed ${seed}`)
  end()
})

test('a log of another generation stays, and isMine is false for an earlier log', () => {
  const { generation, internLog, another, drop, released, end } = createInternLog()
  internLog.tryAdd(16)
  drop(generation + 1)
  assert.ok(internLog.isMine)
  const twin = another()
  assert.not(twin.isMine)
  drop(generation)
  assert.equal(released, [16])
  assert.ok(twin.tryAdd(32))
  assert.ok(twin.isMine)
  assert.not(internLog.isMine)
  internLog.remove(16) // harms nobody
  drop()
  assert.equal(released, [16, 32])
  end()
})

test('a dropped log begins again', () => {
  const { internLog, drop, released, end } = createInternLog()
  internLog.tryAdd(16)
  drop()
  assert.ok(internLog.tryAdd(32))
  assert.ok(internLog.isMine)
  drop()
  assert.equal(released, [16, 32])
  end()
})

test('when memory is out, nothing is written, at any step', () => {
  const { arena, pool, internLog, drop, released, end } = createInternLog()
  const held: number[] = []
  for (let byteLength = 65536; byteLength >= 8; byteLength >>= 1) {
    for (let o = pool.tryAlloc(byteLength); o !== 0; o = pool.tryAlloc(byteLength)) held.push(o)
  }
  const small = held.splice(-1)[0]
  assert.not(internLog.tryAdd(16))
  pool.free(small) // for the first of its blocks
  let count = 0
  while (count < 100 && internLog.tryAdd(16 * ++count)) {}
  assert.ok(count > 1 && count < 100, `${count}`)
  assertSound(arena)
  drop()
  assert.is(released.length, count - 1)
  for (const block of held) pool.free(block)
  end()
})

test('another thread drops the log', () => {
  const { generation, arena, pool, internLog, handleWord, end } = createInternLog()
  internLog.tryAdd(16)
  const other = arena.openPool()
  const released: number[] = []
  const theirs = new MemoryViews(other)
  dropInternLog(theirs, handleWord, (block) => released.push(block), generation)
  assert.equal(released, [16])
  other.close()
  pool.collect()
  end()
})

test.run()
