import { Arena, blocks, createScratch, freeScratch } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refuses, unharmed } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { seeded } from '../support/random.ts'
import { regions } from '../support/regions.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('scratch')

for (const region of regions) {
  test(`${region.name}: offsets follow one another, reset begins anew`, () => {
    const { arena, assertSurroundings } = region.create(1 << 20)
    const pool = arena.openPool()
    const scratch = createScratch(pool, { byteLength: 4096 })
    for (let frame = 0; frame < 3; frame++) {
      const a = scratch.alloc(5)
      const b = scratch.alloc(16)
      const c = scratch.alloc(0)
      const d = scratch.alloc(1)
      assert.equal([b - a, c - b, d - c], [16, 16, 0])
      assert.is(a, scratch.offset + 16)
      assert.is(scratch.usedByteLength, 33)
      const floats = scratch.array(Float32Array, 10)
      floats.fill(frame)
      assert.is(floats.buffer, arena.buffer)
      assert.is(floats.byteOffset % 16, 0)
      assert.is(arena.f32[(floats.byteOffset >> 2) + 9], frame)
      scratch.reset()
      assert.is(scratch.usedByteLength, 0)
      assertSound(arena)
    }
    assert.is(blocks(arena).length, 1)
    assert.is(scratch.overflowCount, 0)
    scratch.dispose()
    assert.equal(blocks(arena), [])
    assertSound(arena)
    assertSurroundings()
  })
}

test('what is filled to the last byte does not overflow, one byte more does', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 1024 })
  scratch.alloc(1008)
  assert.is(scratch.overflowCount, 0)
  scratch.alloc(0)
  assert.is(scratch.overflowCount, 0)
  const more = scratch.alloc(1)
  assert.is(scratch.overflowCount, 1)
  assert.is(scratch.usedByteLength, 1009)
  assert.is(scratch.peakByteLength, 1025)
  assert.is(blocks(arena).length, 2)
  arena.u8[more] = 7
  scratch.reset()
  assert.is(blocks(arena).length, 1)
  assert.is(scratch.byteLength, 1024)
  assert.is(scratch.peakByteLength, 1025)
  assert.is(scratch.overflowCount, 1)
  assertSound(arena)
})

test('blocks that are chained double, so that a long frame has few', () => {
  const { arena, pool } = smallArena(8 << 20)
  const scratch = createScratch(pool, { byteLength: 1024 })
  for (let i = 0; i < 10_000; i++) scratch.alloc(100)
  assert.ok(blocks(arena).length <= 12, `${blocks(arena).length}`)
  assert.is(scratch.overflowCount, blocks(arena).length - 1)
  assertSound(arena)
  scratch.reset()
  assert.is(blocks(arena).length, 1)
  scratch.alloc(600_000) // longer than all before
  assert.is(blocks(arena).length, 2)
  scratch.dispose()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('the byteLength that peakByteLength names is enough', () => {
  const { pool } = smallArena(4 << 20)
  const frame = (scratch: ReturnType<typeof createScratch>) => {
    for (let i = 0; i < 500; i++) scratch.array(Float64Array, i % 50)
  }
  const first = createScratch(pool, { byteLength: 64 })
  frame(first)
  assert.ok(first.overflowCount > 0)
  const second = createScratch(pool, { byteLength: first.peakByteLength })
  frame(second)
  assert.is(second.overflowCount, 0)
})

test('alignment, in the first block and where a block is chained for it', () => {
  const { arena, pool } = smallArena()
  for (const byteLength of [8192, 64]) {
    const scratch = createScratch(pool, { byteLength })
    for (let alignment = 1; alignment <= 4096; alignment *= 2) {
      scratch.alloc(3)
      assert.is(scratch.alloc(32, alignment) % alignment, 0)
      assertSound(arena)
    }
    scratch.dispose()
  }
  assert.equal(blocks(arena), [])
  const scratch = createScratch(pool, { byteLength: 256 })
  const at = scratch.alloc(1)
  assert.is(scratch.alloc(1, 1), at + 1)
  assert.is(scratch.alloc(1, 4), at + 4)
})

test('mark and rewind nest, across blocks too, and give blocks back', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 1024 })
  scratch.alloc(100)
  const outer = scratch.mark()
  scratch.alloc(500)
  const inner = scratch.mark()
  scratch.alloc(2000)
  const innermost = scratch.mark()
  scratch.alloc(9000)
  assert.is(blocks(arena).length, 3)
  scratch.rewind(innermost)
  assert.is(blocks(arena).length, 2)
  assert.is(scratch.mark(), innermost)
  scratch.rewind(inner)
  assert.is(blocks(arena).length, 1)
  assert.is(scratch.usedByteLength, 612)
  scratch.rewind(inner) // where it is
  scratch.rewind(outer)
  assert.is(scratch.mark(), outer)
  assert.is(scratch.usedByteLength, 100)
  assertSound(arena)
})

test('what is no mark, or was taken back, is refused, and nothing changes', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 1024 })
  scratch.alloc(100)
  const early = scratch.mark()
  scratch.alloc(2000)
  const late = scratch.mark()
  scratch.rewind(early)
  const bad = [late, early + 1, scratch.offset, 0, -1, scratch.offset + 8, 1 << 30]
  for (const mark of [...bad, ...oddNumbers, ...notNumbers]) {
    if (mark === early) continue
    unharmed(arena, () => refuses('invalid-argument', () => scratch.rewind(anything(mark))))
    assert.is(scratch.mark(), early)
  }
})

