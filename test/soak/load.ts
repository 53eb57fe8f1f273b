/**
 * What a worker of a soak does in its frames: it replaces blocks of a base set, and now and then
 * begins something else for a while: bursts, other sizes, blocks for the next worker.
 */
import type { Arena, Pool } from '@ashlar/core'
import type { Random } from '../../packages/core/test/support/random.ts'
import { check, cookieOf, fill } from '../stress/cookie.ts'
import type { Belt } from './belt.ts'

const KINDS = ['steady', 'burst', 'sizes', 'produce'] as const
type Kind = (typeof KINDS)[number]

/** In bytes; the first is drawn log-uniform, so that there is some of everything. */
const SIZES = [
  [16, 4096],
  [16, 64],
  [256, 1024],
  [1024, 4096],
] as const
/** One block in so many is larger than any of these. */
const LARGE_EVERY = 4096

const FRAMES_A_BURST = 60
const FREEING_FRAME_COUNT = 10
const MIN_FRAMES_A_KIND = 60
const MAX_FRAMES_A_KIND = 240
/** By then a worker has done some of all. */
export const FRAMES_FOR_ALL_KINDS = KINDS.length * MAX_FRAMES_A_KIND

interface Block {
  readonly offset: number
  readonly byteLength: number
  readonly cookie: number
}

export interface LoadOptions {
  readonly arena: Arena
  readonly pool: Pool
  readonly random: Random
  readonly baseCount: number
  readonly next: Belt
  readonly previous: Belt
}

export class Load {
  readonly #arena: Arena
  readonly #pool: Pool
  readonly #random: Random
  readonly #options: LoadOptions
  readonly #base: Block[] = []
  readonly #burst: Block[] = []
  readonly #budget = { spans: 16 }
  #kind: Kind = 'steady'
  /** What is still to come before any comes again. */
  #kinds: Kind[] = []
  #sizes: (typeof SIZES)[number] = SIZES[0]
  #age = 0
  #frameCount = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#arena = options.arena
    this.#pool = options.pool
    this.#random = options.random
    for (let i = 0; i < options.baseCount; i++) this.#base.push(this.#alloc())
  }

  /** A frame; `beforeCollect` is called when most is live. */
  frame(beforeCollect: () => void): void {
    if (this.#age === this.#frameCount) this.#change()
    this.takeAll()
    this.#churn()
    if (this.#kind === 'burst') this.#goOnWithBurst(this.#age % FRAMES_A_BURST)
    if (this.#kind === 'produce') this.#produce()
    this.#age++
    beforeCollect()
    this.#pool.collect(this.#budget)
  }

  /** Gives up what it does besides: the base set is left, and again of mixed sizes soon. */
  calm(): void {
    while (this.#burst.length > 0) this.#free(this.#burst.pop())
    this.#kind = 'steady'
    this.#sizes = SIZES[0]
    this.#age = 0
    this.#frameCount = Number.POSITIVE_INFINITY
  }

  freeAll(): void {
    this.calm()
    while (this.#base.length > 0) this.#free(this.#base.pop())
  }

  /** Takes what the previous worker gives: frees most of it, and keeps some in place of its own. */
  takeAll(): void {
    const { previous } = this.#options
    for (let offset = previous.take(); offset !== 0; offset = previous.take()) {
      const byteLength = this.#pool.byteLengthOf(offset)
      const block = { offset, byteLength, cookie: cookieOf(this.#arena, offset) }
      if (this.#random.below(8) > 0) this.#free(block)
      else this.#replace(block)
    }
  }

  #change(): void {
    if (this.#kinds.length === 0) this.#kinds = this.#random.shuffle([...KINDS])
    this.#kind = this.#kinds.pop() ?? 'steady'
    if (this.#kind === 'sizes') this.#sizes = this.#random.pick(SIZES)
    this.#age = 0
    const spread = MAX_FRAMES_A_KIND - MIN_FRAMES_A_KIND + 1
    this.#frameCount = MIN_FRAMES_A_KIND + this.#random.below(spread)
  }

  #churn(): void {
    for (let i = this.#options.baseCount >> 4; i > 0; i--) this.#replace(this.#alloc())
  }

  #goOnWithBurst(age: number): void {
    const blockCount = 10 * this.#options.baseCount
    if (age === 0) while (this.#burst.length < blockCount) this.#burst.push(this.#alloc())
    else {
      const leftCount = Math.max(0, blockCount - (age * blockCount) / FREEING_FRAME_COUNT)
      while (this.#burst.length > leftCount) this.#free(this.#burst.pop())
    }
  }

  #produce(): void {
    for (let i = this.#options.baseCount >> 3; i > 0; i--) {
      const block = this.#alloc()
      if (this.#options.next.put(block.offset)) continue
      this.#free(block)
      return
    }
  }

  #replace(block: Block): void {
    const place = this.#random.below(this.#base.length)
    this.#free(this.#base[place])
    this.#base[place] = block
  }

  #alloc(): Block {
    const byteLength = this.#drawByteLength()
    const cookie = this.#random.next() | 0
    const offset = this.#pool.alloc(byteLength)
    fill(this.#arena, offset, byteLength, cookie)
    return { offset, byteLength, cookie }
  }

  #drawByteLength(): number {
    const random = this.#random
    if (random.below(LARGE_EVERY) === 0) return 2 ** 15 + random.below(2 ** 20)
    const [min, max] = this.#sizes
    return this.#sizes === SIZES[0]
      ? min + random.logUniform(12)
      : min + random.below(max - min + 1)
  }

  #free(block: Block | undefined): void {
    if (block === undefined) return
    check(this.#arena, block.offset, block.byteLength, block.cookie)
    this.#pool.free(block.offset)
  }
}
