// An arena is not full while memory can be taken back: what lies in queues, in segments that nobody
// reads any more, and in closed slots, whose queues may be for one another.
import { Arena, exactStats, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import { assertConserved, assertSound } from './support/checks.ts'
import { fill, memoryOf } from './support/memory.ts'
import { allocMany, fourPools, queueOf, reclaimBy, violationsOf } from './support/pools.ts'
import { seeded } from './support/random.ts'

const test = suite('segments that are held')
const ARENA = 8 << 20

/** Every way to ask for memory that takes a run of its own, or a block of a class. */
const kinds: [name: string, byteLength: number, alignment?: number][] = [
  ['small blocks', 100],
  ['blocks of the class of segments', 520],
  ['blocks of a span', 5000],
  ['aligned blocks', 5000, 4096],
  ['blocks of runs', 300_000],
  ['large blocks', 600_000],
  ['one large block', 7 << 20],
]

function capacityFor(byteLength: number, alignment?: number): number {
  return fill(Arena.create({ byteLength: ARENA }).openPool(), byteLength, alignment).length
}

function fivePools() {
  const arena = Arena.create({ byteLength: ARENA })
  const pools = Array.from({ length: 5 }, () => arena.openPool())
  return { arena, memory: memoryOf(arena), pools }
}

/**
 * A pool gets all that the arena has. Runs that were claimed around what was held then may leave a
 * gap that is too short for another one.
 */
function assertGetsAll(arena: Arena, main: Pool, byteLength: number, alignment?: number): void {
  const { length } = fill(main, byteLength, alignment)
  const capacity = capacityFor(byteLength, alignment)
  const hasGap = byteLength > 65_536 && length > 0 && length === capacity - 1
  if (!hasGap) assert.is(length, capacity)
  assertSound(arena)
  assert.is(exactStats(arena).liveBlockCount, length, 'no segment is left')
  for (const { slot, spanCount } of arena.stats().slots) {
    if (slot !== main.slot) assert.is(spanCount, 0, `slot ${slot}`)
  }
}

/** So many that a freer’s segments take spans of their own. */
const MANY = 60_000

for (const [name, byteLength, alignment] of kinds) {
  test(`own segments that a closed slot has yet to take, for ${name}`, () => {
    const { arena, memory, pools } = fivePools()
    const [main, worker] = pools
    for (const block of allocMany(worker, MANY, 8)) main.free(block)
    worker.close()
    assertGetsAll(arena, main, byteLength, alignment)
    assert.is(queueOf(memory, main, worker).segmentCount, 0)
  })

  test(`own segments that their reader is done with, for ${name}`, () => {
    const { arena, pools } = fivePools()
    const [main, worker] = pools
    for (const block of allocMany(worker, MANY, 8)) main.free(block)
    main.flush()
    worker.collect() // it has nothing left, and is open
    assertGetsAll(arena, main, byteLength, alignment)
  })

  test(`own queue, and blocks that were freed by their bits, for ${name}`, () => {
    const { arena, pools } = fivePools()
    const [main, worker] = pools
    const blocks = fill(main, byteLength, alignment)
    for (const block of blocks) worker.free(block)
    worker.close()
    assertSound(arena)
    assertGetsAll(arena, main, byteLength, alignment)
  })

  test(`segments of closed slots, and of those that closed before them, for ${name}`, () => {
    const { arena, pools } = fivePools()
    const [main, ...others] = pools
    // Each frees what the next one has allocated, and that one has closed before, or closes later.
    const blocks = others.map((pool) => allocMany(pool, MANY / 4, 8))
    for (const [i, freer] of others.entries()) {
      for (const block of blocks[(i + 1) % others.length]) freer.free(block)
    }
    for (const i of [2, 0, 3, 1]) others[i].close()
    assertGetsAll(arena, main, byteLength, alignment)
    assertConserved(arena, true)
  })
}

/** All orders of four. */
const orders = [0, 1, 2, 3].flatMap((a) =>
  [0, 1, 2, 3].flatMap((b) =>
    [0, 1, 2, 3].flatMap((c) => {
      const d = 6 - a - b - c
      return new Set([a, b, c, d]).size === 4 && d >= 0 && d < 4 ? [[a, b, c, d]] : []
    }),
  ),
)

for (const order of orders) {
  test(`closed slots that have remote frees for what others have by now: slots ${order}`, () => {
    const four = fourPools(ARENA)
    const all = [four.owner, four.freer, four.third, four.fourth]
    const [owner, freer, adopter, main] = order.map((i) => all[i])
    const { arena, memory } = four
    const blocks = [...allocMany(owner, 20, 3000), ...allocMany(owner, 3, 16_384)]
    for (const block of blocks) freer.free(block)
    owner.close()
    reclaimBy(adopter, arena) // before the queue was delivered
    adopter.close()
    freer.close()
    const { controlByteLength, reservedByteLength } = arena.stats()
    assert.ok(main.tryAlloc(reservedByteLength - controlByteLength - 16) > 0)
    assertSound(arena)
    for (const pool of all) assert.is(violationsOf(memory, pool), 0)
    for (const pool of all) assert.is(queueOf(memory, pool, owner).segmentCount, 0)
  })
}

const asks: Record<string, (pool: Pool) => number> = {
  alloc: (pool) => pool.alloc(7 << 20),
  'an aligned block': (pool) => pool.alloc((7 << 20) - 4096, 4096),
  allocZeroed: (pool) => pool.allocZeroed(7 << 20),
  reserve: (pool) => pool.reserve(7 << 20),
  allocArray: (pool) => pool.allocArray(Float64Array, (7 << 20) / 8).byteOffset,
  realloc: (pool) => pool.realloc(pool.alloc(100), 7 << 20),
  'growth of a large block': (pool) => pool.realloc(pool.alloc(600_000), 6 << 20),
}

for (const [name, ask] of Object.entries(asks)) {
  test(`whatever is asked for: ${name}`, () => {
    const { arena, pools } = fivePools()
    const [main, first, second] = pools
    for (const block of allocMany(first, MANY, 8)) main.free(block)
    for (const block of allocMany(second, MANY / 2, 8)) first.free(block)
    for (const pool of [first, second]) pool.close()
    assert.ok(ask(main) > 0)
    assertSound(arena)
  })
}

test(
  'pools that free each other’s blocks, and close in any order: all is there for the last one',
  seeded((random) => {
    for (let round = 0; round < rounds(20); round++) {
      const { arena, pools } = fivePools()
      const held: number[] = []
      const isFull = random.below(2) === 0
      for (let i = 0; i < 3000; i++) {
        const pool = random.pick(pools)
        const offset = pool.tryAlloc(isFull ? 8000 : random.logUniform(12))
        if (offset !== 0) held.push(offset)
      }
      const main = pools.splice(random.below(pools.length), 1)[0]
      for (const block of random.shuffle(held)) {
        if (random.below(700) === 0 && pools.length > 1) {
          pools.splice(random.below(pools.length), 1)[0].close()
        }
        random.pick([main, ...pools]).free(block)
      }
      for (const pool of random.shuffle(pools)) pool.close()
      assertSound(arena)
      assertGetsAll(arena, main, 5000)
    }
  }),
)

test.run()
