/**
 * The room of the arena itself, and the front of the package: makes arenas, attaches to them, opens
 * pools. Invariant: a thread has at most one open pool on a slot.
 */
import { isPlainObject } from '../base/builtins.ts'
import {
  type ArenaError,
  corrupt,
  invalidArgument,
  notAdoptable,
  notShareable,
} from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { byteLengthAt, liveBlockAt } from '../blocks/check-offset.ts'
import { type BlockInfo, listBlocks } from '../inspect/blocks.ts'
import { type ArenaStats, collectStats, type StatsOptions } from '../inspect/stats/stats.ts'
import {
  openSupervisor,
  publishBatch,
  type Supervisor,
  type SupervisorOptions,
} from '../inspect/supervisor.ts'
import { type Violation, verifyArena } from '../inspect/verify/verify.ts'
import { typeInHeader } from '../memory/block-header.ts'
import { ELEMENT_TYPES, type ElementArray } from '../memory/element-types.ts'
import { ArenaMemory, headerAt } from '../memory/memory.ts'
import type { PoolOf } from '../memory/pool-api.ts'
import { createPool } from '../pool/pool.ts'
import { adoptSlot } from '../recovery/adopt.ts'
import {
  checkedSlot,
  checkGeneration,
  claimSlot,
  openSlot,
  slotGeneration,
  slotState,
} from '../spans/slots.ts'
import { openTelemetry, type Telemetry } from '../telemetry/telemetry.ts'
import { checkControl, nextTag, writeControl } from './control.ts'
import { type ArenaHandle, type ArenaOptions, checkedHandle, findRegion } from './region.ts'

export interface Pool extends PoolOf<Arena> {}

/**
 * One buffer, or a region of one, and all blocks in it.
 *
 * All state is in the buffer, so any thread can attach to it, and an offset means the same in every
 * thread. An offset counts bytes from the start of `buffer`: `arena.f32[offset >> 2]` is the first
 * float of a block.
 */
export class Arena {
  readonly #memory: ArenaMemory
  /** The last pool that this thread opened on each slot. */
  readonly #pools = new Map<number, Pool>()
  /** Whether other threads can attach. */
  readonly shared: boolean

  /** @internal Use `Arena.create` or `Arena.attach`. */
  private constructor(memory: ArenaMemory, shared: boolean) {
    if (!(isPlainObject(memory) && memory instanceof ArenaMemory)) {
      throw invalidArgument('memory', memory, 'a call of Arena.create() or Arena.attach() instead')
    }
    this.#memory = memory
    this.shared = shared
  }

  /**
   * Makes an arena, in memory of its own or in a caller's, whose contents are lost.
   * @throws ArenaError 'invalid-argument'; 'not-shareable' if `shared` is true but the platform or
   * the page forbids it; 'out-of-memory' if the platform has no memory of that length
   */
  static create(options: ArenaOptions): Arena {
    const region = findRegion(options)
    writeControl(region, nextTag())
    const { buffer, base, growable, shared } = region
    return new Arena(new ArenaMemory(buffer, base, growable), shared)
  }

  /**
   * Attaches to an arena of another thread by its `handle`.
   * @throws ArenaError 'not-an-arena', 'version-mismatch', 'corrupt', 'not-shareable'
   */
  static attach(handle: ArenaHandle): Arena {
    const { buffer, byteOffset } = checkedHandle(handle)
    checkControl(buffer, byteOffset)
    return new Arena(new ArenaMemory(buffer, byteOffset), true)
  }

  /**
   * Called for each block that another thread freed wrongly: twice, with an overwritten header, or
   * at an offset that no alloc gave. The owner finds it as it takes the block back, and the hook
   * runs in the owner's thread, in a microtask after that call.
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

  /** Where in its buffer the arena begins, in bytes. */
  get byteOffset(): number {
    return this.#memory.base
  }

  /** The arena's length in bytes; whole spans of 64 KiB. */
  get byteLength(): number {
    return this.#memory.byteLength
  }

  /**
   * What another thread attaches with.
   * @throws ArenaError 'not-shareable' if the arena is not shared
   */
  get handle(): ArenaHandle {
    if (!this.shared) {
      throw notShareable('this arena is not shared. Create it with `shared: true`')
    }
    return { buffer: this.buffer, byteOffset: this.byteOffset }
  }

