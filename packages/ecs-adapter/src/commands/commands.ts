/**
 * Commands: changes of entities and components that any thread records in its own memory, and the
 * world's thread applies. A buffer is a chain of blocks of records (`command-blocks.ts`,
 * `command-records.ts`, `command-values.ts`). This room knows neither columns nor runs.
 */
import type { Pool } from '@ashlar/core'
import { checkedEid } from '../base/arguments.ts'
import { commandsBusy, commandsDisposed, invalidArgument } from '../base/errors.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import type { Component } from '../schema/schema.ts'
import type { CommandBuffer, Given } from './command-api.ts'
import { CommandBlocks, freeCommands } from './command-blocks.ts'
import {
  ADD,
  DESPAWN,
  HEAD_WORD_COUNT,
  PLACE,
  REMOVE,
  SET,
  SPAWN,
  TEMPORARY_FIRST,
} from './command-records.ts'
import {
  fieldWordCount,
  indexOfField,
  maskWordCount,
  noField,
  ValueWriter,
  valuesWordCount,
} from './command-values.ts'

/** A command buffer over blocks of a pool. */
export class PoolCommands implements CommandBuffer {
  readonly #pool: Pool
  readonly #registry: ComponentRegistry
  readonly #blocks: CommandBlocks
  readonly #values: ValueWriter
  readonly #onDispose: (buffer: PoolCommands) => void
  #isDisposed = false
  #isBusy = false
  #spawnCount = 0
  /** The place to record before the next command; -1 if it is recorded. */
  #place = -1
  /** Whether values are being read. Their getters must not record commands. */
  #isReading = false
  /** The place and the position of the last `begin`. */
  #beginPlace = -1
  #beginBlock: number
  #beginCursor: number

  /**
   * @param storage its serial number
   * @throws ArenaError 'out-of-memory'
   */
  constructor(
    pool: Pool,
    registry: ComponentRegistry,
    storage: number,
    onDispose: (buffer: PoolCommands) => void = () => {},
  ) {
    this.#pool = pool
    this.#registry = registry
    this.#blocks = new CommandBlocks(pool, storage)
    this.#values = new ValueWriter(this.#blocks.views)
    this.#onDispose = onDispose
    this.#beginBlock = this.#blocks.block
    this.#beginCursor = this.#blocks.cursor
  }

  get offset(): number {
    return this.#blocks.offset
  }

  get isDisposed(): boolean {
    return this.#isDisposed
  }

  /** Whether the commands are being applied, or values are being read. */
  get isBusy(): boolean {
    return this.#isBusy || this.#isReading
  }

  get isEmpty(): boolean {
    return this.#isDisposed || this.#blocks.isEmpty || this.#blocks.isApplied
  }

  get hasCommandsSinceBegin(): boolean {
    return this.#blocks.block !== this.#beginBlock || this.#blocks.cursor !== this.#beginCursor
  }

  /** For the storage: while commands are applied, observers may only record more of them. */
  $setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy
    if (!isBusy && this.#pool.isOpen) this.#forgetApplied()
  }

