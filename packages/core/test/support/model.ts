/** A pool beside a model of it: what callers hold, and what they have written there. */
import {
  Arena,
  type BlockInfo,
  blocks,
  type ElementArrayConstructor,
  exactStats,
  type Pool,
  type TypedPool,
  verify,
} from '@ashlar/core'
import * as assert from 'uvu/assert'

const TYPES = [Float32Array, Uint8Array, Int16Array, Float64Array, Uint32Array] as const
const TYPE_NAMES = ['f32', 'u8', 'i16', 'f64', 'u32'] as const

/**
 * Of a long block, so many bytes at either end are written and compared: these meet its neighbours.
 */
const EDGE_BYTE_LENGTH = 512

/** The lengths of the typed pools: of equal and of neighbouring classes, and a large one. */
const TYPED_BYTE_LENGTHS = [0, 24, 20, 100, 104, 700, 5000, 70_000, 600_000] as const

/** What a caller knows of a block. */
interface Held {
  offset: number
  byteLength: number
  alignment: number
  type: BlockInfo['type']
  /** The first byte that was written; the others follow from it. */
  cookie: number
}

/** An operation, as numbers: what it is, which block, how many bytes, which alignment or type. */
export type Operation = readonly [kind: number, pick: number, byteLength: number, variant: number]

export const KINDS = [
  ...['alloc', 'alloc', 'alloc', 'alloc', 'typed', 'typed', 'aligned', 'zeroed', 'array'],
  ...['free', 'free', 'free', 'typed free', 'typed free', 'realloc', 'realloc', 'resize'],
  ...['collect', 'reopen'],
] as const

/** The byte to write or compare after byte `i`. */
const next = (i: number, byteLength: number) =>
  i === EDGE_BYTE_LENGTH && byteLength > 2 * EDGE_BYTE_LENGTH
    ? byteLength - EDGE_BYTE_LENGTH
    : i + 1

const typedPoolsOf = (pool: Pool) => TYPED_BYTE_LENGTHS.map((byteLength) => pool.of(byteLength))

export class Model {
  readonly arena: Arena
  #pool: Pool
  #typed: readonly TypedPool[]
  readonly #held: Held[] = []
  #cookie = 1

  constructor(byteLength: number, shared: boolean) {
    this.arena = Arena.create({ byteLength, shared })
    this.#pool = this.arena.openPool()
    this.#typed = typedPoolsOf(this.#pool)
  }

  get heldCount(): number {
    return this.#held.length
  }

  /** Does one operation to both, and compares what it gives. */
  apply([kind, pick, byteLength, variant]: Operation): void {
    const held = this.#held[pick % Math.max(this.#held.length, 1)]
    const what = KINDS[kind % KINDS.length]
    const typed = this.#typed[variant % this.#typed.length]
    if (what === 'alloc') this.#hold(this.#pool.tryAlloc(byteLength), byteLength, 16)
    else if (what === 'typed') this.#hold(typed.tryAlloc(), typed.byteLength, 16)
    else if (what === 'aligned') this.#allocAligned(byteLength, 2 ** (variant % 13))
    else if (what === 'zeroed') this.#allocZeroed(byteLength)
    else if (what === 'array') this.#allocArray(byteLength, variant % TYPES.length)
    else if (what === 'collect') this.#pool.collect(variant % 2 === 0 ? {} : { spans: variant % 5 })
    else if (what === 'reopen') this.#reopen()
    else if (held === undefined) typed.free(0)
    else if (what === 'free') this.#free(held, this.#pool)
    else if (what === 'typed free') this.#free(held, typed)
    else if (what === 'realloc') this.#realloc(held, byteLength)
    else this.#resize(held, byteLength)
  }