  /**
   * View from the buffer's start to the arena's end, indexed by byte offset. In hot loops, keep it
   * in a local.
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
   * The typed array of a live block: of the type that `allocArray` was given, else a Uint8Array.
   * @throws ArenaError 'invalid-offset', 'double-free', 'corrupt'
   */
  view(offset: number): ElementArray {
    const byteLength = byteLengthAt(this.#memory, liveBlockAt(this.#memory, offset), offset)
    const type = ELEMENT_TYPES[typeInHeader(headerAt(this.#memory, offset))]
    if (type === undefined)
      throw corrupt(`the block at offset ${offset} has an unknown element type`)
    return new type(this.buffer, offset, Math.floor(byteLength / type.BYTES_PER_ELEMENT))
  }

  /**
   * Opens a pool for this thread, on a slot of its own.
   * @param reserved the slot that `reserveSlot` gave; by default a closed or vacant one
   * @throws ArenaError 'no-free-slot', 'invalid-argument'
   */
  openPool(reserved?: number): Pool {
    return this.#open(openSlot(this.#memory, reserved))
  }

  /**
   * Reserves a slot for a thread that is about to start. However early the thread dies, you know
   * which slot to adopt. The thread opens the slot with `arena.openPool(slot)`.
   * @throws ArenaError 'no-free-slot'
   */
  reserveSlot(): number {
    return claimSlot(this.#memory, layout.SLOT_RESERVED)
  }

  /**
   * Takes over the slot of a thread that has died, at any instruction, and repairs it. Free blocks
   * are free again; live ones stay live, and `blocks()` lists them; what was half claimed or half
   * delivered is undone or completed. Other threads may go on meanwhile.
   *
   * Call it only after the death is confirmed: see `whenDead` and `holdLife`. After a call to
   * terminate a thread, the thread may still run.
   * @param generation the dead pool's `pool.generation`, if known. If another thread has adopted
   * the slot already, the call is refused, instead of taking the slot from that thread
   * @throws ArenaError 'not-adoptable', 'invalid-argument'
   */
  adopt(slot: number, generation?: number): Pool {
    const dead = checkedSlot(this.#memory, slot)
    if (generation !== undefined) checkGeneration(generation)
    if (this.#pools.get(slot)?.isOpen) throw notAdoptable(slot, 'its pool is open in this thread')
    adoptSlot(this.#memory, dead, generation)
    return this.#open(dead)
  }

  #open(slot: SlotIndex): Pool {
    const pool = createPool(this.#memory, slot, this as Arena)
    this.#pools.set(slot, pool)
    return pool
  }

  /**
   * Whether the pool that has this slot and generation is still open. If its thread has died, this
   * stays true until the slot is adopted.
   * @throws ArenaError 'invalid-argument'
   */
  isOpen(slot: number, generation: number): boolean {
    const checked = checkedSlot(this.#memory, slot)
    checkGeneration(generation)
    return (
      slotGeneration(this.#memory, checked) === generation &&
      slotState(this.#memory, checked) === 'open'
    )
  }

  /**
   * Figures about the arena, or one slot. Any thread may call it at any time. Unless `exact`, the
   * live and free counts are as of the last cold path of each pool. It is cheap enough for every
   * frame: it adds up counters, and `arena.stats({ into: stats })` makes no garbage.
   * @throws ArenaError 'invalid-argument'
   */
  stats(options?: StatsOptions): ArenaStats {
    return collectStats(this.#memory, options)
  }

  /**
   * Follows what the pools of all threads do off their hot paths: refills, spans claimed and
   * returned, blocks taken back, adoptions. No pool waits for a reader; events that are not read in
   * time are dropped and counted.
   */
  openTelemetry(): Telemetry {
    return openTelemetry(this.#memory)
  }

  /**
   * Opens a supervisor, which sets for all pools how many blocks a refill hands out.
   * @throws ArenaError 'invalid-argument'
   */
  openSupervisor(options?: SupervisorOptions): Supervisor {
    return openSupervisor(this.#memory, options)
  }

  /**
   * Publishes how many blocks a refill hands out, 1 to 1024, for the class that holds `byteLength`
   * bytes, in one slot or in all; 0 leaves it to each pool. It takes effect at a pool's next
   * refill. A refill claims at most one run of spans, so it may hand out fewer.
   * @throws ArenaError 'invalid-argument'
   */
  publishBatch(byteLength: number, blockCount: number, slot?: number): void {
    publishBatch(this.#memory, byteLength, blockCount, slot)
  }

  /** Every live block. Meanwhile, no other thread may call the library. */
  blocks(): BlockInfo[] {
    return listBlocks(this.#memory)
  }

  /** All that is damaged; empty if the arena is sound. No other thread may call the library. */
  verify(): Violation[] {
    return verifyArena(this.#memory)
  }
}
