// Words of an arena are overwritten, at random: whatever is called then ends, throws nothing but an
// ArenaError, gives no offset outside of the arena and writes nothing there.
import { ArenaError, createScratch, freeScratch } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type HostileArena, hostileArena, pickValue, pickWord } from './support/hostile.ts'
import { Random, SEED } from './support/random.ts'

const test = suite('damage')

type Call = readonly [name: string, call: () => unknown]

/** Everything that can be called, each with what is likely to be met by the damage, or not. */
function callsOf(site: HostileArena, random: Random): Call[] {
  const { threads, memory, offsets } = site
  const somewhere = () =>
    random.pick([
      random.pick(offsets),
      random.pick(offsets),
      random.pick(site.parcels),
      memory.base + 16 * random.below(memory.byteLength / 16),
      memory.base,
      16 * random.below(2 ** 17),
    ]) ?? memory.base
  const length = () => random.pick([0, 8, 100, 520, 3000, 16_384, 100_000, 560_000, 2_000_000])
  const calls: Call[] = []
  for (const { arena, pool, scratch } of threads) {
    const ofPool: [string, () => unknown][] = [
      ['tryAlloc', () => inside(site, pool.tryAlloc(length()))],
      ['alloc', () => inside(site, pool.alloc(length(), random.pick([undefined, 64, 4096])))],
      ['allocZeroed', () => inside(site, pool.allocZeroed(length()))],
      ['reserve', () => inside(site, pool.reserve(length(), random.pick([undefined, 1024])))],
      ['allocArray', () => inside(site, pool.allocArray(Float64Array, length()).byteOffset)],
      ['free', () => pool.free(somewhere())],
      ['free', () => pool.free(somewhere())],
      ['free', () => pool.free(somewhere())],
      ['realloc', () => inside(site, pool.realloc(somewhere(), length()))],
      ['tryResize', () => pool.tryResize(somewhere(), length())],
      ['byteLengthOf', () => pool.byteLengthOf(somewhere())],
      ['touch', () => pool.touch(somewhere(), length())],
      ['flush', () => pool.flush()],
      ['collect', () => pool.collect()],
      ['collect, spans', () => pool.collect({ spans: random.below(3) })],
      ['collect, time', () => pool.collect({ milliseconds: 1 })],
      ['createScratch', () => createScratch(pool, { byteLength: 64 + length() }).dispose()],
      ['freeScratch', () => freeScratch(pool, random.pick([scratch.offset, somewhere()]))],
      ['scratch.alloc', () => scratch.alloc(length())],
      ['scratch.reset', () => scratch.reset()],
      ['scratch.dispose', () => scratch.dispose()],
      ['close', () => random.below(3) === 0 && pool.close()],
    ]
    const ofArena: [string, () => unknown][] = [
      ['view', () => viewInside(site, arena.view(somewhere()))],
      ['blocks', () => arena.blocks()],
      ['verify', () => arena.verify()],
      ['stats', () => arena.stats()],
      ['stats, exact', () => arena.stats({ exact: true })],
      ['stats, slot', () => arena.stats({ exact: true, slot: random.below(5) })],
      ['adopt', () => arena.adopt(random.below(5))],
      ['openPool', () => arena.openPool()],
      ['openPool, reserved', () => arena.openPool(random.below(5))],
      ['isOpen', () => arena.isOpen(random.below(5), 1)],
      ['telemetry', () => arena.openTelemetry().read(() => {})],
      ['supervisor', () => arena.openSupervisor({ state: 'learn' }).step()],
      ['publishBatch', () => arena.publishBatch(100, 1 + random.below(1024))],
    ]
    for (const [name, call] of [...ofPool, ...ofArena]) calls.push([`${pool.slot}: ${name}`, call])
  }
  return random.shuffle(calls)
}

/** An offset that an allocation gave. */
function inside({ memory }: HostileArena, offset: number): void {
  const isOne = offset > memory.base && offset < memory.base + memory.byteLength
  if (offset !== 0 && !isOne) assert.unreachable(`it gave offset ${offset}`)
}

function viewInside({ memory }: HostileArena, view: { byteOffset: number; byteLength: number }) {
  const isOne =
    view.byteOffset > memory.base &&
    view.byteOffset + view.byteLength <= memory.base + memory.byteLength
  if (!isOne) assert.unreachable(`it shows ${view.byteLength} bytes from ${view.byteOffset} on`)
}

export function round(seed: number, trace: (what: string) => void = () => {}): void {
  const random = new Random(seed)
  const site = hostileArena(random)
  for (let rest = 1 + random.below(6); rest > 0; rest--) {
    const word = pickWord(site, random)
    const value = pickValue(site, random, word)
    trace(`word ${word} is ${site.memory.i32[word]}, becomes ${value}`)
    site.memory.i32[word] = value
  }
  for (const [name, call] of callsOf(site, random)) {
    trace(name)
    try {
      call()
    } catch (error) {
      const message = `${name}: ${error instanceof Error ? error.stack : error}`
      if (!(error instanceof ArenaError)) throw new Error(message, { cause: error })
    }
    const at = site.changedOutside()
    if (at >= 0) assert.unreachable(`${name} has changed byte ${at}, outside of the arena`)
  }
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
