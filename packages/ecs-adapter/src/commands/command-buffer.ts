/**
 * Commands are changes of entities and components. Any thread records them in its own memory, and
 * the world's thread applies them. A buffer is a chain of blocks of records (`command-blocks.ts`,
 * `command-layout.ts`). This folder knows neither columns nor runs.
 */
import type { Pool } from '@ashlar/core'
import { checkedEid } from '../base/arguments.ts'
import { commandsBusy, commandsDisposed, invalidArgument } from '../base/errors.ts'
import { TEMPORARY_FIRST } from '../base/temporary-ids.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import { readValues } from '../schema/read-schema.ts'
import type { AnyComponent } from '../schema/schema.ts'
import { CommandBlocks, freeCommands } from './command-blocks.ts'
import * as layout from './command-layout.ts'
import { checkFields, valuesWordCount, writeValues } from './command-values.ts'
import type { Commands, GivenFields, Key, ValuesFor } from './commands.ts'

/**
 * Records commands in blocks of a pool. `createCommands` makes one, and `applyCommands` applies and
 * empties it. `C` is the type of the components by name.
 */
export class CommandBuffer<C = Readonly<Record<string, AnyComponent>>> implements Commands<C> {
  readonly #pool: Pool
  readonly #registry: ComponentRegistry
  readonly #blocks: CommandBlocks
  readonly #memory: FieldMemory
  readonly #owner: { readonly isApplying: boolean } | undefined
  #isDisposed = false
  #spawnCount = 0
  /** The sort key to record before the next command; -1 if there is none. */
  #sortKey = -1
  /** Whether values are being read. Their getters must not record commands. */
  #isReading = false
  /** The sort key of the last `begin`. `#beginBlock` and `#beginCursor` are its position. */
  #beginKey = -1
  #beginBlock: number
  #beginCursor: number

  /**
   * @internal
   * @param storage the serial number of the storage
   * @param owner while it applies commands, observers may only record more commands
   * @throws ArenaError 'out-of-memory'
   */
  constructor(
    pool: Pool,
    registry: ComponentRegistry,
    memory: FieldMemory,
    storage: number,
    owner?: { readonly isApplying: boolean },
  ) {
    this.#pool = pool
    this.#registry = registry
    this.#memory = memory
    this.#blocks = new CommandBlocks(pool, storage)
    this.#owner = owner
    this.#beginBlock = this.#blocks.block
    this.#beginCursor = this.#blocks.cursor
  }

  /**
   * The byte offset of the first block. In the thread of the world, pass `{ offset }` to
   * `applyCommands`.
   */
  get offset(): number {
    return this.#blocks.offset
  }

  /** Whether there are no commands to apply. */
  get isEmpty(): boolean {
    return this.#isDisposed || this.#blocks.isEmpty || this.#blocks.isApplied
  }

  /** @internal Whether a command was recorded since the last `begin`. */
  get hasCommandsSinceBegin(): boolean {
    return this.#blocks.block !== this.#beginBlock || this.#blocks.cursor !== this.#beginCursor
  }

  /** @internal Whether `dispose` was called. */
  get isDisposed(): boolean {
    return this.#isDisposed
  }

  /** @internal Whether commands are being applied, or values are being read. */
  get isBusy(): boolean {
    return this.#isReading || this.#owner?.isApplying === true
  }

  /** @internal Whether the commands were applied, and their blocks can be freed. */
  get isSpent(): boolean {
    return !this.#isDisposed && this.#pool.isOpen && this.#blocks.isApplied
  }

