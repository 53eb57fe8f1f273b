// Words of an arena are overwritten, at random: whatever is called then ends, throws nothing but an
// ArenaError, gives no offset outside of the arena and writes nothing there.

import {
  ArenaError,
  blocks,
  createScratch,
  exactStats,
  freeScratch,
  type Pool,
  verify,
} from '@ashlar/core'
import { openSupervisor, openTelemetry, publishBatch } from '@ashlar/core/tuning'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_FREE_HEADS } from '../src/base/layout.ts'
import type { SlotIndex } from '../src/base/units.ts'
import { slotWord } from '../src/memory/memory.ts'
import { type HostileArena, hostileArena, type Thread } from './support/hostile.ts'
import { pickOverwrites } from './support/overwrite.ts'
import { Random, SEED } from './support/random.ts'

const test = suite('damage')

type Call = readonly [name: string, call: () => unknown]

/** Payloads of all kinds of blocks that the arena has. */
const LENGTHS = [0, 8, 100, 100, 520, 3000, 16_384, 100_000, 560_000, 2_000_000]

/** Where blocks are, or were; and anywhere. */
function somewhere({ memory, offsets, segments }: HostileArena, random: Random): number {
  const { base, byteLength } = memory
  const among = random.below(10)
  if (among < 6) return random.pick(offsets)
  if (among < 7 && segments.length > 0) return random.pick(segments)
  return random.pick([base + 16 * random.below(byteLength / 16), base, 16 * random.below(2 ** 17)])
}

/** An offset that an allocation gave. */
function inside({ memory }: HostileArena, offset: number): number {
  const isOne = offset > memory.base && offset < memory.base + memory.byteLength
  if (offset !== 0 && !isOne) assert.unreachable(`it gave offset ${offset}`)
  return offset
}

function viewInside({ memory }: HostileArena, view: { byteOffset: number; byteLength: number }) {
  const isOne =
    view.byteOffset > memory.base &&
    view.byteOffset + view.byteLength <= memory.base + memory.byteLength
  if (!isOne) assert.unreachable(`it shows ${view.byteLength} bytes from ${view.byteOffset} on`)
}

function useScratch(pool: Pool, byteLength: number): void {
  const scratch = createScratch(pool, { byteLength })
  scratch.array(Float64Array, byteLength >> 4)
  scratch.array(Uint8Array, byteLength)
  scratch.dispose()
}

/** What a pool can do, as often as it takes to meet the damage. */
function callsOfPool(site: HostileArena, { pool, scratch }: Thread, random: Random): Call[] {
  const at = () => somewhere(site, random)
  const length = () => random.pick(LENGTHS)
  const fill = (byteLength: number) => {
    for (let i = 0; i < 200; i++) if (inside(site, pool.tryAlloc(byteLength)) === 0) break
  }
  return [
    ['alloc', () => inside(site, pool.alloc(length(), random.pick([undefined, 64, 4096])))],
    ['allocZeroed', () => inside(site, pool.allocZeroed(length()))],
    ['reserve', () => inside(site, pool.reserve(length(), random.pick([undefined, 1024])))],
    ['allocArray', () => inside(site, pool.allocArray(Float64Array, length()).byteOffset)],
    ...[8, 100, 520, 3000, 16_384].map((one): Call => [`fill ${one}`, () => fill(one)]),
    ...Array.from({ length: 12 }, (): Call => ['free', () => pool.free(at())]),
    ['realloc', () => inside(site, pool.realloc(at(), length()))],
    ['tryResize', () => pool.tryResize(at(), length())],
    ['byteLengthOf', () => pool.byteLengthOf(at())],
    ['touch', () => pool.touch(at(), length())],
    ['typed alloc', () => inside(site, pool.of(length()).alloc())],
    ['typed free', () => pool.of(length()).free(at())],
    ['flush', () => pool.flush()],
    ['collect', () => pool.collect()],
    ['collect, spans', () => pool.collect({ spans: random.below(3) })],
    ['createScratch', () => useScratch(pool, 64 + length())],
    ['freeScratch', () => freeScratch(pool, random.pick([scratch.offset, at()]))],
    ['scratch.alloc', () => scratch.alloc(length())],
    ['scratch.array', () => scratch.array(Float64Array, length() >> 3)],
    ['scratch.reset', () => scratch.reset()],
    ['scratch.dispose', () => scratch.dispose()],
    ['close', () => random.below(4) === 0 && pool.close()],
  ]
}

