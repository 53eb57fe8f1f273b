/**
 * Room arena, the entry of the package: attaches to arenas of other threads, and
 * opens pools. Invariant: a thread has at most one open pool on a slot.
 */
import {
  type ArenaError,
  checkCount,
  invalidArgument,
  notAdoptable,
  notShareable,
} from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { byteLengthAt, liveBlockAt, overwritten } from '../blocks/check-offset.ts'
import { type ArenaStats, collectStats, type StatsOptions } from '../inspect/stats/stats.ts'
import { typeInHeader } from '../memory/block-header.ts'
import { ELEMENT_TYPES, type ElementArray } from '../memory/element-types.ts'
import { type ArenaMemory, headerAt, openMemory } from '../memory/memory.ts'
import type { PoolOf } from '../memory/pool-api.ts'
import { createPool } from '../pool/pool.ts'
import { adoptSlot } from '../recovery/adopt.ts'
import { checkedSlot, claimSlot, openSlot, slotGeneration, slotState } from '../spans/slots.ts'
import { checkControl } from './control.ts'
import { type ArenaHandle, checkedHandle } from './region.ts'

/**
 * The object by which one thread allocates and frees blocks of an arena. `arena.openPool()` opens
 * one. Each thread needs its own pool.
 *
 * Offsets count bytes from the start of `arena.buffer`. They are multiples of 16, and 0 stands for
 * no block. A new block holds whatever the memory held before. A call that throws leaves all blocks
 * unchanged.
 */
export interface Pool extends PoolOf<Arena> {}

/** The memory of an arena; throws a TypeError for anything else. See `checkedMemory`. */
export let memoryOf: (arena: Arena) => ArenaMemory
export let openArena: (memory: ArenaMemory, shared: boolean) => Arena

/** Only this file has it, so that users cannot call the constructor. */
const KEY = {}

/**
 * A buffer, or a region of a buffer, with all the blocks in it.
 *
 * All state is in the buffer. So any thread can attach to the arena, and an offset means the same
 * in every thread. An offset counts bytes from the start of `buffer`: `arena.f32[offset >> 2]` is
 * the first float of the block at `offset`.
 *
 * The package exports this class under two names. `Arena` can create arenas and attach to them.
 * `AttachedArena` can only attach, and makes the bundle of a worker smaller.
 */
export class Arena {
  static {
    memoryOf = (arena) => arena.#memory
    openArena = (memory, shared) => new Arena(memory, shared, KEY)
  }

  readonly #memory: ArenaMemory
  /** The last pool that this thread opened on each slot. */
  readonly #pools: Pool[] = []
  /** Whether other threads can attach to this arena. */
  readonly shared: boolean

  /** @internal */
  private constructor(memory: ArenaMemory, shared: boolean, key: typeof KEY) {
    if (key !== KEY) {
      throw invalidArgument('memory', memory, 'Arena.create() or Arena.attach()')
    }
    this.#memory = memory
    this.shared = shared
  }

  /**
   * Attaches this thread to the arena of another thread.
   * @param handle `arena.handle`, as the other thread posted it
   * @throws ArenaError 'not-an-arena', 'version-mismatch', 'corrupt', 'not-shareable'
   */
  static attach(handle: ArenaHandle): Arena {
    const { buffer, byteOffset } = checkedHandle(handle)
    checkControl(buffer, byteOffset)
    return openArena(openMemory(buffer, byteOffset), true)
  }

  /**
   * Set a function here to hear of wrong frees by other threads. The library calls it with an error
   * when this thread receives a block that another thread freed wrongly: twice, with an overwritten
   * header, or at an offset where no block begins.
   *
   * The function runs in a microtask after the call that received the block. Each thread sets its
   * own.
   * @throws ArenaError 'invalid-argument' if you set anything but a function or undefined
   */
  get onViolation(): ((error: ArenaError) => void) | undefined {
    return this.#memory.onViolation
  }

  set onViolation(hook: ((error: ArenaError) => void) | undefined) {
    if (hook !== undefined && typeof hook !== 'function') {
      throw invalidArgument('onViolation', hook, 'a function, or undefined')
    }
    this.#memory.onViolation = hook
  }

  /**
   * The buffer that the arena lies in. When a `WebAssembly.Memory` grows, it replaces its buffer:
   * read this property again.
   */
  get buffer(): ArrayBufferLike {
    return this.#memory.views.buffer
  }

  /** Where the arena begins in `buffer`, in bytes. */
  get byteOffset(): number {
    return this.#memory.base
  }

  /** The arena's length in bytes: a multiple of 64 KiB. */
  get byteLength(): number {
    return this.#memory.byteLength
  }

  /**
   * The handle of the arena. Post it to another thread, which passes it to `Arena.attach`.
   * @throws ArenaError 'not-shareable' if the arena is not shared
   */
  get handle(): ArenaHandle {
    if (!this.shared) {
      throw notShareable('this arena is not shared. Create it with `shared: true`')
    }
    return { buffer: this.buffer, byteOffset: this.byteOffset }
  }

