/** Publishes a storage in the arena. It runs in the thread of the storage's world. */
import type { Pool } from '@ashlar/core'
import { invalidArgument } from '../base/errors.ts'
import type { Extensions } from '../base/extensions.ts'
import { freeReserved } from '../memory/blocks.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import {
  checkDetached,
  isOpenSlot,
  newSerial,
  ROOT_SERIAL,
  SLOT_CAPACITY,
} from '../shared/attachments.ts'
import type { ComponentEntry, Manifest, StorageHandle } from '../shared/manifest.ts'
import * as rootLayout from '../shared/storage-root.ts'
import type { Worlds } from '../world/worlds.ts'
import { encodeManifest, storeManifest } from './published.ts'
import { RetiredBlocks } from './retired-blocks.ts'

export interface PublisherOptions {
  worlds: Worlds
  memory: { readonly views: MemoryViews }
  components: {
    /** A number that changes whenever an entry does. */
    readonly version: number
    readonly entries: readonly ComponentEntry[]
  }
  extensions: Extensions
}

/**
 * Publishes the manifest and the entity ids. It allocates nothing before `handle` is read. The
 * publisher has its own copy of the offsets in the root, because other threads may overwrite the
 * root. An offset is 0 if there is no block.
 */
export class Publisher {
  readonly serial = newSerial()
  root = 0
  manifest = 0
  entities = 0
  /** A block kept for the next manifest if memory runs out: without one, nothing is freed. */
  spare = 0
  epoch = 0
  readonly retired: RetiredBlocks
  readonly #options: PublisherOptions
  readonly #pool: Pool
  /** The version of the published manifest. `#entityMask` is its mask. */
  #version = -1
  #entityMask = 0
  /** The epoch when the last `sync` began. */
  #epochBefore = 0
  /** Whether the publisher has published or retired a block since the last epoch. */
  #hasNews = false

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#pool = options.memory.views.pool
    this.retired = new RetiredBlocks(this.#pool)
  }

  /** The first read publishes the storage. @throws ArenaError 'out-of-memory' */
  get handle(): StorageHandle {
    if (this.root === 0) this.#open()
    return { offset: this.root, serial: this.serial }
  }

  /** Whether the published manifest is up to date. */
  get isCurrent(): boolean {
    return this.#presentVersion === this.#version && this.#entityMask === this.#presentMask
  }

