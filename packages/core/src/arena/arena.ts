/** The front of the package: makes arenas, attaches to them, opens pools. */

import { isPlainObject } from '../base/builtins.ts'
import {
  type ArenaError,
  corrupt,
  invalidArgument,
  notAdoptable,
  notShareable,
} from '../base/errors.ts'
import { SLOT_RESERVED } from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { byteLengthAt, headerWordAt, liveBlockAt } from '../blocks/lookup.ts'
import { type BlockInfo, listBlocks } from '../inspect/blocks.ts'
import { type ArenaStats, collectStats, type StatsOptions } from '../inspect/stats/stats.ts'
import {
  openSupervisor,
  publishBatch,
  type Supervisor,
  type SupervisorOptions,
} from '../inspect/supervisor.ts'
import { type Violation, verifyArena } from '../inspect/verify/verify.ts'
import { ELEMENT_TYPES, type ElementArray, typeInHeader } from '../memory/header.ts'
import { ArenaMemory } from '../memory/memory.ts'
import type { PoolOf } from '../memory/pool-api.ts'
import { stridesWith } from '../memory/size-classes.ts'
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
import {
  type ArenaHandle,
  type ArenaOptions,
  checkedHandle,
  findRegion,
  readOptions,
} from './buffers.ts'
import { checkControl, nextTag, writeControl } from './control.ts'

export interface Pool extends PoolOf<Arena> {}

/**
 * One buffer, or a region of one, and all blocks in it.
 *
 * Everything is in the buffer, so that any thread can attach to it and every offset means the same
 * everywhere. An offset counts bytes from the start of `buffer`: `arena.f32[offset >> 2]` is the first
 * float of a block.
 */
export class Arena {
  readonly #memory: ArenaMemory
  /** Pools that this thread opened, by slot; closed ones until the slot is opened again. */
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
   * Makes an arena, in memory of its own or in a caller's. What that memory held is lost.
   * @throws ArenaError 'invalid-argument'; 'not-shareable' when `shared` is asked for where the
   * platform or the page forbids it; 'out-of-memory' when it has no memory of that length to give
   */
  static create(options: ArenaOptions): Arena {
    const read = readOptions(options)
    const strides = stridesWith(read.classes)
    const region = findRegion(read, strides.length)
    const { buffer, base, byteLength, slotCount, growable, shared, isNew } = region
    const geometry = { byteLength, slotCount, classCount: strides.length }
    writeControl(buffer, base, geometry, strides, nextTag(), shared, isNew)
    return new Arena(new ArenaMemory(buffer, base, growable), shared)
  }

  /**
   * Attaches to an arena of another thread, by what its `handle` gave there.
   * @throws ArenaError 'not-an-arena', 'version-mismatch', 'corrupt', 'not-shareable'
   */
  static attach(handle: ArenaHandle): Arena {
    const { buffer, byteOffset } = checkedHandle(handle)
    checkControl(buffer, byteOffset)
    return new Arena(new ArenaMemory(buffer, byteOffset), true)
  }

  /**
   * Called for each block that another thread freed wrongly: twice, or with an overwritten header, or at
   * an offset that was never given out. That shows when its owner takes it back: in this thread, in a
   * microtask after the call that found it.
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

  /** The buffer that the arena lies in. That of a WebAssembly.Memory is another after it has grown. */
  get buffer(): ArrayBufferLike {
    return this.#memory.views.buffer
  }

  /** Where in its buffer the arena begins. */
  get byteOffset(): number {
    return this.#memory.base
  }

  /** In bytes; whole spans of 64 KiB. */
  get byteLength(): number {
    return this.#memory.byteLength
  }

  /**
   * What another thread attaches with.
   * @throws ArenaError 'not-shareable' when the arena is not shared
   */
  get handle(): ArenaHandle {
    if (!this.shared) {
      throw notShareable(
        'this arena is not shared, so posting it would make a copy. Create it with `shared: true`',
      )
    }
    return { buffer: this.buffer, byteOffset: this.byteOffset }
  }

