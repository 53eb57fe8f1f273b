// The chain of blocks: whoever dies in mid-call, an heir frees all of it, each block once.
import { Arena, blocks as blocksOf, type Pool } from '@ashlar/core'
import { freeCommands } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandBlocks, checkCommands } from '../../src/commands/command-blocks.ts'
import { CommandStream } from '../../src/commands/command-stream.ts'
import { MemoryViews } from '../../src/memory/memory-views.ts'
import { assertSound, assertThrows, buffers, createScene } from '../support.ts'

const test = suite('command blocks')

/** Writes records of two words: how long they are, and a number. */
function write(blocks: CommandBlocks, value: number, wordCount = 2): void {
  const index = blocks.reserve(wordCount)
  blocks.views.i32[index] = wordCount
  blocks.views.i32[index + 1] = value
  blocks.commit(index + wordCount)
}

/** Any number: the root of the storage that the commands are for. */
const STORAGE = 4096

function read(stream: CommandStream, views: MemoryViews): number[] {
  const values: number[] = []
  for (; stream.hasRecord(); stream.index += views.i32[stream.index]) {
    values.push(views.i32[stream.index + 1])
  }
  return values
}

for (const [name, buffer] of Object.entries(buffers)) {
  test(`${name}: records are read as they were written, over all blocks`, () => {
    const { pool, arena } = createScene(buffer)
    const blocks = new CommandBlocks(pool, STORAGE)
    const views = new MemoryViews(pool)
    const stream = new CommandStream(views)
    assert.ok(blocks.isEmpty)
    const values: number[] = []
    for (let i = 0; i < 5000; i++) {
      write(blocks, i, i % 100 === 0 ? 20_000 : 2 + 2 * (i % 5))
      values.push(i)
    }
    stream.open(blocks.offset)
    write(blocks, -1) // after the cursor has looked
    assert.equal(read(stream, views), values)
    stream.look()
    assert.equal(read(stream, views), [-1])
    assertSound(arena)
    blocks.clear()
    assert.ok(blocks.isEmpty)
    stream.open(blocks.offset)
    assert.not.ok(stream.hasRecord())
    blocks.dispose()
    assert.equal(blocksOf(arena), [])
  })
}

test('truncate drops the records behind a position in any block', () => {
  const { pool, arena } = createScene()
  const blocks = new CommandBlocks(pool, STORAGE)
  const stream = new CommandStream(blocks.views)
  const places: [number, number][] = []
  for (let i = 0; i < 300; i++) {
    places.push([blocks.block, blocks.cursor])
    write(blocks, i, 200)
  }
  for (let count = 299; count >= 0; count -= 13) {
    blocks.truncate(...places[count])
    stream.open(blocks.offset)
    assert.is(read(stream, blocks.views).length, count)
    assertSound(arena)
  }
  write(blocks, 5)
  stream.open(blocks.offset)
  assert.is(read(stream, blocks.views).pop(), 5)
})

test('without memory to double the chain, a block is as long as its record', () => {
  const { pool, arena } = createScene({ byteLength: 2 ** 20 })
  const blocks = new CommandBlocks(pool, STORAGE)
  const held: number[] = []
  for (let offset = 1; offset !== 0; held.push(offset)) offset = pool.tryAlloc(4096)
  let count = 0
  assertThrows(() => {
    for (; count < 1e6; count++) write(blocks, count)
  }, 'out-of-memory')
  assertThrows(() => write(blocks, 0), 'out-of-memory')
  const stream = new CommandStream(blocks.views)
  stream.open(blocks.offset)
  assert.is(read(stream, blocks.views).length, count)
  assertSound(arena)
  blocks.clear()
  write(blocks, 1)
  assertSound(arena)
})

class Killed extends Error {}

test('killed at each step of a write: freeCommands frees each block once', () => {
  for (let killAt = 0, isOver = false; !isOver; killAt++) {
    const { pool, arena } = createScene()
    const owner = Arena.attach(arena.handle).openPool() // as another thread does
    let steps = -1e6 // it lives until it has the first block
    const step = () => {
      if (steps++ === killAt) throw new Killed()
    }
    // A kill before and after each call, but for the moment when a block has no name yet.
    const mortal: Pool = Object.create(owner, {
      tryAlloc: {
        value: (byteLength: number) => {
          step()
          return owner.tryAlloc(byteLength)
        },
      },
      free: {
        value: (offset: number) => {
          step()
          owner.free(offset)
          step()
        },
      },
    })
    let offset = 0
    try {
      const blocks = new CommandBlocks(mortal, STORAGE)
      offset = blocks.offset
      steps = 0
      for (let i = 0; i < 6; i++) write(blocks, i, 1000)
      const place: [number, number] = [blocks.block, blocks.cursor]
      for (let i = 0; i < 40; i++) write(blocks, i, 1000)
      blocks.truncate(...place)
      for (let i = 0; i < 20; i++) write(blocks, i, 1000)
      blocks.dispose()
      isOver = true
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    const heir = arena.adopt(owner.slot)
    if (offset !== 0) freeCommands(heir, offset)
    heir.close()
    assertSound(arena)
    assert.equal(
      blocksOf(arena).filter(({ slot }) => slot !== pool.slot),
      [],
      `killed at step ${killAt}`,
    )
    if (isOver) assert.ok(killAt > 20, `${killAt} steps`)
  }
})

test('offsets without a buffer are refused, and no other block is freed', () => {
  const { pool, arena } = createScene()
  const views = new MemoryViews(pool)
  const blocks = new CommandBlocks(pool, STORAGE)
  const other = pool.allocZeroed(4096)
  const blockCount = blocksOf(arena).length
  for (const bad of [0, -16, 8.5, undefined, '16', other, blocks.offset + 16, 2 ** 40]) {
    assertThrows(() => checkCommands(views, bad, STORAGE), 'invalid-argument', 'createCommands()')
  }
  assertThrows(() => freeCommands(pool, other), 'invalid-argument')
  assert.is(checkCommands(views, blocks.offset, STORAGE), blocks.offset)
  assertThrows(
    () => checkCommands(views, blocks.offset, STORAGE + 16),
    'invalid-argument',
    'another storage',
  )
  assert.is(blocksOf(arena).length, blockCount)
  freeCommands(pool, blocks.offset)
  freeCommands(pool, blocks.offset)
  assert.is(blocksOf(arena).length, blockCount - 1)
  assertSound(arena)
})

test.run()