  spawn(prefab = 0): number {
    if (!this.#isDisposed) this.#forgetApplied() // resets the count
    this.#writeHead(SPAWN, this.#spawnCount, prefab)
    return TEMPORARY_FIRST - this.#spawnCount++
  }

  despawn(eid: number): void {
    this.#writeHead(DESPAWN, 0, eid)
  }

  add(eid: number, component: Component | string, values?: Given): void {
    if (values !== undefined) this.set(eid, component, values)
    else this.#writeHead(ADD, this.#registry.find(component).number, eid)
  }

  remove(eid: number, component: Component | string): void {
    this.#writeHead(REMOVE, this.#registry.find(component).number, eid)
  }

  set(eid: number, component: Component | string, values: Given): void {
    const listed = this.#registry.find(component)
    const isTag = listed.fields.length === 0
    this.#beginReading()
    try {
      const wordCount = HEAD_WORD_COUNT + valuesWordCount(listed, values)
      const index = this.#beginRecord(isTag ? ADD : SET, wordCount, listed.number, eid)
      const end = index + wordCount
      if (!isTag) this.#values.writeAll(listed, values, index + HEAD_WORD_COUNT, end)
      this.#blocks.commit(end)
    } finally {
      this.#isReading = false
    }
  }

  setField(eid: number, component: Component | string, field: string, value: unknown): void {
    const listed = this.#registry.find(component)
    const { fields } = listed
    const i = indexOfField(fields, field)
    if (i < 0) throw noField(listed, field)
    this.#beginReading()
    try {
      const wordCount = HEAD_WORD_COUNT + fieldWordCount(listed, i, value)
      const index = this.#beginRecord(SET, wordCount, listed.number, eid)
      const at = index + HEAD_WORD_COUNT
      if (typeof value === 'number') {
        // Stored here: V8 boxes a fraction for each further call that takes it.
        this.#values.markOne(fields, i, at)
        this.#blocks.views.numbers[(at + maskWordCount(fields)) >> 1] = value
      } else this.#values.writeOne(listed, i, value, at, index + wordCount)
      this.#blocks.commit(index + wordCount)
    } finally {
      this.#isReading = false
    }
  }

  begin(place: number): void {
    if (typeof place !== 'number' || place >>> 0 !== place || place >= 2 ** 31) {
      throw invalidArgument('place', place, 'a whole number from 0 to 2147483647')
    }
    this.#checkIdle()
    this.#forgetApplied()
    this.#beginAt(place)
  }

  abort(): void {
    this.#checkIdle()
    if (!this.#pool.isOpen) {
      this.#blocks.drop() // no block can be freed, so all commands are dropped
      return
    }
    this.#forgetApplied()
    this.#blocks.truncate(this.#beginBlock, this.#beginCursor)
    this.#beginAt(this.#beginPlace)
  }

  clear(): void {
    this.#checkIdle()
    this.#clear()
  }

  /** @param adopter frees the blocks if the pool is closed: they outlive it */
  dispose(adopter?: Pool): void {
    if (this.#isDisposed) return
    this.#checkIdle()
    if (adopter === undefined || this.#pool.isOpen) this.#blocks.dispose()
    else freeCommands(adopter, this.offset)
    this.#isDisposed = true
    this.#onDispose(this)
  }

  #clear(): void {
    this.#blocks.clear()
    this.#beginAt(-1)
  }

  #beginAt(place: number): void {
    this.#place = place
    this.#beginPlace = place
    this.#spawnCount = 0
    this.#beginBlock = this.#blocks.block
    this.#beginCursor = this.#blocks.cursor
  }

  /** Clears the buffer if another thread has applied it. */
  #forgetApplied(): void {
    if (this.#blocks.isApplied) this.#clear()
  }

  #checkIdle(): void {
    if (this.#isDisposed) throw commandsDisposed()
    if (this.isBusy) throw commandsBusy()
  }

  #writeHead(kind: number, number: number, eid: number): void {
    if (this.#isReading) throw commandsBusy()
    const index = this.#beginRecord(kind, HEAD_WORD_COUNT, number, eid)
    this.#blocks.commit(index + HEAD_WORD_COUNT)
  }

  #beginReading(): void {
    if (this.#isReading) throw commandsBusy()
    this.#isReading = true
  }

  /** Writes the head of a record; returns its word index. */
  #beginRecord(kind: number, wordCount: number, number: number, eid: number): number {
    const id = checkedEid(eid, EID)
    if (this.#isDisposed) throw commandsDisposed()
    this.#forgetApplied()
    if (this.#place >= 0) this.#writePlace()
    const index = this.#blocks.reserve(wordCount)
    const { words } = this.#blocks.views
    words[index] = kind | (wordCount << 3)
    words[index + 1] = number
    words[index + 2] = id
    words[index + 3] = 0
    return index
  }

  #writePlace(): void {
    const index = this.#blocks.reserve(HEAD_WORD_COUNT)
    const { words } = this.#blocks.views
    words[index] = PLACE | (HEAD_WORD_COUNT << 3)
    words[index + 1] = this.#place
    words[index + 2] = 0
    this.#place = -1
    this.#blocks.commit(index + HEAD_WORD_COUNT)
  }
}

const EID = 'an entity id, or what commands.spawn() gave'
