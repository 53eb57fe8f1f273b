/** Publishes a storage in the arena, in the thread of its world. */
import type { Pool } from '@ashlar/core'
import { invalidArgument } from '../base/errors.ts'
import { dropInternLog } from '../lists/intern-log.ts'
import type { VariableMemory } from '../lists/variable-fields.ts'
import type { Cells } from '../memory/cells.ts'
import { freeReserved } from '../memory/reserved.ts'
import {
  checkDetached,
  isOpenSlot,
  newSerial,
  ROOT_SERIAL,
  SLOT_CAPACITY,
} from '../shared/attachments.ts'
import {
  attachedWord,
  type ComponentEntry,
  internLogWord,
  PUBLISHED_COUNT,
  PUBLISHED_EPOCH,
  PUBLISHED_HEAD_BYTE_LENGTH,
  ROOT_BYTE_LENGTH,
  ROOT_DIRECTORY,
  ROOT_ENTITIES,
  ROOT_EPOCH,
  ROOT_MAGIC,
  type StorageHandle,
  seenWord,
  type TableEntry,
} from '../shared/directory.ts'
import type { Worlds } from '../world/worlds.ts'
import { encodeDirectory, storeDirectory } from './published.ts'

export interface PublisherOptions {
  pool: Pool
  cells: Cells
  worlds: Worlds
  memory: VariableMemory
  /** Changes whenever an entry or a table changes. */
  version(): number
  entries(): ComponentEntry[]
  tables(): TableEntry[]
}

