// Typed pools: what they allocate and free is what their pool would.
import { ArenaError, blocks, exactStats, type TypedPool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refuses, refusesUnharmed, unharmed } from '../support/checks.ts'
import { smallArena } from '../support/memory.ts'
import { allocMany, deliver } from '../support/pools.ts'
import { anything, createOddValues, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('typed pool')

/** Allocates blocks until the arena is full. */
function fill({ tryAlloc }: TypedPool): number[] {
  const offsets: number[] = []
  for (let offset = tryAlloc(); offset !== 0; offset = tryAlloc()) offsets.push(offset)
  return offsets
}

/** The lengths on both sides of the ends of all classes, and lengths without a class. */
const lengthsFor = (strides: ArrayLike<number>) => [
  ...[0, 1, 7],
  ...Array.from(strides).flatMap((stride) => [stride - 9, stride - 8, stride - 7]),
  ...[600_000, 1_000_000],
]

for (const classes of [[], [48, 720, 2000, 100_000]]) {
  test(`the blocks are those of the pool, with classes [${classes}]`, () => {
    const typed = smallArena(4 << 20, classes)
    const plain = smallArena(4 << 20, classes)
    for (const byteLength of lengthsFor(typed.memory.strides)) {
      const front = typed.pool.of(byteLength)
      assert.is(front.byteLength, byteLength)
      const offsets = [front.alloc(), front.tryAlloc(), front.alloc()]
      assert.equal(offsets, allocMany(plain.pool, 3, byteLength))
      for (const [i, offset] of offsets.entries()) {
        assert.is(typed.pool.byteLengthOf(offset), byteLength)
        assert.is(typed.arena.view(offset).length, byteLength)
        typed.arena.u8.fill(i + 1, offset, offset + byteLength)
      }
      for (const [i, offset] of offsets.entries()) {
        const view = typed.arena.view(offset)
        assert.ok(view.every((byte) => byte === i + 1))
        plain.arena.u8.fill(i + 1, offset, offset + byteLength)
      }
      assert.equal(blocks(typed.arena), blocks(plain.arena))
      typed.pool.free(offsets[0])
      for (const offset of offsets.slice(1)) front.free(offset)
      for (const offset of offsets) plain.pool.free(offset)
    }
    assert.equal(exactStats(typed.arena), exactStats(plain.arena))
    for (const { arena, pool } of [typed, plain]) {
      pool.collect()
      assertSound(arena)
      const { committedByteLength, controlByteLength } = arena.stats()
      assert.is(committedByteLength, controlByteLength)
    }
  })
}

test('several typed pools of equal and of other lengths share the lists of their pool', () => {
  const { arena, pool } = smallArena()
  const fronts = [0, 24, 24, 20, 100, 600, 600].map((byteLength) => pool.of(byteLength))
  const offsets = fronts.map((front) => front.alloc())
  assert.is(new Set(offsets).size, 7)
  for (const [i, offset] of offsets.entries()) {
    assert.is(pool.byteLengthOf(offset), fronts[i].byteLength)
    fronts[(i + 3) % 7].free(offset) // of whichever length
    assertSound(arena)
  }
  assert.is(blocks(arena).length, 0)
  const last = fronts[1].alloc()
  fronts[3].free(last)
  assert.is(pool.alloc(22), last)
  pool.free(last)
  assert.is(fronts[2].alloc(), last)
  assert.is(pool.byteLengthOf(last), 24)
})

test('a reused block has no type, and the pool can resize it', () => {
  const { arena, pool } = smallArena()
  const front = pool.of(32)
  const { byteOffset } = pool.allocArray(Float64Array, 4)
  front.free(byteOffset)
  assert.is(front.alloc(), byteOffset)
  assert.instance(arena.view(byteOffset), Uint8Array)
  arena.u8[byteOffset] = 200
  const longer = pool.realloc(byteOffset, 5000)
  assert.is(arena.u8[longer], 200)
  front.free(longer)
  assertSound(arena)
})

test('wrong lengths are refused, with what was given', () => {
  const { arena, pool } = smallArena()
  for (const value of [...notNumbers, ...oddNumbers, undefined]) {
    const call = () => pool.of(anything(value))
    refusesUnharmed(arena, 'invalid-argument', call, /byteLength is .*expected/)
  }
  refuses('invalid-argument', () => pool.of(-5), /byteLength is -5/)
})

test('lengths above the arena’s: there is never room', () => {
  const { arena, pool } = smallArena()
  for (const byteLength of [(1 << 20) + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    const front = pool.of(byteLength)
    unharmed(arena, () => {
      assert.is(front.tryAlloc(), 0)
      refuses('out-of-memory', () => front.alloc(), new RegExp(`${byteLength} bytes`))
    })
    const offset = pool.alloc(10)
    front.free(offset)
    refuses('double-free', () => front.free(offset))
  }
})

/** What a call throws: a code and a message. */
function thrownBy(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof ArenaError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'nothing'
}

test('free: the errors are those of the pool, and the arena is unharmed', () => {
  const { arena, pool } = smallArena(8 << 20)
  const kinds: [number, number?][] = [
    ...[[0], [100], [16_384], [100_000], [600_000]].map(([one]): [number] => [one]),
    ...[[100, 1024] as const, [100_000, 4096] as const, [600_000, 4096] as const].map(
      ([one, alignment]): [number, number] => [one, alignment],
    ),
  ]
  const live = kinds.flatMap((kind) => [pool.alloc(...kind), pool.alloc(...kind)])
  live.push(pool.allocArray(Float32Array, 25).byteOffset)
  const freed = kinds.map((kind) => pool.alloc(...kind))
  for (const offset of freed) pool.free(offset)
  const inside = live.flatMap((offset) =>
    [-16, -8, 1, 4, 8, 16, 32, 64, 4096, 65_536].map((distance) => offset + distance),
  )
  const wrong: unknown[] = [
    ...createOddValues().filter((value) => value !== 0),
    ...[...freed, ...inside].filter((offset) => !live.includes(offset)),
    ...live.flatMap((offset) => [`${offset}`, BigInt(offset), [offset], offset + 2 ** 32]),
    ...[8 << 20, 2 ** 31 - 16, 65_536, arena.byteLength - 16],
  ]
  for (const byteLength of [0, 100, 16_384, 100_000, 600_000]) {
    const front = pool.of(byteLength)
    unharmed(arena, () => {
      for (const value of wrong) {
        const thrown = thrownBy(() => front.free(anything(value)))
        assert.is.not(thrown, 'nothing')
        assert.is(
          thrown,
          thrownBy(() => pool.free(anything(value))),
        )
      }
      for (const zero of [0, -0]) front.free(zero)
    })
  }
  const front = pool.of(100)
  for (const offset of live) {
    front.free(offset)
    assert.match(
      thrownBy(() => front.free(offset)),
      /^double-free/,
    )
    assertSound(arena)
  }
  assert.is(blocks(arena).length, 0)
})

test('another pool’s typed pool frees the blocks', () => {
  const { arena, pool } = smallArena(4 << 20)
  const other = arena.openPool()
  for (const byteLength of [0, 100, 5000, 100_000, 600_000]) {
    const [front, others] = [pool.of(byteLength), other.of(byteLength)]
    const offsets = Array.from({ length: 4 }, () => front.alloc())
    for (const offset of offsets) others.free(offset)
    deliver([other], pool)
    assertSound(arena)
    assert.is(blocks(arena).length, 0)
  }
})

test('full: tryAlloc gives 0 and alloc throws; one free, and both work again', () => {
  for (const byteLength of [8, 1000, 65_536, 600_000]) {
    const { arena, pool } = smallArena()
    const front = pool.of(byteLength)
    const offsets = fill(front)
    assert.is(front.tryAlloc(), 0)
    refuses('out-of-memory', () => front.alloc(), new RegExp(`${byteLength} bytes.*tryAlloc`))
    assert.is(
      thrownBy(() => front.alloc()),
      thrownBy(() => pool.alloc(byteLength)),
    )
    assertSound(arena)
    const last = offsets.at(-1) ?? 0
    front.free(last)
    assert.is(front.alloc(), last)
    pool.free(last)
    assert.is(front.tryAlloc(), last)
    assert.is(front.tryAlloc(), 0)
    assertSound(arena)
  }
})

test.run()