  /**
   * View from the buffer's start to the arena's end, indexed by byte offset. Keep it in a local in hot
   * loops.
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
   * The typed array of a live block: of the type that `allocArray` gave it, else its bytes.
   * @throws ArenaError 'invalid-offset', 'double-free', 'corrupt'
   */
  view(offset: number): ElementArray {
    const byteLength = byteLengthAt(this.#memory, liveBlockAt(this.#memory, offset), offset)
    const type = ELEMENT_TYPES[typeInHeader(headerWordAt(this.#memory, offset))]
    if (type === undefined) throw corrupt(`the block at offset ${offset} has no type that there is`)
    return new type(this.buffer, offset, Math.floor(byteLength / type.BYTES_PER_ELEMENT))
  }

  /**
   * Opens a pool for this thread, on a slot of its own.
   * @param reserved the slot that `reserveSlot` gave; by default any that is closed or vacant
   * @throws ArenaError 'no-free-slot', 'invalid-argument'
   */
  openPool(reserved?: number): Pool {
    return this.#open(openSlot(this.#memory, reserved))
  }

  /**
   * Keeps a slot for a thread that is about to start, so that it is known which slot to adopt if it
   * dies, however early. That thread opens it with `arena.openPool(slot)`.
   * @throws ArenaError 'no-free-slot'
   */
  reserveSlot(): number {
    return claimSlot(this.#memory, SLOT_RESERVED)
  }

  /**
   * Takes over the slot of a thread that has died, at whatever instruction, and repairs it: what was
   * free is free again, what was live stays live and is found by `blocks()`, what had been half claimed
   * or half delivered is undone or completed. Other threads may go on meanwhile.
   *
   * Only after the death is confirmed: see `whenDead` and `holdLife`. A thread that was merely told to
   * terminate may run on.
   * @param generation of the pool that died, where known: `pool.generation`. A slot that was adopted
   * by another thread already is then refused, instead of torn from it
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
   * Whether a slot is open, and in that generation: whether the pool that said it had both is still in
   * use, as far as anybody knows. Of a thread that died it is true until its slot is adopted.
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
   * Figures about the arena, or one slot of it. At any time, in any thread; the live and free ones are
   * as of the last cold path of each pool, unless `exact`. Cheap enough for every frame: it adds up what
   * cold paths counted, and makes no garbage where it is told what to fill:
   * `arena.stats({ into: stats })`.
   * @throws ArenaError 'invalid-argument'
   */
  stats(options?: StatsOptions): ArenaStats {
    return collectStats(this.#memory, options)
  }

  /**
   * Follows what pools do off their hot paths, in any thread: refills, spans that come and go, blocks
   * taken back, adoptions. Nobody waits for it; what is not read in time is dropped and counted.
   */
  openTelemetry(): Telemetry {
    return openTelemetry(this.#memory)
  }

  /**
   * Has a thread decide for all pools how many blocks a refill hands out, from their telemetry.
   * @throws ArenaError 'invalid-argument'
   */
  openSupervisor(options?: SupervisorOptions): Supervisor {
    return openSupervisor(this.#memory, options)
  }

  /**
   * Publishes how many blocks a refill hands out, 1 to 1024, of the class that holds `byteLength` bytes,
   * in one slot or in all; 0 leaves it to what each pool learns. It counts from a pool's next refill on.
   * A refill takes at most one run of spans from the arena, and hands out what there is.
   * @throws ArenaError 'invalid-argument'
   */
  publishBatch(byteLength: number, blockCount: number, slot?: number): void {
    publishBatch(this.#memory, byteLength, blockCount, slot)
  }

  /** Every live block. Other threads have to be outside of the library meanwhile. */
  blocks(): BlockInfo[] {
    return listBlocks(this.#memory)
  }

  /** Whatever is not as it should be; empty when sound. Other threads as for `blocks`. */
  verify(): Violation[] {
    return verifyArena(this.#memory)
  }
}