test('lengths, alignments, types and options that are none', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 1024 })
  for (const bad of ['16', 1.5, -1, 2 ** 32, Number.NaN, null, {}]) {
    refuses('invalid-argument', () => scratch.alloc(anything(bad)))
    refuses('invalid-argument', () => scratch.array(Float32Array, anything(bad)))
    refuses('invalid-argument', () => createScratch(pool, { byteLength: anything(bad) }))
  }
  for (const bad of [0, 3, 8192, -16, 1.5, '16', null]) {
    refuses('invalid-argument', () => scratch.alloc(16, anything(bad)))
  }
  refuses('invalid-argument', () => scratch.array(anything(Array), 3))
  refuses('invalid-argument', () => createScratch(pool, { byteLength: 63 }))
  assert.is(scratch.usedByteLength, 0)
  assert.is(blocks(arena).length, 1)
  assertSound(arena)
})

test('out of memory: only where the arena is full, and the scratch is as it was', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 4096 })
  for (const byteLength of [2 ** 20, 2 ** 31, 2 ** 32 - 1]) {
    refuses('out-of-memory', () => scratch.alloc(byteLength))
    refuses('out-of-memory', () => scratch.alloc(byteLength, 4096))
    refuses('out-of-memory', () => scratch.array(Float64Array, byteLength))
  }
  assert.is(scratch.usedByteLength, 0)
  assert.is(scratch.overflowCount, 0)
  const held = fill(pool, 4096)
  scratch.alloc(4000)
  refuses('out-of-memory', () => scratch.alloc(3000))
  pool.free(held.pop()!)
  scratch.alloc(3000) // there is no room to double, but for this
  assert.is(scratch.overflowCount, 1)
  assertSound(arena)
  fill(pool, 1)
  refuses('out-of-memory', () => createScratch(pool, { byteLength: 4096 }))
  scratch.reset()
  scratch.dispose()
  assertSound(arena)
})

test('a disposed one refuses everything, and disposing of it again does nothing', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 64 })
  const mark = scratch.mark()
  scratch.alloc(5000)
  scratch.dispose()
  scratch.dispose()
  assert.equal(blocks(arena), [])
  refuses('scratch-disposed', () => scratch.alloc(0))
  refuses('scratch-disposed', () => scratch.alloc(16, 16))
  refuses('scratch-disposed', () => scratch.array(Float32Array, 0))
  refuses('scratch-disposed', () => scratch.rewind(mark))
  refuses('scratch-disposed', () => scratch.reset())
  assert.is(scratch.usedByteLength, 0)
})

test('a WebAssembly.Memory that grows in mid-frame', () => {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 64 })
  const arena = Arena.create({ memory })
  const scratch = createScratch(arena.openPool(), { byteLength: 256 })
  const kept = scratch.alloc(100)
  arena.u8[kept] = 5
  memory.grow(1)
  const after = scratch.array(Uint8Array, 50)
  assert.is(after.buffer, memory.buffer)
  memory.grow(1)
  scratch.alloc(5000)
  memory.grow(1)
  scratch.rewind(kept)
  assert.is(arena.u8[kept], 5)
  memory.grow(1)
  scratch.dispose()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('an adopter gives back what a dead thread had, overflow included', () => {
  const arena = Arena.create({ byteLength: 2 << 20, shared: false })
  const dead = arena.openPool()
  const scratch = createScratch(dead, { byteLength: 128 })
  for (let i = 0; i < 100; i++) scratch.alloc(100)
  const freer = arena.openPool()
  freeScratch(freer, scratch.offset)
  freer.flush()
  dead.collect()
  assert.equal(blocks(arena), [])
  refuses('double-free', () => freeScratch(dead, scratch.offset))
  refuses('invalid-offset', () => freeScratch(dead, 12))
  assertSound(arena)
})

test(
  'random use: nothing overlaps, all of it comes back',
  seeded((source) => {
    const random = (limit: number) => source.below(limit)
    const { arena, pool } = smallArena(8 << 20)
    const scratch = createScratch(pool, { byteLength: 2048 })
    let live: { offset: number; byteLength: number; value: number }[] = []
    const marks: { mark: number; count: number }[] = []
    for (let step = 0; step < 4000; step++) {
      const dice = random(100)
      if (dice < 85) {
        const byteLength = random(random(20) === 0 ? 5000 : 200)
        const alignment = 1 << random(9)
        const offset = scratch.alloc(byteLength, alignment)
        assert.is(offset % alignment, 0, `step ${step}`)
        arena.u8.fill(step & 255, offset, offset + byteLength)
        live.push({ offset, byteLength, value: step & 255 })
      } else if (dice < 91) {
        marks.push({ mark: scratch.mark(), count: live.length })
      } else if (dice < 97 && marks.length > 0) {
        const at = random(marks.length)
        scratch.rewind(marks[at].mark)
        live = live.slice(0, marks[at].count)
        marks.length = at + 1
      } else if (dice === 99) {
        scratch.reset()
        live = []
        marks.length = 0
      }
      if (step % 50 !== 0) continue
      for (const { offset, byteLength, value } of live) {
        const bytes = arena.u8.subarray(offset, offset + byteLength)
        assert.ok(
          bytes.every((byte) => byte === value),
          `step ${step}`,
        )
      }
      assertSound(arena)
    }
    scratch.dispose()
    assert.equal(blocks(arena), [])
  }),
)

test.run()
