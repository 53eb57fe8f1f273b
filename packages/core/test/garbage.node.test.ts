// The calls of a frame make no garbage: neither the fast paths nor the misses behind them.

import { Arena, createScratch, exactStats, type Pool, type TypedPool, verify } from '@ashlar/core'
import { openSupervisor, openTelemetry } from '@ashlar/core/tuning'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../test/support/garbage.ts'
import { smallArena } from './support/memory.ts'

const test = suite('garbage')
const CORE = ['packages/core/src/']

const offsets = new Int32Array(4096)

function allocate(pool: Pool, count: number, byteLength: number): void {
  for (let i = 0; i < count; i++) offsets[i] = pool.alloc(byteLength)
}
function release(pool: Pool, count: number): void {
  for (let i = 0; i < count; i++) pool.free(offsets[i])
}

const frames: Record<string, (pool: Pool) => void> = {
  'alloc, tryAlloc, free': (pool) => {
    for (let byteLength = 0; byteLength < 4000; byteLength += 200) {
      const [a, b] = [0, 1]
      offsets[a] = pool.alloc(byteLength)
      offsets[b] = pool.tryAlloc(byteLength)
      pool.free(offsets[a])
      pool.free(offsets[b])
    }
  },
  'a typed pool': (pool) => {
    const typed = typedPoolOf(pool)
    for (let i = 0; i < 200; i++) offsets[i] = i % 2 === 0 ? typed.alloc() : typed.tryAlloc()
    for (let i = 0; i < 200; i++) typed.free(offsets[i])
    pool.collect(undefined) // so that the next frame refills
  },
  'typed pools of other lengths, blocks of the pool': (pool) => {
    for (const typed of typedPoolsOf(pool)) {
      typed.free(typed.alloc())
      typed.free(pool.alloc(300))
    }
  },
  'realloc, in place and moving': (pool) => {
    let offset = pool.alloc(10)
    for (const byteLength of lengths) offset = pool.realloc(offset, byteLength)
    pool.free(offset)
  },
  'tryResize, byteLengthOf, goodByteLength, free(0)': (pool) => {
    const offset = pool.alloc(100)
    pool.tryResize(offset, pool.byteLengthOf(offset) - 50)
    pool.tryResize(offset, 1 << 28)
    pool.goodByteLength(100)
    pool.goodByteLength(600_001)
    pool.free(offset)
    pool.free(0)
  },
  'aligned blocks': (pool) => {
    for (let alignment = 1; alignment <= 4096; alignment *= 2) {
      pool.free(pool.alloc(100, alignment))
    }
  },
  allocZeroed: (pool) => {
    pool.free(pool.allocZeroed(3000))
  },
  'large blocks': (pool) => {
    const offset = pool.alloc(600_000)
    pool.tryResize(offset, 700_000)
    pool.free(pool.realloc(offset, 540_000))
  },
  'refills: a span is claimed, carved, emptied and given back': (pool) => {
    allocate(pool, 200, 1000)
    release(pool, 200)
    pool.collect(undefined)
  },
  'refills of many classes, looks at idle blocks': (pool) => {
    for (let byteLength = 8; byteLength < 60_000; byteLength += byteLength >> 1) {
      allocate(pool, 20, byteLength)
      release(pool, 20)
    }
    pool.collect(budget)
  },
  'refills from parked blocks': (pool) => {
    allocate(pool, 1000, 100)
    for (let i = 0; i < 1000; i++) if (i % 10 !== 0) pool.free(offsets[i])
    pool.collect(undefined)
    for (let i = 0; i < 1000; i++) if (i % 10 !== 0) offsets[i] = pool.alloc(100)
    release(pool, 1000)
  },
  'out of memory, again and again': (pool) => {
    allocate(pool, 300, 10_000)
    for (let i = 0; i < 20; i++) pool.tryAlloc(3 << 20)
    for (let i = 0; i < 20; i++) pool.tryAlloc(2 ** 31)
    release(pool, 300)
  },
}

/** The typed pools of the pool that was asked for last, made once. */
let typedPools: readonly TypedPool[] = []
let typedFor: Pool | undefined
function typedPoolsOf(pool: Pool): readonly TypedPool[] {
  if (typedFor === pool) return typedPools
  typedFor = pool
  typedPools = [1000, 0, 100, 300, 16_384, 100_000, 600_000].map((length) => pool.of(length))
  return typedPools
}
const typedPoolOf = (pool: Pool) => typedPoolsOf(pool)[0]

/** Blocks that live for a while among others that do not, so that spans drain. */
function churn(pool: Pool): void {
  allocate(pool, 3000, 100)
  for (let i = 0; i < 3000; i++) if (i % 10 !== 0) pool.free(offsets[i])
  for (let i = 0; i < 3000; i += 10) {
    if (i % 1000 === 0) pool.collect(undefined)
    pool.free(offsets[i])
    offsets[i] = pool.alloc(100)
  }
  for (let i = 0; i < 3000; i += 10) pool.free(offsets[i])
}

const lengths = [11, 300, 5000, 4900, 70_000, 600_000, 900_000, 20]
const budget = { spans: 3 }

for (const shared of [true, false]) {
  for (const [name, frame] of Object.entries(frames)) {
    test(`${shared ? 'shared' : 'unshared'}: ${name}`, () => {
      const arena = Arena.create({ byteLength: 4 << 20, shared })
      const pool = arena.openPool()
      const garbage = measureGarbage(() => frame(pool), { frames: 200, warmup: 1500 })
      assertNoGarbage(garbage, CORE)
      assert.is(exactStats(arena).liveBlockCount, 0)
    })
  }
}

test('a frame that collects, takes figures and reads telemetry', () => {
  const arena = Arena.create({ byteLength: 16 << 20, shared: true })
  const [pool, other] = [arena.openPool(), arena.openPool()]
  const telemetry = openTelemetry(arena)
  const supervisor = openSupervisor(arena, { state: 'learn' })
  const into = { into: arena.stats() }
  const intoSlot = { into: arena.stats({ slot: pool.slot }), slot: pool.slot }
  let seen = 0
  const visit = () => {
    seen++
  }
  const frame = () => {
    churn(pool)
    other.free(pool.alloc(100))
    other.flush()
    telemetry.read(visit)
    churn(pool)
    supervisor.step(visit)
    pool.collect(budget)
    arena.stats(into)
    arena.stats(intoSlot)
  }
  const garbage = measureGarbage(frame, { frames: 200, warmup: 1500 })
  assertNoGarbage(garbage, CORE)
  assert.ok(seen > 800)
  assert.ok(into.into.slots[pool.slot].remoteFreeCount > 700)
})

test('the frames of a scratch, those that overflow too', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 4096 })
  const frame = () => {
    for (let count = 3; count < 300; count += 290) {
      const mark = scratch.mark()
      for (let i = 0; i < count; i++) offsets[0] = scratch.alloc(100, i % 3 === 0 ? 64 : undefined)
      scratch.rewind(mark)
      scratch.alloc(30)
      scratch.reset()
    }
  }
  assertNoGarbage(measureGarbage(frame, { frames: 200, warmup: 1500 }), CORE)
  assert.ok(scratch.overflowCount > 200)
  assert.equal(verify(arena), [])
})

test('a call whose result is an object is seen, so the gate is open to core’s modules', () => {
  const { pool } = smallArena()
  const garbage = measureGarbage(() => pool.free(pool.allocArray(Float32Array, 4).byteOffset))
  assert.ok((garbage.byModule.get('packages/core/src/pool/pool.ts') ?? 0) > 0)
})

test.run()