  /** The arena is sound and has exactly the blocks that are held, with what was written to them. */
  check(): void {
    assert.equal(verify(this.arena), [])
    const { slot } = this.#pool
    this.#held.sort((a, b) => a.offset - b.offset)
    let end = 0
    for (const { offset, byteLength } of this.#held) {
      if (offset < end) assert.unreachable(`the block at ${offset} begins before ${end}`)
      end = offset + byteLength
    }
    const expected = this.#held.map(({ offset, byteLength, type }) => ({
      offset,
      byteLength,
      type,
      slot,
    }))
    assert.equal(blocks(this.arena), expected)
    const stats = exactStats(this.arena)
    assert.is(stats.liveBlockCount, expected.length)
    assert.is(
      stats.requestedByteLength,
      expected.reduce((sum, { byteLength }) => sum + byteLength, 0),
    )
    assert.is(
      stats.controlByteLength +
        stats.liveByteLength +
        stats.freeByteLength +
        stats.uncarvedByteLength +
        stats.wasteByteLength,
      stats.committedByteLength,
    )
  }

  /** Frees all, and finds the arena as empty as it was. */
  end(): void {
    while (this.#held.length > 0) this.#free(this.#held[0], this.#pool)
    this.#pool.collect()
    this.check()
    const { committedByteLength, controlByteLength } = this.arena.stats()
    assert.is(committedByteLength, controlByteLength)
  }

  #allocAligned(byteLength: number, alignment: number): void {
    this.#hold(this.#pool.tryAlloc(byteLength, alignment), byteLength, alignment)
  }

  #allocZeroed(byteLength: number): void {
    const offset = this.#orFull(() => this.#pool.allocZeroed(byteLength))
    const { u8 } = this.arena
    let sum = 0
    if (offset !== 0) for (let i = 0; i < byteLength; i++) sum += u8[offset + i]
    assert.is(sum, 0)
    this.#hold(offset, byteLength, 16)
  }

  #allocArray(byteLength: number, typeIndex: number): void {
    const type: ElementArrayConstructor = TYPES[typeIndex]
    const length = Math.floor(byteLength / type.BYTES_PER_ELEMENT)
    const offset = this.#orFull(() => this.#pool.allocArray(type, length).byteOffset)
    this.#hold(offset, length * type.BYTES_PER_ELEMENT, 16, TYPE_NAMES[typeIndex])
  }

  #orFull(allocate: () => number): number {
    try {
      return allocate()
    } catch (error) {
      assert.is((error as { code?: string }).code, 'out-of-memory')
      return 0
    }
  }

  #hold(
    offset: number,
    byteLength: number,
    alignment: number,
    type: BlockInfo['type'] = 'untyped',
  ): void {
    if (offset === 0) return
    assert.is(offset % Math.max(alignment, 16), 0, `offset ${offset}, alignment ${alignment}`)
    const held = { offset, byteLength, alignment, type, cookie: 0 }
    this.#held.push(held)
    this.#write(held)
  }

  #write(held: Held): void {
    held.cookie = this.#cookie = (this.#cookie * 5 + 3) % 251
    const { offset, byteLength, cookie } = held
    const { u8 } = this.arena
    for (let i = 0; i < byteLength; i = next(i, byteLength)) u8[offset + i] = cookie + i * 7
  }

  /** The first `byteLength` bytes of a block are what was written. */
  #assertIntact({ offset, cookie, byteLength: written }: Held, byteLength: number): void {
    const { u8 } = this.arena
    for (let i = 0; i < byteLength; i = next(i, byteLength)) {
      // Of a block that was longer, the end may not have been written.
      if (i >= EDGE_BYTE_LENGTH && byteLength !== written) break
      if (u8[offset + i] !== ((cookie + i * 7) & 255)) {
        assert.unreachable(`byte ${i} of the block at ${offset} has changed`)
      }
    }
  }

  #free(held: Held, by: Pick<Pool, 'free'>): void {
    assert.is(this.#pool.byteLengthOf(held.offset), held.byteLength)
    this.#assertIntact(held, held.byteLength)
    by.free(held.offset)
    this.#held.splice(this.#held.indexOf(held), 1)
  }

  #realloc(held: Held, byteLength: number): void {
    const before = { ...held }
    const offset = this.#orFull(() => this.#pool.realloc(held.offset, byteLength))
    this.#held.splice(this.#held.indexOf(held), 1)
    if (offset === 0) {
      assert.ok(byteLength > before.byteLength, 'shrinking found no room')
      this.#held.push(before)
      return
    }
    this.#assertIntact({ ...before, offset }, Math.min(before.byteLength, byteLength))
    this.#hold(offset, byteLength, before.alignment, before.type)
  }

  #resize(held: Held, byteLength: number): void {
    const isDone = this.#pool.tryResize(held.offset, byteLength)
    this.#assertIntact(held, isDone ? Math.min(held.byteLength, byteLength) : held.byteLength)
    assert.ok(isDone || byteLength > held.byteLength, 'shrinking in place was refused')
    if (!isDone) return
    held.byteLength = byteLength
    this.#write(held)
  }

  #reopen(): void {
    this.#pool.close()
    this.#pool = this.arena.openPool()
    this.#typed = typedPoolsOf(this.#pool)
  }
}
