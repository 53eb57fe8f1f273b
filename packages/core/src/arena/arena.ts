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

export interface Pool extends PoolOf<Arena> {}

/** The memory of an arena; throws a TypeError for anything else. See `checkedMemory`. */
export let memoryOf: (arena: Arena) => ArenaMemory
export let openArena: (memory: ArenaMemory, shared: boolean) => Arena

/** Only this file has it, so that users cannot call the constructor. */
const KEY = {}

/**
 * A buffer or a region of a buffer, with all blocks in it.
 *
 * All state is in the buffer, so any thread can attach to the arena, and an offset means the same
 * in every thread. An offset counts bytes from the start of `buffer`: `arena.f32[offset >> 2]` is
 * the first float of the block at `offset`.
 *
 * `create.ts` adds `Arena.create`. The package exports this class without it as `AttachedArena`: by
 * that, a worker attaches without the code that creates arenas.
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
   * Attaches to the arena of another thread, by the `handle` that the thread got from that arena.
   * @throws ArenaError 'not-an-arena', 'version-mismatch', 'corrupt', 'not-shareable'
   */
  static attach(handle: ArenaHandle): Arena {
    const { buffer, byteOffset } = checkedHandle(handle)
    checkControl(buffer, byteOffset)
    return openArena(openMemory(buffer, byteOffset), true)
  }

  /**
   * Called when this thread receives a block that another thread freed wrongly: twice, with an
   * overwritten header, or at an offset that no alloc gave. The hook runs in a microtask after the
   * call that received the block. Every thread has a hook of its own.
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

  /** The buffer that the arena lies in. A WebAssembly.Memory that grows replaces its buffer. */
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
   * What another thread passes to `Arena.attach`.
   * @throws ArenaError 'not-shareable' if the arena is not shared
   */
  get handle(): ArenaHandle {
    if (!this.shared) {
      throw notShareable('this arena is not shared. Create it with `shared: true`')
    }
    return { buffer: this.buffer, byteOffset: this.byteOffset }
  }

  /**
   * View from the buffer's start to the arena's end, indexed by byte offset. In a hot loop, keep
   * the view in a local variable.
   */
  get u8(): Uint8Array {
    return this.#memory.views.u8
  }

  /** View from the buffer's start to the arena's end, indexed by byte offset. */
  get i8(): Int8Array {
    return this.#memory.views.i8
  }

  /** View from the buffer's start to the arena's end, indexed by byte offset >> 1. */
  get u16(): Uint16Array {
    return this.#memory.views.u16
  }

  /** View from the buffer's start to the arena's end, indexed by byte offset >> 1. */
  get i16(): Int16Array {
    return this.#memory.views.i16
  }

  /** View from the buffer's start to the arena's end, indexed by byte offset >> 2. */
  get u32(): Uint32Array {
    return this.#memory.views.u32
  }

  /** View from the buffer's start to the arena's end, indexed by byte offset >> 2. */
  get i32(): Int32Array {
    return this.#memory.views.i32
  }

  /** View from the buffer's start to the arena's end, indexed by byte offset >> 2. */
  get f32(): Float32Array {
    return this.#memory.views.f32
  }

  /** View from the buffer's start to the arena's end, indexed by byte offset >> 3. */
  get f64(): Float64Array {
    return this.#memory.views.f64
  }

  /**
   * A typed array over a live block: of the type passed to `allocArray`, or else a Uint8Array.
   * @throws ArenaError 'invalid-offset', 'double-free', 'corrupt'
   */
  view(offset: number): ElementArray {
    const byteLength = byteLengthAt(this.#memory, liveBlockAt(this.#memory, offset), offset)
    const type = ELEMENT_TYPES[typeInHeader(headerAt(this.#memory, offset))]
    if (type === undefined) throw overwritten(offset)
    return new type(this.buffer, offset, Math.floor(byteLength / type.BYTES_PER_ELEMENT))
  }

  /**
   * Opens a pool for this thread, on a slot that no other pool uses.
   * @param reserved the slot that `reserveSlot` returned; by default any closed or vacant slot
   * @throws ArenaError 'no-free-slot', 'invalid-argument'
   */
  openPool(reserved?: number): Pool {
    return this.#open(openSlot(this.#memory, reserved))
  }

  /**
   * Reserves a slot for a thread that is about to start, so that you know which slot to adopt if
   * the thread dies, however early. The thread opens its pool with `arena.openPool(slot)`.
   * @throws ArenaError 'no-free-slot'
   */
  reserveSlot(): number {
    return claimSlot(this.#memory, layout.SLOT_RESERVED)
  }

  /**
   * Repairs the slot of a thread that has died, at any instruction, and opens a pool on it. Live
   * blocks stay live, and `blocks(arena)` lists them; all others become free. Half-claimed spans
   * are released, half-done deliveries completed. Other threads may use the arena meanwhile.
   *
   * Call it only after the death is confirmed: see `threadExited` and `holdThreadLock`. A thread
   * may run on after a call to terminate it.
   * @param generation the dead pool's `pool.generation`, if known. With it, the call throws if
   * another thread has adopted the slot already, instead of taking the slot from that thread
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
   * Whether the pool that has this slot and generation is still open. If the pool's thread has
   * died, the result stays true until the slot is adopted.
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
   * Figures about the arena, or one slot. The call adds up counters: any thread may call it in
   * every frame, and `arena.stats({ into: stats })` makes no garbage. The counters of live and free
   * blocks date from each pool's last refill or sweep. `exactStats` counts the blocks now.
   * @throws ArenaError 'invalid-argument'
   */
  stats(options?: StatsOptions): ArenaStats {
    return collectStats(this.#memory, options)
  }
}
