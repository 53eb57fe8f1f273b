/**
 * Room arena, the entry of the package: attaches to arenas of other threads, and opens pools.
 * Invariant: a thread has at most one open pool on a slot.
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
 * The object by which one thread allocates and frees blocks of an arena. `arena.openPool()` opens a
 * pool. Each thread needs a pool of its own.
 *
 * Offsets count bytes from the start of `arena.buffer`. They are multiples of 16, and 0 stands for
 * no block. A new block is not cleared: it holds what the memory held before. A call that throws
 * leaves all blocks unchanged.
 */
export interface Pool extends PoolOf<Arena> {}

/**
 * Returns the memory of an arena. Throws a TypeError if the argument is not an arena. To throw an
 * ArenaError instead, call `checkedMemory`.
 */
export let memoryOf: (arena: Arena) => ArenaMemory
/** Makes an arena object for memory that holds an arena. */
export let openArena: (memory: ArenaMemory, shared: boolean) => Arena

/**
 * The constructor requires this object. Only this file has it, so users cannot call the
 * constructor.
 */
const KEY = {}

/**
 * A buffer, or a region of a buffer, with all the blocks in it.
 *
 * All state is in the buffer. So any thread can attach to the arena, and an offset means the same
 * in every thread. An offset counts bytes from the start of `buffer`. For example,
 * `arena.f32[offset >> 2]` is the first float of the block at `offset`.
 *
 * The package exports this class under two names. `Arena` can create arenas and attach to arenas.
 * `AttachedArena` can only attach, and makes the bundle of a worker smaller.
 */
export class Arena {
  static {
    memoryOf = (arena) => arena.#memory
    openArena = (memory, shared) => new Arena(memory, shared, KEY)
  }

  /** The memory of the arena. */
  readonly #memory: ArenaMemory
  /** The last pool that this thread opened on each slot, indexed by the slot. */
  readonly #pools: Pool[] = []
  /** Whether other threads can attach to this arena. */
  readonly shared: boolean

  /** Makes an arena object. Users call `Arena.create` or `Arena.attach` instead. @internal */
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
   * @throws ArenaError 'not-an-arena' if the handle does not lead to an arena; 'version-mismatch'
   * if another version of the package created the arena; 'corrupt' if the control area was
   * overwritten; 'not-shareable' if the handle holds a copy of the buffer
   */
  static attach(handle: ArenaHandle): Arena {
    const { buffer, byteOffset } = checkedHandle(handle)
    checkControl(buffer, byteOffset)
    return openArena(openMemory(buffer, byteOffset), true)
  }

  /**
   * A function that the library calls if another thread has freed a block wrongly, and this thread
   * receives the block. The function gets the error. A free is wrong if the block was freed twice,
   * if its header was overwritten, or if no block begins at the offset.
   *
   * The function runs in a microtask after the call that received the block. Each thread sets a
   * function of its own. By default, there is none.
   * @throws ArenaError 'invalid-argument' if you set a value that is neither a function nor
   * undefined
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
   * The buffer that contains the arena. When a `WebAssembly.Memory` grows, a new buffer replaces
   * the old one. Then read this property again.
   */
  get buffer(): ArrayBufferLike {
    return this.#memory.views.buffer
  }

  /** The byte offset in `buffer` at which the arena begins. */
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
   * A view from the start of the buffer to the end of the arena. Index the view by `offset`. In a
   * hot loop, keep the view in a local variable.
   */
  get u8(): Uint8Array {
    return this.#memory.views.u8
  }

  /** A view from the start of the buffer to the end of the arena. Index the view by `offset`. */
  get i8(): Int8Array {
    return this.#memory.views.i8
  }

  /**
   * A view from the start of the buffer to the end of the arena. Index the view by `offset >> 1`.
   */
  get u16(): Uint16Array {
    return this.#memory.views.u16
  }

  /**
   * A view from the start of the buffer to the end of the arena. Index the view by `offset >> 1`.
   */
  get i16(): Int16Array {
    return this.#memory.views.i16
  }

  /**
   * A view from the start of the buffer to the end of the arena. Index the view by `offset >> 2`.
   */
  get u32(): Uint32Array {
    return this.#memory.views.u32
  }

  /**
   * A view from the start of the buffer to the end of the arena. Index the view by `offset >> 2`.
   */
  get i32(): Int32Array {
    return this.#memory.views.i32
  }

  /**
   * A view from the start of the buffer to the end of the arena. Index the view by `offset >> 2`.
   */
  get f32(): Float32Array {
    return this.#memory.views.f32
  }

  /**
   * A view from the start of the buffer to the end of the arena. Index the view by `offset >> 3`.
   */
  get f64(): Float64Array {
    return this.#memory.views.f64
  }

  /**
   * Makes a typed array over a live block. The array has the type that was passed to `allocArray`.
   * If `allocArray` did not make the block, the array is a `Uint8Array`.
   * @throws ArenaError 'invalid-offset' if no block starts at the offset; 'double-free' if the
   * block is free; 'corrupt' if the header of the block was overwritten
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
   * @throws ArenaError 'no-free-slot' if every slot is open or reserved; 'invalid-argument' if
   * `reserved` is not a reserved slot
   */
  openPool(reserved?: number): Pool {
    return this.#open(openSlot(this.#memory, reserved))
  }

  /**
   * Reserves a slot for a thread that is about to start, and returns the index of the slot. The
   * thread opens its pool with `arena.openPool(slot)`. If the thread dies before that, you know
   * which slot to adopt.
   * @throws ArenaError 'no-free-slot' if every slot is open or reserved
   */
  reserveSlot(): number {
    return claimSlot(this.#memory, layout.SLOT_RESERVED)
  }

  /**
   * Repairs the slot of a dead thread, and opens a pool on the slot. The thread may have died in
   * the middle of any call. Its live blocks stay live, and `blocks(arena)` lists them. All its
   * other memory becomes free. Other threads may use the arena during the call.
   *
   * Call it only after the death is confirmed: see `threadExited` and `holdThreadLock`. A thread
   * may run on for a while after you have terminated it.
   * @param slot the slot of the dead thread
   * @param generation `pool.generation` of the dead thread's pool, if you know it. If another
   * thread has adopted the slot already, a call with `generation` throws. A call without
   * `generation` would take the slot from that other thread
   * @throws ArenaError 'not-adoptable' if the slot has no dead thread; 'invalid-argument' if an
   * argument is wrong
   */
  adopt(slot: number, generation?: number): Pool {
    const dead = checkedSlot(this.#memory, slot)
    if (generation !== undefined) checkCount('generation', generation)
    if (this.#pools[slot]?.isOpen) throw notAdoptable(slot, 'its pool is open in this thread')
    adoptSlot(this.#memory, dead, generation)
    return this.#open(dead)
  }

  /** Makes a pool on an open slot. */
  #open(slot: SlotIndex): Pool {
    const pool = createPool(this.#memory, slot, this as Arena)
    this.#pools[slot] = pool
    return pool
  }

  /**
   * Returns true if the pool with this slot and generation is still open. If the thread of the pool
   * dies, the result stays true until a thread adopts the slot.
   * @throws ArenaError 'invalid-argument' if an argument is wrong
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
   * The counts of live and free blocks are not current: each pool updates them at a refill or a
   * sweep. `exactStats` counts the blocks now.
   * @throws ArenaError 'invalid-argument' if an option is wrong
   */
  stats(options?: StatsOptions): ArenaStats {
    return collectStats(this.#memory, options)
  }
}