/** Allocates nothing until `handle` is read. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly serial = newSerial()
  /** Offset of the root block; 0 before `handle` is read. */
  #root = 0
  #version = -1
  #entityMask = 0
  /** Kept here too, as other threads may overwrite the root. */
  #directory = 0
  #entities = 0
  #epoch = 0
  /** For the next directory: without one, nothing that it replaces is freed. 0 of none. */
  #spare = 0
  /** Whether something was published or retired since the last epoch. */
  #hasNews = false
  /** Blocks that are no longer published, and the first epoch without each. */
  readonly #retired: number[] = []
  readonly #retiredEpochs: number[] = []
  #retiredCount = 0

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** @throws ArenaError 'out-of-memory' */
  get handle(): StorageHandle {
    if (this.#root === 0) this.#open()
    return { offset: this.#root, serial: this.serial }
  }

  /** For `verifyStorage`. */
  get held() {
    const { worlds, version } = this.#options
    const isCurrent = worlds.entityMask === this.#entityMask && version() === this.#version
    const [root, epoch, spare] = [this.#root, this.#epoch, this.#spare]
    const [directory, entities] = [this.#directory, this.#entities]
    const retired = this.#retired.slice(0, this.#retiredCount)
    return { root, epoch, spare, directory, entities, retired, isCurrent }
  }

  #open(): void {
    const { alloc, allocZeroed } = this.#options.pool
    this.#root = allocZeroed(ROOT_BYTE_LENGTH)
    try {
      this.#publishDirectory(alloc)
      this.#publishEntities(alloc)
    } catch (error) {
      this.dispose()
      throw error
    }
    this.#raiseEpoch()
    this.#words[this.#word(ROOT_SERIAL)] = this.serial
    this.#words[this.#word(0)] = ROOT_MAGIC
  }

  /** Publishes moved columns. @throws ArenaError 'out-of-memory', and can be called again */
  publish(): void {
    if (this.#root === 0) return
    this.#publishDirectory(this.#options.pool.alloc)
    this.#raiseEpoch()
  }

  /** Frees what nobody uses any more; publishes what has changed, as memory allows. */
  sync(): void {
    if (this.#root === 0) return
    const { tryAlloc } = this.#options.pool
    this.#collect() // first, as it may make room
    // Otherwise other threads still use the old directory, and no epoch may retire it.
    if (!this.#publishDirectory(tryAlloc)) return
    this.#raiseEpoch()
    this.#collect()
    this.#publishEntities(tryAlloc)
    this.#raiseEpoch()
    this.#collect()
  }

  /** Ends the attachment of a slot; with a generation, only if its pool had that one. */
  forget(slot: number, generation?: number): void {
    if (!Number.isInteger(slot) || slot < 0 || slot >= SLOT_CAPACITY) {
      throw invalidArgument('slot', slot, 'that of a thread that has died')
    }
    if (generation !== undefined && !Number.isInteger(generation)) {
      throw invalidArgument('generation', generation, 'that of its pool, or undefined')
    }
    if (this.#root === 0) return
    const word = this.#word(attachedWord(slot))
    const attached = generation === undefined ? this.#words[word] : generation + 1
    Atomics.compareExchange(this.#words, word, attached, 0)
    this.#dropInternLog(slot, generation)
  }

  /** @throws StorageError 'still-attached' */
  checkDetached(): void {
    if (this.#root === 0) return
    const wordOf = (slot: number) => this.#word(attachedWord(slot))
    checkDetached(this.#options.pool, wordOf, 'this storage', 'storage.forget(slot)')
  }

  /** Frees everything, when nobody is attached. */
  dispose(): void {
    if (this.#root === 0) return
    const { pool } = this.#options
    for (let slot = 0; slot < SLOT_CAPACITY; slot++) this.#dropInternLog(slot)
    for (let i = 0; i < this.#retiredCount; i++) freeReserved(pool, this.#retired[i])
    this.#retiredCount = 0
    pool.free(this.#directory)
    pool.free(this.#entities)
    this.#words[this.#word(0)] = 0
    pool.free(this.#spare)
    pool.free(this.#root)
    this.#spare = 0
    this.#root = 0
    this.#directory = 0
    this.#entities = 0
    this.#epoch = 0
    this.#version = -1
  }

  get #words(): Int32Array {
    return this.#options.cells.signedWords
  }

  #word(field: number): number {
    return (this.#root >> 2) + field
  }

  /** Forgets a thread that has ended without `detach`, once its slot is closed. */
  #isAttached(slot: number): boolean {
    const attached = Atomics.load(this.#words, this.#word(attachedWord(slot)))
    if (attached === 0) return false
    if (isOpenSlot(this.#options.pool.arena, slot, attached - 1)) return true
    this.forget(slot, attached - 1)
    return false
  }

  /** Frees a block once all attached threads have seen that it is no longer published. */
  retire(offset: number): void {
    if (this.#root === 0) {
      freeReserved(this.#options.pool, offset)
      return
    }
    this.#hasNews = true
    this.#retired[this.#retiredCount] = offset
    this.#retiredEpochs[this.#retiredCount] = (this.#epoch + 1) | 0
    this.#retiredCount++
  }

  #dropInternLog(slot: number, generation?: number): void {
    const { cells, internedTexts } = this.#options.memory
    dropInternLog(cells, this.#word(internLogWord(slot)), internedTexts.release, generation)
  }

  /** Returns false if `tryAlloc` finds no memory. */
  #publishDirectory(alloc: Pool['alloc']): boolean {
    const { pool, worlds, version, entries, tables } = this.#options
    const { entityMask } = worlds
    if (version() !== this.#version || entityMask !== this.#entityMask) {
      const bytes = encodeDirectory({ entityMask, components: entries(), tables: tables() })
      const directory = this.#allocate(PUBLISHED_HEAD_BYTE_LENGTH + bytes.length, alloc)
      if (directory === 0) return false
      storeDirectory(this.#words, directory, bytes)
      this.#replace(ROOT_DIRECTORY, directory, this.#directory)
      this.#directory = directory
      this.#version = version()
      this.#entityMask = entityMask
    }
    if (this.#spare === 0) this.#spare = pool.tryAlloc(2 * pool.byteLengthOf(this.#directory))
    return true
  }

  #allocate(byteLength: number, alloc: Pool['alloc']): number {
    const { pool } = this.#options
    const offset = pool.tryAlloc(byteLength)
    if (offset !== 0) return offset
    const spare = this.#spare
    if (spare === 0 || pool.byteLengthOf(spare) < byteLength) return alloc(byteLength)
    this.#spare = 0
    return spare
  }

  #publishEntities(alloc: Pool['alloc']): void {
    const { worlds } = this.#options
    const { aliveCount } = worlds
    if (this.#isPublished(worlds)) return
    const head = PUBLISHED_HEAD_BYTE_LENGTH
    const offset = alloc(head + aliveCount * 4)
    if (offset === 0) return
    const words = this.#words
    words[(offset >> 2) + PUBLISHED_COUNT] = aliveCount
    const first = (offset + head) >> 2
    worlds.storeIds(words, first)
    this.#replace(ROOT_ENTITIES, offset, this.#entities)
    this.#entities = offset
  }

  #isPublished(worlds: Worlds): boolean {
    const words = this.#words
    const offset = this.#entities
    if (offset === 0 || words[(offset >> 2) + PUBLISHED_COUNT] !== worlds.aliveCount) return false
    return worlds.areIds(words, (offset + PUBLISHED_HEAD_BYTE_LENGTH) >> 2)
  }

  /** Publishes a block, and retires the one before. */
  #replace(field: number, offset: number, before: number): void {
    const words = this.#words
    words[(offset >> 2) + PUBLISHED_EPOCH] = (this.#epoch + 1) | 0
    Atomics.store(words, this.#word(field), offset)
    this.#hasNews = true
    if (before !== 0) this.retire(before)
  }

  #raiseEpoch(): void {
    if (!this.#hasNews) return
    this.#hasNews = false
    this.#epoch = (this.#epoch + 1) | 0
    Atomics.store(this.#words, this.#word(ROOT_EPOCH), this.#epoch)
  }

  /** Frees the blocks that all attached threads have seen to be retired. */
  #collect(): void {
    if (this.#retiredCount === 0) return
    const lag = this.#greatestLag()
    const epoch = this.#epoch
    for (let i = this.#retiredCount - 1; i >= 0; i--) {
      if (((epoch - this.#retiredEpochs[i]) | 0) < lag) continue
      const offset = this.#retired[i]
      const last = --this.#retiredCount
      this.#retired[i] = this.#retired[last]
      this.#retiredEpochs[i] = this.#retiredEpochs[last]
      freeReserved(this.#options.pool, offset)
    }
  }

  /** How many epochs the slowest attached thread is behind. */
  #greatestLag(): number {
    const words = this.#words
    const epoch = this.#epoch
    let lag = 0
    for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
      if (!this.#isAttached(slot)) continue
      const seen = Atomics.load(words, this.#word(seenWord(slot)))
      lag = Math.max(lag, (epoch - seen) | 0)
    }
    return lag
  }
}
