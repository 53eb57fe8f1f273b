// Giving back a scratch needs no memory: in an arena that is full to the last byte, and after a
// WebAssembly.Memory has grown.
import {
  Arena,
  blocks as blocksOf,
  createScratch,
  freeScratch,
  type Pool,
  type Scratch,
} from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refuses } from './support/checks.ts'
import { fill } from './support/memory.ts'
import { regions } from './support/regions.ts'

const test = suite('scratch, full arena')

const LENGTHS = [2 ** 19, 2 ** 16, 5000, 1000, 300, 100, 1]

/** Allocates by a scratch, then by the pool, until there is no byte left. */
function fillBy(scratch: Scratch, pool: Pool): number[] {
  for (const byteLength of LENGTHS) {
    try {
      for (;;) scratch.alloc(byteLength)
    } catch {
      // there is no room for more of this length
    }
  }
  const held = LENGTHS.flatMap((byteLength) => fill(pool, byteLength))
  assert.is(pool.tryAlloc(0), 0)
  return held
}

/** Everything is free again, and can be used. */
function assertEmpty(arena: Arena, pool: Pool, held: readonly number[]): void {
  for (const offset of held) pool.free(offset)
  assert.equal(blocksOf(arena), [])
  assertSound(arena)
  pool.collect()
  const { committedByteLength, controlByteLength } = arena.stats()
  assert.is(committedByteLength, controlByteLength)
}

const endings: Record<string, (scratch: Scratch, early: number) => void> = {
  dispose: (scratch) => scratch.dispose(),
  'reset, then dispose': (scratch) => {
    scratch.reset()
    assert.is(scratch.usedByteLength, 0)
    scratch.dispose()
  },
  'rewind, then dispose': (scratch, early) => {
    scratch.rewind(early)
    assert.is(scratch.mark(), early)
    scratch.dispose()
  },
}

for (const region of regions) {
  for (const [name, end] of Object.entries(endings)) {
    test(`${region.name}: ${name}`, () => {
      const { arena, assertSurroundings } = region.create(1 << 20)
      const pool = arena.openPool()
      const scratch = createScratch(pool, { byteLength: 4096 })
      scratch.alloc(100)
      const early = scratch.mark()
      const held = fillBy(scratch, pool)
      end(scratch, early)
      assertEmpty(arena, pool, held)
      assertSurroundings()
    })
  }

  test(`${region.name}: freeScratch, by the pool that has adopted the slot`, () => {
    const { arena, assertSurroundings } = region.create(1 << 20)
    const fastPaths = region.shared ? Arena.attach(arena.handle) : arena
    const dead = fastPaths.openPool()
    const scratch = createScratch(dead, { byteLength: 4096 })
    const held = fillBy(scratch, dead)
    const adopter = region.shared ? arena.adopt(dead.slot, dead.generation) : dead
    freeScratch(adopter, scratch.offset)
    refuses('double-free', () => freeScratch(adopter, scratch.offset))
    assertEmpty(arena, adopter, held)
    assertSurroundings()
  })
}

for (const [name, end] of Object.entries(endings)) {
  test(`a WebAssembly.Memory that grows before each step: ${name}`, () => {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 100 })
    const arena = Arena.create({ memory })
    const pool = arena.openPool()
    const scratch = createScratch(pool, { byteLength: 4096 })
    const early = scratch.mark()
    const held = fillBy(scratch, pool)
    memory.grow(1)
    const growing = new Proxy(scratch, {
      get(target, key: keyof Scratch) {
        memory.grow(1)
        return target[key]
      },
    })
    end(growing, early)
    assertEmpty(arena, pool, held)
  })
}

test('a WebAssembly.Memory that has grown: freeScratch', () => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 100 })
  const arena = Arena.create({ memory })
  const pool = arena.openPool()
  const scratch = createScratch(pool, { byteLength: 4096 })
  const held = fillBy(scratch, pool)
  memory.grow(1)
  freeScratch(pool, scratch.offset)
  assertEmpty(arena, pool, held)
})

test('createScratch leaves nothing behind where it fails, and works where its block fits', () => {
  for (const byteLength of [64, 1000, 70_000, 600_000]) {
    const arena = Arena.create({ byteLength: 2 << 20 })
    const pool = arena.openPool()
    const blocks = fill(pool, byteLength)
    const rest = LENGTHS.flatMap((length) => fill(pool, length))
    const count = blocksOf(arena).length
    for (let i = 0; i < 5; i++) {
      refuses('out-of-memory', () => createScratch(pool, { byteLength }))
    }
    assert.is(blocksOf(arena).length, count)
    assertSound(arena)
    pool.free(blocks.pop()!)
    const scratch = createScratch(pool, { byteLength })
    assert.is(blocksOf(arena).length, count)
    refuses('out-of-memory', () => createScratch(pool, { byteLength }))
    assert.is(blocksOf(arena).length, count)
    scratch.dispose()
    assertEmpty(arena, pool, [...blocks, ...rest])
  }
})

test.run()
