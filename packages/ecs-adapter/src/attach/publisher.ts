/** The side of a shared storage that publishes: in the thread of its world. */
import type { Pool } from '@ashlar/core'
import { invalidArgument, stillAttached } from '../base/errors.ts'
import { dropInternLog } from '../lists/intern-log.ts'
import type { VariableMemory } from '../lists/variable-memory.ts'
import type { Cells } from '../memory/cells.ts'
import { freeReserved } from '../memory/reserved.ts'
import { attachedSlots, isOpenSlot, newSerial, SLOT_CAPACITY } from '../shared/attachments.ts'
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
  ROOT_SERIAL,
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
  /** Another number whenever the entries are others. */
  version(): number
  entries(): ComponentEntry[]
  tables(): TableEntry[]
}

/** Costs nothing until somebody asks for the handle. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly serial = newSerial()
  /** Of the root block; 0 until the handle was asked for. */
  #root = 0
  #version = -1
  #entityMask = 0
  /** Of what is published, and its epoch: other threads may have overwritten what the root says. */
  #directory = 0
  #entities = 0
  #epoch = 0
  /** For the next directory: without one, nothing that it replaces is freed. 0 of none. */
  #spare = 0
  /** Something was published or retired that no epoch tells of yet. */
  #hasNews = false
  /** Blocks that are out of use, and the epoch from which on they are. */
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
    const isSameMask = worlds.entityIndex.entityMask === this.#entityMask
    const isCurrent = isSameMask && version() === this.#version
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
      this.#freeAll()
      throw error
    }
    this.#raiseEpoch()
    this.#words[this.#word(ROOT_SERIAL)] = this.serial
    this.#words[this.#word(0)] = ROOT_MAGIC
  }

  /** Publishes columns that are others. @throws ArenaError 'out-of-memory'; try it again then */
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
    // Else other threads go on with what was published: no epoch may say that it is out of use.
    if (!this.#publishDirectory(tryAlloc)) return
    this.#raiseEpoch()
    this.#collect()
    this.#publishEntities(tryAlloc)
    this.#raiseEpoch()
    this.#collect()
  }

  /** Ends what the thread is attached with that has this slot, or had it in this generation. */
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
    const slots = attachedSlots(this.#words, wordOf, this.#options.pool.arena)
    if (slots.length > 0) throw stillAttached(slots, 'this storage', 'storage.forget(slot)')
  }

  /** Frees everything; nobody is attached. The handle leads nowhere then. */
  dispose(): void {
    if (this.#root !== 0) this.#freeAll()
  }

  get #words(): Int32Array {
    return this.#options.cells.signedWords
  }

  #word(field: number): number {
    return (this.#root >> 2) + field
  }

  /** A thread that has ended without `detach` is forgotten as soon as its slot is closed. */
  #forgetIfGone(slot: number): boolean {
    const attached = Atomics.load(this.#words, this.#word(attachedWord(slot)))
    if (attached === 0 || isOpenSlot(this.#options.pool.arena, slot, attached - 1)) return false
    this.forget(slot, attached - 1)
    return true
  }

  #isAttached(slot: number): boolean {
    return Atomics.load(this.#words, this.#word(attachedWord(slot))) !== 0
  }

  /** Frees a block that other threads may look at, once all of them have seen that it is out of use. */
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
    const { blocks, internedTexts } = this.#options.memory
    dropInternLog(blocks, this.#word(internLogWord(slot)), internedTexts.release, generation)
  }

  /** False when there is no memory, which only `tryAlloc` leads to. */
  #publishDirectory(alloc: Pool['alloc']): boolean {
    const { worlds, version, entries, tables } = this.#options
    const { entityMask } = worlds.entityIndex
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
    this.#keepSpare()
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

  /** Twice as long as the present one, or none. */
  #keepSpare(): void {
    if (this.#spare !== 0) return
    const { pool } = this.#options
    this.#spare = pool.tryAlloc(2 * pool.byteLengthOf(this.#directory))
  }

  #publishEntities(alloc: Pool['alloc']): void {
    const { dense, aliveCount } = this.#options.worlds.entityIndex
    if (this.#isPublished(dense, aliveCount)) return
    const head = PUBLISHED_HEAD_BYTE_LENGTH
    const offset = alloc(head + aliveCount * 4)
    if (offset === 0) return
    const words = this.#words
    words[(offset >> 2) + PUBLISHED_COUNT] = aliveCount
    const first = (offset + head) >> 2
    for (let i = 0; i < aliveCount; i++) words[first + i] = dense[i]
    this.#replace(ROOT_ENTITIES, offset, this.#entities)
    this.#entities = offset
  }

  #isPublished(dense: readonly number[], aliveCount: number): boolean {
    const [words, offset] = [this.#words, this.#entities]
    if (offset === 0 || words[(offset >> 2) + PUBLISHED_COUNT] !== aliveCount) return false
    const first = (offset + PUBLISHED_HEAD_BYTE_LENGTH) >> 2
    for (let i = 0; i < aliveCount; i++) if (words[first + i] !== (dense[i] | 0)) return false
    return true
  }

  /** Publishes a block in another's place, which is retired. */
  #replace(field: number, offset: number, before: number): void {
    this.#words[(offset >> 2) + PUBLISHED_EPOCH] = (this.#epoch + 1) | 0
    Atomics.store(this.#words, this.#word(field), offset)
    this.#hasNews = true
    if (before !== 0) this.retire(before)
  }

  /** Tells everyone that something is other than it was, if it is. */
  #raiseEpoch(): void {
    if (!this.#hasNews) return
    this.#hasNews = false
    this.#epoch = (this.#epoch + 1) | 0
    Atomics.store(this.#words, this.#word(ROOT_EPOCH), this.#epoch)
  }

  /** Frees what everybody who is attached has seen to be out of use. */
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

  /** How many epochs the last of those who are attached is behind. */
  #greatestLag(): number {
    const [words, epoch] = [this.#words, this.#epoch]
    let lag = 0
    for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
      if (!this.#isAttached(slot) || this.#forgetIfGone(slot)) continue
      const seen = Atomics.load(words, this.#word(seenWord(slot)))
      lag = Math.max(lag, (epoch - seen) | 0)
    }
    return lag
  }

  #freeAll(): void {
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
}
