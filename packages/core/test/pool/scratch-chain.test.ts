// What is in the arena of a scratch: found by the adopter of a thread that dies at any step, and
// refused where it was overwritten.
import { type Arena, ArenaError, blocks, createScratch, freeScratch, type Pool } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ScratchChain } from '../../src/pool/scratch-chain.ts'
import { assertSound, refuses, refusesUnharmed } from '../support/checks.ts'
import { smallArena } from '../support/memory.ts'

const test = suite('scratch chain')

class Death extends Error {}

/**
 * A pool whose thread dies before a step: an access to the memory, or a call that allocates or
 * frees.
 */
class MortalPool {
  stepsLeft = Number.POSITIVE_INFINITY
  /** The step before the one that it dies in, and that one. */
  before = ''
  last = ''
  readonly pool: Pool

  constructor(pool: Pool, arena: Arena) {
    const words = new Proxy(arena.i32, {
      get: (target, key) => this.#do('read', () => Reflect.get(target, key, target)),
      set: (target, key, value) => this.#do('write', () => Reflect.set(target, key, value, target)),
    })
    this.pool = Object.assign(Object.create(pool), {
      arena: { i32: words },
      tryAlloc: (byteLength: number) => this.#do('alloc', () => pool.tryAlloc(byteLength)),
      alloc: (byteLength: number) => this.#do('alloc', () => pool.alloc(byteLength)),
      free: (offset: number) => this.#do('free', () => pool.free(offset)),
    })
  }

  /** Whether it dies with a block that is not written down yet, or not any more. */
  get isHolding(): boolean {
    return this.before === 'alloc' || this.last === 'free'
  }

  #do<T>(name: string, step: () => T): T {
    this.before = this.last
    this.last = name
    if (this.stepsLeft-- === 0) throw new Death()
    return step()
  }
}

/** All that is done to a chain. */
function useAndDispose(chain: ScratchChain): void {
  chain.append(500, 200, 96)
  const mark = chain.last
  chain.append(1000, 300, 600)
  chain.append(2 ** 30, 5000, 1600) // there is no room for more than is needed
  chain.cutBehind(chain.blockOf(mark + 16, chain.last))
  chain.append(700, 700, 600)
  chain.cutBehind(chain.first)
  chain.append(100, 100, 80)
  chain.dispose()
}

test('a thread that dies at any step: its adopter frees all but a block that it just held', () => {
  let isDead = true
  for (let stepCount = 0; isDead; stepCount++) {
    const { arena, pool } = smallArena()
    const mortal = new MortalPool(pool, arena)
    const chain = ScratchChain.create(mortal.pool, 128)
    mortal.stepsLeft = stepCount
    try {
      useAndDispose(chain)
      isDead = false
    } catch (error) {
      assert.instance(error, Death)
      const isDisposedOf = arena.i32[(chain.first >> 2) + 2] === 0
      if (isDisposedOf) refuses('invalid-argument', () => freeScratch(pool, chain.first))
      else freeScratch(pool, chain.first)
      const rest = blocks(arena).length
      const most = mortal.isHolding || isDisposedOf ? 1 : 0
      assert.ok(rest <= most, `step ${stepCount}, a ${mortal.last}: ${rest} blocks are left`)
    }
    assertSound(arena)
    assert.ok(stepCount < 1000)
  }
})

/** A scratch with two further blocks, as a thread that died has left it. */
function createDead() {
  const { arena, pool } = smallArena(6 * 65536)
  const innocent = pool.alloc(1000)
  const scratch = createScratch(pool, { byteLength: 128 })
  const early = scratch.mark()
  for (const byteLength of [100, 300, 900]) scratch.alloc(byteLength)
  assert.is(scratch.overflowCount, 2)
  return { arena, pool, innocent, scratch, early }
}

const HOSTILE = [-1, 0, 1, 16, 2 ** 20 - 16, 2 ** 20, 2 ** 31 - 16, -(2 ** 31), 0x41534303]

type Dead = ReturnType<typeof createDead>

const uses: Record<string, (dead: Dead) => void> = {
  freeScratch: ({ pool, scratch }) => freeScratch(pool, scratch.offset),
  rewind: ({ scratch, early }) => scratch.rewind(early),
  reset: ({ scratch }) => scratch.reset(),
  dispose: ({ scratch }) => scratch.dispose(),
  alloc: ({ arena, scratch }) => {
    const at = scratch.alloc(5000)
    const ends = blocks(arena).map(({ offset, byteLength }) => offset + byteLength)
    assert.ok(ends.some((end) => at >= end - 5100 && at + 5000 <= end))
  },
}

test('overwritten words: each use ends, by an error of ours, and frees no other block', () => {
  const { arena, innocent, scratch } = createDead()
  const offsets = blocks(arena).map(({ offset }) => offset)
  const heads = offsets.filter((offset) => offset !== innocent)
  assert.is(heads.length, 3)
  for (const head of heads) {
    for (let word = head >> 2; word < (head >> 2) + 4; word++) {
      for (const value of [...HOSTILE, ...heads, innocent]) {
        for (const [name, use] of Object.entries(uses)) {
          // That may be a block on its way into the chain: nothing tells it from one.
          if (value === innocent && word === (scratch.offset >> 2) + 3) continue
          const dead = createDead()
          dead.arena.i32[word] = value
          try {
            use(dead)
          } catch (error) {
            assert.instance(error, ArenaError, `${name}: ${error}`)
          }
          assert.is(dead.pool.byteLengthOf(innocent), 1000, `${name}, ${value}`)
          assertSound(dead.arena)
        }
      }
    }
  }
})

test('a chain that leads nowhere, or in a circle, is corrupt, and the arena is as it was', () => {
  const { arena, pool, scratch } = createDead()
  const [, , second, third] = blocks(arena).map(({ offset }) => offset)
  for (const before of [third, second + 16, 0, -16, 2 ** 30]) {
    const word = third >> 2
    const was = arena.i32[word]
    arena.i32[word] = before
    refusesUnharmed(arena, 'corrupt', () => freeScratch(pool, scratch.offset), /chain.*overwritten/)
    refusesUnharmed(arena, 'corrupt', () => scratch.reset(), /chain.*overwritten/)
    refusesUnharmed(arena, 'corrupt', () => scratch.dispose(), /chain.*overwritten/)
    arena.i32[word] = was
  }
  scratch.dispose()
  assert.is(blocks(arena).length, 1)
  assertSound(arena)
})

test.run()
