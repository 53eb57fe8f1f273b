// The same calls give the same offsets: on every engine, on every region, whatever ran before.
import { Arena, type ArenaError, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Random } from './support/random.ts'
import { regions } from './support/regions.ts'

const test = suite('deterministic')
const BYTE_LENGTH = 2 << 20

/**
 * Of the offsets of `traceOf`, counted from the arena's base. They change with the classes, the
 * layout and the policy of refills, and then these do; between engines they never do.
 */
const PINNED = { natural: -1442861273, aligned: 271066448 }

function reallocIfRoom(pool: Pool, offset: number, byteLength: number): number {
  try {
    return pool.realloc(offset, byteLength)
  } catch (error) {
    assert.is((error as ArenaError).code, 'out-of-memory')
    return offset
  }
}

/** A hash of what 20,000 random calls gave. */
function traceOf(arena: Arena, pool: Pool, alignments: readonly (number | undefined)[]): number {
  const random = new Random(20_000)
  const live: number[] = []
  let hash = 0
  const add = (value: number) => {
    hash = Math.imul(hash ^ value, 0x0100_0193)
  }
  for (let step = 0; step < 20_000; step++) {
    const choice = random.below(100)
    const at = live.length === 0 ? 0 : random.below(live.length)
    const byteLength = random.logUniform(18)
    if (choice < 50 || live.length === 0) {
      const offset = pool.tryAlloc(byteLength, random.pick(alignments))
      add(offset === 0 ? 0 : offset - arena.byteOffset)
      if (offset !== 0) live.push(offset)
    } else if (choice < 60) {
      live[at] = reallocIfRoom(pool, live[at], byteLength)
      add(live[at] - arena.byteOffset)
    } else if (choice < 99) {
      pool.free(live[at])
      live[at] = live[live.length - 1]
      live.length--
    } else {
      add(pool.collect({ spans: 1 + random.below(3) }))
    }
  }
  return hash
}

for (const { name, create } of regions) {
  test(`the same offsets on every region: ${name}`, () => {
    const { arena, assertSurroundings } = create(BYTE_LENGTH)
    assert.is(traceOf(arena, arena.openPool(), [undefined, 16, 1]), PINNED.natural)
    assertSurroundings()
  })
}

test('the same offsets with every alignment', () => {
  for (const { create } of regions.filter(({ byteOffset }) => byteOffset % 4096 === 0)) {
    const { arena } = create(BYTE_LENGTH)
    assert.is(traceOf(arena, arena.openPool(), [undefined, 32, 256, 4096]), PINNED.aligned)
  }
})

test('the second arena of a process gives what the first did', () => {
  const pools = [0, 1].map(() => Arena.create({ byteLength: BYTE_LENGTH }).openPool())
  for (let i = 0; i < 5000; i++) {
    const [a, b] = pools.map((pool) => pool.tryAlloc((i * 37) % 3000))
    assert.is(a, b)
    if (i % 3 === 0) for (const pool of pools) pool.free(a)
  }
})

test.run()