  get #presentVersion(): number {
    const { components, extensions } = this.#options
    return components.version + extensions.version
  }

  get #presentMask(): number {
    return this.#options.worlds.entityMask
  }

  /** The manifest of the current state. */
  get present(): Manifest {
    const { components, extensions } = this.#options
    const rest = extensions.all.map((extension) => extension.manifest?.())
    const { entries } = components
    return Object.assign(
      { entityMask: this.#presentMask, components: entries, tables: [] },
      ...rest,
    )
  }

  #open(): void {
    const { alloc, allocZeroed } = this.#pool
    this.root = allocZeroed(rootLayout.BYTE_LENGTH)
    try {
      this.#publishManifest(alloc)
      this.#publishEntities(alloc)
    } catch (error) {
      this.dispose()
      throw error
    }
    this.#raiseEpoch()
    this.#words[this.#word(ROOT_SERIAL)] = this.serial
    this.#words[this.#word(0)] = rootLayout.MAGIC
  }

  /** Publishes moved columns. @throws ArenaError 'out-of-memory'; then you can call it again */
  publish(): void {
    if (this.root === 0) return
    this.#publishManifest(this.#pool.alloc)
    this.#raiseEpoch()
  }

  /**
   * Frees retired blocks that no thread uses any more. Publishes changes if there is enough memory.
   */
  sync(): void {
    if (this.root === 0) return
    const { tryAlloc } = this.#pool
    this.#epochBefore = this.epoch
    this.#freeRetired() // first, because it may free memory for the steps below
    // Stops if this fails, because a new epoch would free columns that the old manifest still
    // names.
    if (!this.#publishManifest(tryAlloc)) return
    this.#raiseEpoch()
    this.#freeRetired()
    this.#publishEntities(tryAlloc)
    this.#raiseEpoch()
    this.#freeRetired()
  }

  /**
   * Ends the attachment of a slot. If `generation` is given, it must be that of the attached pool.
   */
  forget(slot: number, generation?: number): void {
    if (!Number.isInteger(slot) || slot < 0 || slot >= SLOT_CAPACITY) {
      throw invalidArgument('slot', slot, 'that of a thread that has died')
    }
    if (generation !== undefined && !Number.isInteger(generation)) {
      throw invalidArgument('generation', generation, 'that of its pool, or undefined')
    }
    if (this.root === 0) return
    const word = this.#word(rootLayout.attachedWord(slot))
    const attached = generation === undefined ? this.#words[word] : generation + 1
    Atomics.compareExchange(this.#words, word, attached, 0)
    this.#forgetLog(slot, generation)
  }

  /** Checks that no open pool is attached. @throws StorageError 'still-attached' */
  checkDetached(): void {
    if (this.root === 0) return
    const wordOf = (slot: number) => this.#word(rootLayout.attachedWord(slot))
    checkDetached(this.#pool, wordOf, 'this storage', 'storage.forget(slot)')
  }

  /** Frees all blocks. Call it when no thread is attached. */
  dispose(): void {
    if (this.root === 0) return
    const pool = this.#pool
    for (let slot = 0; slot < SLOT_CAPACITY; slot++) this.#forgetLog(slot)
    this.retired.freeAll()
    this.#words[this.#word(0)] = 0
    for (const offset of [this.manifest, this.entities, this.spare, this.root]) pool.free(offset)
    this.root = 0
    this.manifest = 0
    this.entities = 0
    this.spare = 0
    this.epoch = 0
    this.#version = -1
  }

  get #words(): Int32Array {
    return this.#options.memory.views.i32
  }

  #word(field: number): number {
    return (this.root >> 2) + field
  }

  /** Frees a block after all attached threads have seen that it is no longer published. */
  retire(offset: number): void {
    if (this.root === 0) {
      freeReserved(this.#pool, offset)
      return
    }
    this.#hasNews = true
    this.retired.add(offset, (this.epoch + 1) | 0)
  }

  #forgetLog(slot: number, generation?: number): void {
    const word = this.#word(rootLayout.internLogWord(slot))
    for (const extension of this.#options.extensions.all) extension.forgetSlot?.(word, generation)
  }

  /** Publishes a new manifest. Returns false if `alloc` is `tryAlloc` and there is no memory. */
  #publishManifest(alloc: Pool['alloc']): boolean {
    const pool = this.#pool
    if (!this.isCurrent) {
      const bytes = encodeManifest(this.present)
      const manifest = this.#allocate(rootLayout.PUBLISHED_HEAD_BYTE_LENGTH + bytes.length, alloc)
      if (manifest === 0) return false
      storeManifest(this.#words, manifest, bytes)
      this.#replace(rootLayout.MANIFEST, manifest, this.manifest)
      this.manifest = manifest
      this.#version = this.#presentVersion
      this.#entityMask = this.#presentMask
    }
    if (this.spare === 0) this.spare = pool.tryAlloc(2 * pool.byteLengthOf(this.manifest))
    return true
  }

  #allocate(byteLength: number, alloc: Pool['alloc']): number {
    const pool = this.#pool
    const offset = pool.tryAlloc(byteLength)
    if (offset !== 0) return offset
    const { spare } = this
    if (spare === 0 || pool.byteLengthOf(spare) < byteLength) return alloc(byteLength)
    this.spare = 0
    return spare
  }

  #publishEntities(alloc: Pool['alloc']): void {
    const { worlds } = this.#options
    const { aliveCount } = worlds
    const head = rootLayout.PUBLISHED_HEAD_BYTE_LENGTH
    const before = this.entities
    const isSame =
      before !== 0 && this.#words[(before >> 2) + rootLayout.PUBLISHED_COUNT] === aliveCount
    if (isSame && worlds.areIds(this.#words, (before + head) >> 2)) return
    const offset = alloc(head + aliveCount * 4)
    if (offset === 0) return
    const words = this.#words
    words[(offset >> 2) + rootLayout.PUBLISHED_COUNT] = aliveCount
    worlds.storeIds(words, (offset + head) >> 2)
    this.#replace(rootLayout.ENTITIES, offset, before)
    this.entities = offset
  }

  /**
   * Publishes a block, and retires the block that was published before.
   * @param field the index of the block's word in the root
   */
  #replace(field: number, offset: number, before: number): void {
    const words = this.#words
    words[(offset >> 2) + rootLayout.PUBLISHED_EPOCH] = (this.epoch + 1) | 0
    Atomics.store(words, this.#word(field), offset)
    this.#hasNews = true
    if (before !== 0) this.retire(before)
  }

  #raiseEpoch(): void {
    if (!this.#hasNews) return
    this.#hasNews = false
    this.epoch = (this.epoch + 1) | 0
    Atomics.store(this.#words, this.#word(rootLayout.EPOCH), this.epoch)
  }

  /** Frees the retired blocks that no attached thread can read any more. */
  #freeRetired(): void {
    if (!this.retired.isEmpty) this.retired.free(this.#oldestSeenEpoch())
  }

  /** The slots of attached threads that have not synced since this storage's `sync` before last. */
  get waitingSlots(): number[] {
    const slots: number[] = []
    this.#oldestSeenEpoch(slots)
    return slots
  }

  /**
   * Returns the oldest epoch among the epochs that attached threads have last seen. Detaches
   * threads whose slot is closed.
   * @param late an array that gets the slots that have not seen `#epochBefore`
   */
  #oldestSeenEpoch(late?: number[]): number {
    const words = this.#words
    let oldest = this.epoch
    for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
      const attached = Atomics.load(words, this.#word(rootLayout.attachedWord(slot)))
      if (attached === 0) continue
      if (!isOpenSlot(this.#pool.arena, slot, attached - 1)) {
        this.forget(slot, attached - 1)
        continue
      }
      const seen = Atomics.load(words, this.#word(rootLayout.seenWord(slot)))
      if (((oldest - seen) | 0) > 0) oldest = seen
      if (((this.#epochBefore - seen) | 0) > 0) late?.push(slot)
    }
    return oldest
  }
}
