/** The worker of these tests: what it does when asked, and how a test asks it. */
import { Arena, type ArenaHandle, holdThreadLock, type Pool, type ThreadLock } from '@ashlar/core'
import { answerCalls, type Calls, startRemoteThread } from '../support/remote-calls.ts'
import { isMain, type ThreadKind } from '../support/threads.ts'

let arena: Arena
let pool: Pool

/** Blocks with their own offset in each word: so many, or as many as fit. */
export function fill(arena: Arena, pool: Pool, most: number, byteLength: number): number[] {
  const offsets: number[] = []
  while (offsets.length < most) {
    const offset = pool.tryAlloc(byteLength)
    if (offset === 0) break
    arena.i32.fill(offset, offset >> 2, (offset + byteLength) >> 2)
    offsets.push(offset)
  }
  return offsets
}

const calls = {
  holdThreadLock: (lock?: ThreadLock) => holdThreadLock(lock),

  /** Gives the pool's generation. */
  open(handle: ArenaHandle, slot: number): number {
    arena = Arena.attach(handle)
    pool = arena.openPool(slot)
    return pool.generation
  },

  /** Blocks with their own offset in each word. */
  alloc(count: number, byteLength: number): number[] {
    return Array.from({ length: count }, () => {
      const offset = pool.alloc(byteLength)
      arena.i32.fill(offset, offset >> 2, (offset + byteLength) >> 2)
      return offset
    })
  },

  /** As `alloc`, but no more than fit. */
  fill: (most: number, byteLength: number): number[] => fill(arena, pool, most, byteLength),

  /** As `alloc`, by a typed pool. */
  allocTyped(count: number, byteLength: number): number[] {
    const typed = pool.of(byteLength)
    return Array.from({ length: count }, () => {
      const offset = typed.alloc()
      arena.i32.fill(offset, offset >> 2, (offset + byteLength) >> 2)
      return offset
    })
  },

  allocFloats: (values: number[]): number => {
    const floats = pool.allocArray(Float32Array, values.length)
    floats.set(values)
    return floats.byteOffset
  },

  /**
   * Checks the words that `alloc` wrote, and delivers to the owners.
   * @param byteLength of the typed pool that frees. Default: the pool frees
   */
  free(offsets: number[], byteLength?: number): void {
    const { free } = byteLength === undefined ? pool : pool.of(byteLength)
    for (const offset of offsets) {
      const words = arena.i32.subarray(offset >> 2, (offset + pool.byteLengthOf(offset)) >> 2)
      if (words.some((word) => word !== offset)) throw new Error(`block ${offset} was overwritten`)
      free(offset)
    }
    pool.flush()
  },

  collect: (): number => pool.collect(),

  close: (): void => pool.close(),

  /** Counts in a word from now on; between bursts events are dealt with, as Deno wants it. */
  count(counter: Int32Array): void {
    const burst = () => {
      for (let i = 0; i < 1_000_000; i++) counter[0]++
      setTimeout(burst, 0)
    }
    setTimeout(burst, 0)
  },

  /** Allocates and frees from now on, and counts the rounds in a word of the arena. */
  churn(counter: number): void {
    const held: number[] = []
    const burst = () => {
      for (let i = 0; i < 20_000; i++) {
        const byteLength = 16 + ((i * 48) & 2047)
        if (held.length === 500) pool.free(held.splice((i * 7) % 500, 1)[0])
        held.push(pool.alloc(byteLength, i % 10 === 0 ? 256 : undefined))
        Atomics.add(arena.i32, counter >> 2, 1)
      }
      setTimeout(burst, 0)
    }
    setTimeout(burst, 0)
  },
} satisfies Calls

if (!isMain) answerCalls(calls)

export const startWorker = (kind: ThreadKind) =>
  startRemoteThread<typeof calls & { end(): void }>(kind)