function callsOfArena(site: HostileArena, { arena }: Thread, random: Random): Call[] {
  const slot = () => random.below(5)
  return [
    ['view', () => viewInside(site, arena.view(somewhere(site, random)))],
    ['blocks', () => blocks(arena)],
    ['verify', () => verify(arena)],
    ['stats', () => arena.stats()],
    ['stats, exact', () => exactStats(arena)],
    ['stats, of a slot', () => exactStats(arena, { slot: slot() })],
    // They repair what they find: not too often.
    ['adopt', () => random.below(3) === 0 && arena.adopt(slot())],
    ['openPool', () => random.below(2) === 0 && arena.openPool()],
    ['openPool, reserved', () => arena.openPool(slot())],
    ['reserveSlot', () => random.below(2) === 0 && arena.reserveSlot()],
    ['isOpen', () => arena.isOpen(slot(), 1)],
    ['telemetry', () => openTelemetry(arena).read(() => {})],
    ['supervisor', () => openSupervisor(arena, { state: 'learn' }).step()],
    ['publishBatch', () => publishBatch(arena, 100, 1 + random.below(1024))],
  ]
}

function round(seed: number): void {
  const random = new Random(seed)
  const site = hostileArena(random)
  const { i32 } = site.memory
  for (const { word, value } of pickOverwrites(site, random)) i32[word] = value
  const calls = site.threads.flatMap((thread) => [
    ...callsOfPool(site, thread, random),
    ...callsOfArena(site, thread, random),
  ])
  for (const [name, call] of random.shuffle(calls)) {
    try {
      call()
    } catch (error) {
      const what = `${name}: ${error instanceof Error ? error.stack : error}`
      if (!(error instanceof ArenaError)) throw new Error(what, { cause: error })
    }
    const at = site.changedOutside()
    if (at >= 0) assert.unreachable(`${name} has changed byte ${at}, outside of the arena`)
  }
}

/** Everything that takes a block from a free list. */
const takers: Record<string, (pool: Pool, byteLength: number) => number> = {
  alloc: (pool, byteLength) => pool.alloc(byteLength),
  tryAlloc: (pool, byteLength) => pool.tryAlloc(byteLength),
  'typed alloc': (pool, byteLength) => pool.of(byteLength).alloc(),
  'aligned alloc': (pool, byteLength) => pool.alloc(byteLength >> 2, byteLength >> 1),
  allocZeroed: (pool, byteLength) => pool.allocZeroed(byteLength),
  reserve: (pool, byteLength) => pool.reserve(byteLength, 64),
  allocArray: (pool, byteLength) => pool.allocArray(Float64Array, byteLength >> 3).byteOffset,
  realloc: (pool, byteLength) => pool.realloc(pool.alloc(8), byteLength),
  createScratch: (pool, byteLength) => createScratch(pool, { byteLength }).offset,
}

for (const [name, take] of Object.entries(takers)) {
  test(`a free list may lead anywhere: ${name}`, () => {
    const random = new Random(1)
    const { base, byteLength: reach } = hostileArena(random).memory
    const ends = [base, base + 65536, base + 5 * 65536, base + reach]
    const places = ends.flatMap((end) => [end - 4096, end - 16, end - 8, end, end + 4, end + 16])
    for (const place of [...places, 1, 8, 16, -1, -16, 2 ** 31 - 16, -(2 ** 31)]) {
      for (const byteLength of [256, 4096]) {
        const site = hostileArena(random)
        const { memory } = site
        const [{ pool }] = site.threads
        const heads = slotWord(memory, pool.slot as SlotIndex, SLOT_FREE_HEADS)
        for (let row = 0; row < memory.classCount; row++) {
          if (memory.strides[row] > 100) memory.i32[heads + row] = place
        }
        try {
          inside(site, take(pool, byteLength))
        } catch (error) {
          const isCorrupt = error instanceof ArenaError && error.code !== 'out-of-memory'
          if (!isCorrupt) throw new Error(`${place}: ${error}`, { cause: error })
        }
        assert.is(site.changedOutside(), -1, `it led to ${place}`)
      }
    }
  })
}

const ROUNDS = 300
const PER_TEST = 50

for (let first = 0; first < ROUNDS; first += PER_TEST) {
  test(`rounds from ${first} on`, () => {
    for (let i = first; i < first + PER_TEST; i++) {
      try {
        round(SEED + i)
      } catch (error) {
        console.error(`repeat this failure with ASHLAR_SEED=${SEED + i}`)
        throw error
      }
    }
  })
}

test.run()