  spawn(prefab = 0): number {
    if (!this.#isDisposed) this.#forgetApplied() // this resets `#spawnCount`
    this.#record(layout.SPAWN, this.#spawnCount, prefab)
    return TEMPORARY_FIRST - this.#spawnCount++
  }

  despawn(eid: number): void {
    this.#record(layout.DESPAWN, 0, eid)
  }

  /**
   * Adds a component, like `addComponent` of bitECS. With values, it does the same as `set`.
   * @throws StorageError 'invalid-argument', 'commands-disposed'; ArenaError 'out-of-memory'
   */
  add<K extends Key<C>>(eid: number, component: K, values?: ValuesFor<C, K>): void
  add(eid: number, component: AnyComponent | string, values?: GivenFields): void {
    if (values !== undefined) this.#set(eid, component, values)
    else this.#record(layout.ADD, this.#registry.find(component).number, eid)
  }

  remove(eid: number, component: Key<C>): void {
    this.#record(layout.REMOVE, this.#registry.find(component).number, eid)
  }

  /**
   * Writes fields of a component, like `setComponent` of bitECS. If the entity lacks the component,
   * it gets it. Fields that you leave out keep their values. A field that the component does not
   * have throws 'invalid-argument'. The values are copied at once, so you may reuse their object.
   * @throws StorageError 'invalid-argument', 'commands-disposed'; ArenaError 'out-of-memory'
   */
  set<K extends Key<C>>(eid: number, component: K, values: ValuesFor<C, K>): void
  set(eid: number, component: AnyComponent | string, values: GivenFields): void {
    this.#set(eid, component, values)
  }

  #set(eid: number, component: AnyComponent | string, values: GivenFields): void {
    const listed = this.#registry.find(component)
    if (this.#isReading) throw commandsBusy()
    const { number, name, fields } = listed
    const memory = this.#memory
    const { staging } = memory
    const given = staging.enter(fields.length)
    this.#isReading = true
    try {
      readValues(memory, name, fields, values, given)
      checkFields(listed, values, given)
      const isTag = fields.length === 0
      const wordCount = layout.HEAD_WORD_COUNT + valuesWordCount(fields, given)
      const index = this.#reserve(isTag ? layout.ADD : layout.SET, wordCount, number, eid)
      const at = index + layout.HEAD_WORD_COUNT
      if (!isTag) writeValues(this.#blocks.views, fields, given, memory, at)
      this.#blocks.commit(index + wordCount)
    } finally {
      this.#isReading = false
      staging.leave(given)
    }
  }

  /**
   * Gives a sort key to the commands that you record from now on. `applyCommands` applies commands
   * of all buffers by ascending sort key. Within a buffer, sort keys must ascend. Worker groups
   * call `begin` themselves.
   * @param sortKey a whole number from 0 to 2^31 - 1, such as the index of the first entity that
   * you work on
   * @throws StorageError 'invalid-argument', 'commands-disposed', 'commands-busy'
   */
  begin(sortKey: number): void {
    if (typeof sortKey !== 'number' || sortKey >>> 0 !== sortKey || sortKey >= 2 ** 31) {
      throw invalidArgument('the sort key', sortKey, 'a whole number from 0 to 2147483647')
    }
    this.#checkIdle()
    this.#forgetApplied()
    this.#beginAt(sortKey)
  }

  /**
   * Drops the commands since the last `begin`.
   * @throws StorageError 'commands-disposed', 'commands-busy'
   */
  abort(): void {
    this.#checkIdle()
    if (!this.#pool.isOpen) {
      this.#blocks.drop() // no block can be freed, so all commands are dropped
      return
    }
    this.#forgetApplied()
    this.#blocks.truncate(this.#beginBlock, this.#beginCursor)
    this.#beginAt(this.#beginKey)
  }

  /**
   * Drops all commands.
   * @throws StorageError 'commands-disposed', 'commands-busy'
   */
  clear(): void {
    this.#checkIdle()
    this.#clear()
  }

  /**
   * Drops all commands, and frees the memory of the buffer. Call it before you close the pool. A
   * second call does nothing.
   * @throws StorageError 'commands-busy'
   */
  dispose(): void
  /**
   * @internal @param adopter frees the blocks if their pool is closed, because blocks outlive a
   * pool
   */
  dispose(adopter: Pool): void
  dispose(adopter?: Pool): void {
    if (this.#isDisposed) return
    this.#checkIdle()
    if (adopter === undefined || this.#pool.isOpen) this.#blocks.dispose()
    else freeCommands(adopter, this.offset)
    this.#isDisposed = true
  }

  #clear(): void {
    this.#blocks.clear()
    this.#beginAt(-1)
  }

  #beginAt(sortKey: number): void {
    this.#sortKey = sortKey
    this.#beginKey = sortKey
    this.#spawnCount = 0
    this.#beginBlock = this.#blocks.block
    this.#beginCursor = this.#blocks.cursor
  }

  /** Clears the buffer if its commands were applied. */
  #forgetApplied(): void {
    if (this.#blocks.isApplied) this.#clear()
  }

  #checkIdle(): void {
    if (this.#isDisposed) throw commandsDisposed()
    if (this.isBusy) throw commandsBusy()
  }

  #record(kind: number, number: number, eid: number): void {
    if (this.#isReading) throw commandsBusy()
    const index = this.#reserve(kind, layout.HEAD_WORD_COUNT, number, eid)
    this.#blocks.commit(index + layout.HEAD_WORD_COUNT)
  }

  /** Writes a pending sort key, and then the head of a record. Returns the head's word index. */
  #reserve(kind: number, wordCount: number, number: number, eid: number): number {
    const id = checkedEid(eid, EID)
    if (this.#isDisposed) throw commandsDisposed()
    this.#forgetApplied()
    if (this.#sortKey >= 0) {
      const index = this.#writeHead(layout.SORT_KEY, layout.HEAD_WORD_COUNT, this.#sortKey, 0)
      this.#blocks.commit(index + layout.HEAD_WORD_COUNT)
      this.#sortKey = -1
    }
    return this.#writeHead(kind, wordCount, number, id)
  }

  #writeHead(kind: number, wordCount: number, number: number, id: number): number {
    const index = this.#blocks.reserve(wordCount)
    const { u32: words } = this.#blocks.views
    words[index] = kind | (wordCount << 3)
    words[index + 1] = number
    words[index + 2] = id
    words[index + 3] = 0
    return index
  }
}

const EID = 'an entity id, or what commands.spawn() gave'