  /**
   * A view from the start of the buffer to the end of the arena. Index it by `offset`. In a hot
   * loop, keep the view in a local variable.
   */
  get u8(): Uint8Array {
    return this.#memory.views.u8
  }

  /** A view from the start of the buffer to the end of the arena. Index it by `offset`. */
  get i8(): Int8Array {
    return this.#memory.views.i8
  }

  /** A view from the start of the buffer to the end of the arena. Index it by `offset >> 1`. */
  get u16(): Uint16Array {
    return this.#memory.views.u16
  }

  /** A view from the start of the buffer to the end of the arena. Index it by `offset >> 1`. */
  get i16(): Int16Array {
    return this.#memory.views.i16
  }

  /** A view from the start of the buffer to the end of the arena. Index it by `offset >> 2`. */
  get u32(): Uint32Array {
    return this.#memory.views.u32
  }

  /** A view from the start of the buffer to the end of the arena. Index it by `offset >> 2`. */
  get i32(): Int32Array {
    return this.#memory.views.i32
  }

  /** A view from the start of the buffer to the end of the arena. Index it by `offset >> 2`. */
  get f32(): Float32Array {
    return this.#memory.views.f32
  }

  /** A view from the start of the buffer to the end of the arena. Index it by `offset >> 3`. */
  get f64(): Float64Array {
    return this.#memory.views.f64
  }

  /**
   * Makes a typed array over a live block. It has the type that was passed to `allocArray`. For any
   * other block, it is a `Uint8Array`.
   * @throws ArenaError 'invalid-offset', 'double-free' if the block is free, 'corrupt' if the
   * header of the block was overwritten
   */
  view(offset: number): ElementArray {
    const byteLength = byteLengthAt(this.#memory, liveBlockAt(this.#memory, offset), offset)
    const type = ELEMENT_TYPES[typeInHeader(headerAt(this.#memory, offset))]
    if (type === undefined) throw overwritten(offset)
    return new type(this.buffer, offset, Math.floor(byteLength / type.BYTES_PER_ELEMENT))
  }

  /**
   * Opens a pool for this thread, on a slot that no other pool uses.
   * @param reserved the slot that `reserveSlot` returned. By default, the pool gets any free slot
   * @throws ArenaError 'no-free-slot', 'invalid-argument'
   */
  openPool(reserved?: number): Pool {
    return this.#open(openSlot(this.#memory, reserved))
  }

  /**
   * Reserves a slot for a thread that is about to start, and returns the index of the slot. So you
   * know which slot to adopt if the thread dies early. The thread opens its pool with
   * `arena.openPool(slot)`.
   * @throws ArenaError 'no-free-slot'
   */
  reserveSlot(): number {
    return claimSlot(this.#memory, layout.SLOT_RESERVED)
  }

  /**
   * Repairs the slot of a dead thread, and opens a pool on it. The thread may have died in the
   * middle of any call. Its live blocks stay live, and `blocks(arena)` lists them. All its other
   * memory becomes free. Other threads may use the arena during the call.
   *
   * Wait until the death is confirmed: see `threadExited` and `holdThreadLock`. A thread may run on
   * for a while after you have terminated it.
   * @param slot the slot of the dead thread
   * @param generation `pool.generation` of the dead thread's pool, if you know it. If another
   * thread has adopted the slot, the call then throws. Without it, the call would take the slot
   * from that other thread
   * @throws ArenaError 'not-adoptable', 'invalid-argument'
   */
  adopt(slot: number, generation?: number): Pool {
    const dead = checkedSlot(this.#memory, slot)
    if (generation !== undefined) checkCount('generation', generation)
    if (this.#pools[slot]?.isOpen) throw notAdoptable(slot, 'its pool is open in this thread')
    adoptSlot(this.#memory, dead, generation)
    return this.#open(dead)
  }

  #open(slot: SlotIndex): Pool {
    const pool = createPool(this.#memory, slot, this as Arena)
    this.#pools[slot] = pool
    return pool
  }

  /**
   * Returns whether the pool with this slot and generation is still open. If the thread of the pool
   * dies, the result stays true until a thread adopts the slot.
   * @throws ArenaError 'invalid-argument'
   */
  isOpen(slot: number, generation: number): boolean {
    const checked = checkedSlot(this.#memory, slot)
    checkCount('generation', generation)
    return (
      slotGeneration(this.#memory, checked) === generation &&
      slotState(this.#memory, checked) === 'open'
    )
  }

  /**
   * Returns figures about the arena, or about one slot. The call only adds up counters, so any
   * thread may call it in every frame. `arena.stats({ into: stats })` makes no garbage.
   *
   * The counts of live and free blocks are as of the last refill or sweep of each pool.
   * `exactStats` counts the blocks now.
   * @throws ArenaError 'invalid-argument'
   */
  stats(options?: StatsOptions): ArenaStats {
    return collectStats(this.#memory, options)
  }
}
