// Giving back never needs memory: in an arena that is full to the last byte everything can be
// freed, collected, adopted, closed and disposed of, in any order, without one error; then every
// byte is free.
import {
  Arena,
  blocks,
  createScratch,
  exactStats,
  freeScratch,
  type Pool,
  type Scratch,
} from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import { assertConserved, assertSound } from './support/checks.ts'
import { memoryOf } from './support/memory.ts'
import { violationsOf } from './support/pools.ts'
import { Random, SEED } from './support/random.ts'

const test = suite('giving back')

/** A thread, as far as an arena knows: a pool of its own, and scratches. */
interface Thread {
  readonly arena: Arena
  readonly pool: Pool
  readonly scratches: Scratch[]
}

function startThread(handle: Arena): Thread {
  const arena = Arena.attach(handle)
  arena.onViolation = (error) => assert.unreachable(error.message)
  const pool = arena.openPool()
  const scratches = [64, 5000].map((byteLength) => createScratch(pool, { byteLength }))
  return { arena, pool, scratches }
}

const LENGTHS = [600_000, 300_000, 100_000, 60_000, 16_384, 4000, 1000, 300, 100, 60, 24, 8, 0]

/**
 * Blocks of every kind by every thread in turn, ever shorter ones, until nothing fits for anyone.
 */
function fillUp(threads: readonly Thread[], random: Random): number[] {
  const held: number[] = []
  for (const byteLength of LENGTHS) {
    let rest = byteLength > 5000 ? 6 : Number.POSITIVE_INFINITY // of the long ones only some
    for (let misses = 0; misses < threads.length && rest > 0; rest--) {
      const { pool, scratches } = threads[(held.length + misses) % threads.length]
      const alignment = random.pick([undefined, undefined, 64, 1024])
      const offset = pool.tryAlloc(byteLength, alignment) || pool.tryAlloc(byteLength)
      if (offset === 0) misses++
      else held.push(offset)
      if (offset !== 0 && byteLength > 100 && random.below(8) === 0) {
        allocIfRoom(random.pick(scratches), byteLength)
      }
    }
  }
  for (const { pool } of threads) assert.is(pool.tryAlloc(0), 0)
  return held
}

function allocIfRoom(scratch: Scratch, byteLength: number): void {
  try {
    scratch.alloc(byteLength)
  } catch (error) {
    assert.is((error as { code?: string }).code, 'out-of-memory')
  }
}

/** What becomes of the thread that owns half of the blocks. */
const FATES = ['open', 'idle', 'closed', 'dead'] as const
type Fate = (typeof FATES)[number]

/** Everything that is to be given back, each as a call. It may be made in any order. */
function giveBacks(threads: readonly Thread[], fate: Fate, held: number[], random: Random) {
  const [main, owner, freer] = threads
  const active = fate === 'open' ? [main, owner, freer] : [main, freer]
  const someone = () => random.pick(active).pool
  const calls: (() => unknown)[] = held.map((offset) => () => someone().free(offset))
  for (const { pool, scratches } of active) {
    for (const scratch of scratches) calls.push(() => scratch.dispose())
    for (let i = 0; i < 5; i++) calls.push(() => pool.flush())
    for (let i = 0; i < 5; i++) calls.push(() => pool.collect())
  }
  if (fate === 'closed' || fate === 'dead') {
    for (const { offset } of owner.scratches) calls.push(() => freeScratch(someone(), offset))
  }
  if (fate === 'idle') for (const scratch of owner.scratches) calls.push(() => scratch.dispose())
  return calls
}

function run(fate: Fate, random: Random): void {
  const arena = Arena.create({ byteLength: 2 << 20, shared: true })
  const memory = memoryOf(arena)
  const threads = Array.from({ length: 3 }, () => startThread(arena))
  const [main, owner, freer] = threads
  const calls = giveBacks(threads, fate, fillUp(threads, random), random)
  if (fate === 'closed') owner.pool.close()
  // Another one takes its slot at some time, or nobody does, and finds what is in it.
  if (fate === 'dead') calls.push(() => main.arena.adopt(owner.pool.slot).close())
  if (fate === 'closed') calls.push(() => main.arena.openPool().close())
  calls.push(() => freer.arena.openPool().close())
  assertSound(arena)
  for (const [i, call] of random.shuffle(calls).entries()) {
    call()
    if (i % Math.ceil(calls.length / 60) === 0) {
      assertSound(arena)
      assertConserved(arena, true)
    }
  }
  for (const { pool } of random.shuffle([...threads]))
    if (fate !== 'dead' || pool !== owner.pool) pool.close()
  assertSound(arena)
  assert.equal(blocks(arena), [])
  for (const { pool } of threads) assert.is(violationsOf(memory, pool), 0)
  assertAllFree(arena)
}

/** One block can have all that is not control area. */
function assertAllFree(arena: Arena): void {
  const pool = arena.openPool()
  const { reservedByteLength, controlByteLength } = exactStats(arena)
  pool.free(pool.alloc(reservedByteLength - controlByteLength - 16))
  const stats = exactStats(arena)
  assert.equal([stats.liveBlockCount, stats.committedByteLength], [0, controlByteLength])
  assertSound(arena)
}

for (const fate of FATES) {
  for (let round = 0; round < rounds(5); round++) {
    test(`the owner of half of it is ${fate}, ${round}`, () => {
      try {
        run(fate, new Random(SEED + round))
      } catch (error) {
        console.error(`repeat this failure with ASHLAR_SEED=${SEED}`)
        throw error
      }
    })
  }
}

test.run()
