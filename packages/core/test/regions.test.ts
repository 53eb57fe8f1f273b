// One table of cases, run over every region that an arena can lie on.

import type { Arena, Pool } from '@ashlar/core'
import { exactStats } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertConserved, assertSameNumbers, assertSound, refuses } from './support/checks.ts'
import { fill } from './support/memory.ts'
import { Random } from './support/random.ts'
import { type ArenaRegion, regions } from './support/regions.ts'

const BYTE_LENGTH = 2 << 20

interface Case {
  readonly name: string
  run(arena: Arena, pool: Pool, region: ArenaRegion): void
}

const cases: Case[] = [
  {
    name: 'the arena is where and as long as it was asked to be',
    run(arena, _pool, { byteOffset, shared }) {
      assert.equal([arena.byteOffset, arena.byteLength], [byteOffset, BYTE_LENGTH])
      assert.equal([arena.shared, arena.buffer instanceof SharedArrayBuffer], [shared, shared])
    },
  },
  {
    name: 'blocks lie within the arena, aligned and apart',
    run(arena, pool) {
      const random = new Random(1)
      const blocks: [number, number][] = []
      for (let i = 0; i < 500; i++) {
        const byteLength = random.logUniform(11)
        blocks.push([pool.alloc(byteLength), byteLength])
      }
      blocks.sort(([a], [b]) => a - b)
      let end = arena.byteOffset + arena.stats().controlByteLength
      for (const [offset, byteLength] of blocks) {
        assert.ok(offset - 8 >= end && offset % 16 === 0)
        end = offset + byteLength
      }
      assert.ok(end <= arena.byteOffset + BYTE_LENGTH)
    },
  },
  {
    name: 'the whole arena can be written, and nothing else is',
    run(arena, pool) {
      for (const byteLength of [524_288, 60_000, 4096, 256, 8]) {
        for (const offset of fill(pool, byteLength)) {
          arena.u8.fill(byteLength, offset, offset + byteLength)
        }
      }
      assert.is(exactStats(arena).freeByteLength, 0)
    },
  },
  {
    name: 'the same views, whichever way they are made',
    run(arena, pool) {
      const array = pool.allocArray(Int16Array, 5)
      array.set([1, -2, 3, -4, 5])
      const { byteOffset } = array
      assert.equal([...arena.view(byteOffset)], [1, -2, 3, -4, 5])
      assert.is(arena.i16[(byteOffset >> 1) + 1], -2)
      assert.is(new Int16Array(arena.buffer, byteOffset, 5)[4], 5)
    },
  },
  {
    name: 'realloc, large blocks, alignment',
    run(arena, pool) {
      let offset = pool.alloc(100, 256)
      arena.f64[offset / 8] = 12.5
      for (const byteLength of [5000, 700_000, 900_000, 300]) {
        offset = pool.realloc(offset, byteLength)
        assert.is(offset % 256, 0)
        assert.is(arena.f64[offset / 8], 12.5)
      }
      pool.free(offset)
    },
  },
  {
    name: 'misuse is refused',
    run(arena, pool) {
      const offset = pool.alloc(100)
      pool.free(offset)
      refuses('double-free', () => pool.free(offset))
      const end = arena.byteOffset + BYTE_LENGTH
      for (const outside of [arena.byteOffset - 32, end, end + 16]) {
        refuses('invalid-offset', () => pool.free(outside))
      }
      refuses('invalid-offset', () => pool.free(arena.byteOffset + 4096), /control area/)
      refuses('out-of-memory', () => pool.alloc(BYTE_LENGTH))
    },
  },
  {
    name: 'filled, emptied in random order, and filled as before',
    run(_arena, pool) {
      const first = fill(pool, 1000)
      for (const offset of new Random(2).shuffle([...first])) pool.free(offset)
      const large = fill(pool, 600_000)
      for (const offset of large) pool.free(offset)
      assertSameNumbers(fill(pool, 1000), first)
    },
  },
  {
    name: 'pools close and open again, with their blocks',
    run(arena, pool) {
      const offset = pool.alloc(50)
      const other = arena.openPool()
      const otherOffset = other.alloc(50)
      pool.close()
      const next = arena.openPool()
      next.free(offset)
      other.free(otherOffset)
      refuses('pool-closed', () => pool.alloc(1))
    },
  },
  {
    name: 'user classes fit',
    run(arena, pool) {
      const { stride } = arena.stats().classes.find(({ maxByteLength }) => maxByteLength >= 720)!
      assert.is(stride, 736)
      assert.is(pool.alloc(720) % 16, 0)
    },
  },
]

for (const region of regions) {
  const test = suite(`region: ${region.name}`)
  for (const { name, run } of cases) {
    test(name, () => {
      const { arena, assertSurroundings } = region.create(BYTE_LENGTH, { classes: [720] })
      run(arena, arena.openPool(), region)
      assertSound(arena)
      for (const exact of [true, false]) assertConserved(arena, exact)
      assertSurroundings()
    })
  }
  test.run()
}
