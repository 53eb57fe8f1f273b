/** Commands: changes of structure, written down by any thread, made in that of the world. */
import type { Pool } from '@ashlar/core'
import type { Catalog, Listed } from './catalog.ts'
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
  type Given,
  maskWordCount,
  ValueWriter,
  valuesWordCount,
} from './command-values.ts'
import { commandsBusy, commandsDisposed, invalidArgument } from './errors.ts'
import type { Component, Values } from './schema.ts'

/**
 * Commands for a world, kept in blocks of a pool until `storage.apply`. Each is checked when it is
 * given; entities are looked for when it is applied. All throw StorageError 'invalid-argument',
 * 'commands-disposed', and ArenaError 'out-of-memory', and then the command is not there; the others
 * are.
 *
 * Components are named by object or by name. An `eid` is one of the world, or what `spawn` gave.
 */
export interface Commands {
  /** Byte offset of the first block: for `storage.apply` in another thread. */
  readonly offset: number
  /** Whether there is none to apply. */
  readonly isEmpty: boolean

  /**
   * A new entity; as an instance of a prefab (by `IsA`), if one is given.
   * @returns a temporary id, a negative number. Commands that follow, up to the next `begin`, `clear`
   * or `apply`, take it for an entity, and for a value of fields of `t.eid`. It means nothing elsewhere
   */
  spawn(prefab?: number): number

  /** Removes an entity. */
  despawn(eid: number): void

  /** Adds a component, as bitECS's `addComponent`, with values if they are given. */
  add<C extends Component>(eid: number, component: C, values?: Values<C>): void
  add(eid: number, component: string, values?: Given): void

  /** Removes a component, as bitECS's `removeComponent`. */
  remove(eid: number, component: Component | string): void

  /**
   * Writes fields of a component, and adds it where it is not, as bitECS's `setComponent`. Fields that
   * are not given keep their value. The object is read at once, and may be used again.
   */
  set<C extends Component>(eid: number, component: C, values: Values<C>): void
  set(eid: number, component: string, values: Given): void

  /** `set` of one field, without an object: makes no garbage. */
  setField<C extends Component, K extends keyof C & string>(
    eid: number,
    component: C,
    field: K,
    value: NonNullable<Values<C>[K]>,
  ): void
  setField(eid: number, component: string, field: string, value: unknown): void

  /**
   * What follows has this place among the commands of several buffers: `storage.apply` of all of them
   * goes by place, whoever wrote what. Worker groups do it by themselves. Places of a buffer ascend.
   * @param place a whole number from 0 to 2^31 - 1; where the entities begin that are worked on, say
   */
  begin(place: number): void

  /** Takes back what was written since `begin`. */
  abort(): void

  /** Drops all commands. */
  clear(): void

  /** Drops all commands, and frees the blocks; before the pool is closed. Again: does nothing. */
  dispose(): void
}

export class CommandBuffer implements Commands {
  readonly #pool: Pool
  readonly #catalog: Catalog
  readonly #blocks: CommandBlocks
  readonly #values: ValueWriter
  readonly #onDispose: (buffer: CommandBuffer) => void
  #isDisposed = false
  #isBusy = false
  #spawnCount = 0
  /** To be written before the next command; -1: it is. */
  #place = -1
  /** Where the commands since `begin` begin. */
  #beginBlock: number
  #beginCursor: number

  /** @throws ArenaError 'out-of-memory' */
  constructor(pool: Pool, catalog: Catalog, onDispose: (buffer: CommandBuffer) => void = () => {}) {
    this.#pool = pool
    this.#catalog = catalog
    this.#blocks = new CommandBlocks(pool)
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

  get isEmpty(): boolean {
    return this.#isDisposed || this.#blocks.isEmpty || this.#blocks.isApplied
  }

  /** While commands are applied, observers may write more, and nothing else. */
  setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy
    if (!isBusy && this.#pool.isOpen) this.#forgetApplied()
  }

  spawn(prefab?: number): number {
    const isA = prefab === undefined ? 0 : checkedEid(prefab)
    const index = this.#beginRecord(SPAWN, HEAD_WORD_COUNT, this.#spawnCount, isA)
    this.#blocks.commit(index + HEAD_WORD_COUNT)
    return TEMPORARY_FIRST - this.#spawnCount++
  }

  despawn(eid: number): void {
    this.#writeHead(DESPAWN, 0, eid)
  }

  add(eid: number, component: Component | string, values?: Given): void {
    if (values !== undefined) this.set(eid, component, values)
    else this.#writeHead(ADD, this.#catalog.find(component).number, eid)
  }

  remove(eid: number, component: Component | string): void {
    this.#writeHead(REMOVE, this.#catalog.find(component).number, eid)
  }

  set(eid: number, component: Component | string, values: Given): void {
    const { name, number, fields } = this.#catalog.find(component)
    if (fields.length === 0) {
      valuesWordCount(name, fields, values)
      this.#writeHead(ADD, number, eid)
      return
    }
    const wordCount = HEAD_WORD_COUNT + valuesWordCount(name, fields, values)
    const index = this.#beginRecord(SET, wordCount, number, checkedEid(eid))
    const end = index + wordCount
    this.#values.writeAll(name, fields, values, index + HEAD_WORD_COUNT, end)
    this.#blocks.commit(end)
  }

  setField(eid: number, component: Component | string, field: string, value: unknown): void {
    const listed = this.#catalog.find(component)
    const { name, number, fields } = listed
    const i = fieldIndex(listed, field)
    const wordCount = HEAD_WORD_COUNT + fieldWordCount(name, fields, i, value)
    const index = this.#beginRecord(SET, wordCount, number, checkedEid(eid))
    const at = index + HEAD_WORD_COUNT
    if (typeof value === 'number') {
      // Here: V8 would box a fraction for every further call that it is given to.
      this.#values.markOne(fields, i, at)
      this.#blocks.views.numbers[(at + maskWordCount(fields)) >> 1] = value
    } else {
      this.#values.writeOne(name, fields, i, value, at)
    }
    this.#blocks.commit(index + wordCount)
  }

  begin(place: number): void {
    if (place >>> 0 !== place || place >= 2 ** 31) {
      throw invalidArgument('place', place, 'a whole number from 0 to 2147483647')
    }
    this.#checkIdle()
    this.#forgetApplied()
    this.#place = place
    this.#spawnCount = 0
    this.#beginBlock = this.#blocks.block
    this.#beginCursor = this.#blocks.cursor
  }

  abort(): void {
    this.#checkIdle()
    this.#forgetApplied()
    this.#blocks.truncate(this.#beginBlock, this.#beginCursor)
    this.#spawnCount = 0
  }

  clear(): void {
    this.#checkIdle()
    this.#clear()
  }

  /** @param heir frees the blocks when the pool is closed, for they outlive it */
  dispose(heir?: Pool): void {
    if (this.#isDisposed) return
    this.#checkIdle()
    if (heir === undefined || this.#pool.isOpen) this.#blocks.dispose()
    else freeCommands(heir, this.offset)
    this.#isDisposed = true
    this.#onDispose(this)
  }

  #clear(): void {
    this.#blocks.clear()
    this.#spawnCount = 0
    this.#place = -1
    this.#beginBlock = this.#blocks.block
    this.#beginCursor = this.#blocks.cursor
  }

  /** Another thread has applied them: their room is used anew. */
  #forgetApplied(): void {
    if (this.#blocks.isApplied) this.#clear()
  }

  #checkIdle(): void {
    if (this.#isDisposed) throw commandsDisposed()
    if (this.#isBusy) throw commandsBusy()
  }

  #writeHead(kind: number, number: number, eid: number): void {
    const index = this.#beginRecord(kind, HEAD_WORD_COUNT, number, checkedEid(eid))
    this.#blocks.commit(index + HEAD_WORD_COUNT)
  }

  /** Word index of a record whose head is written. */
  #beginRecord(kind: number, wordCount: number, number: number, eid: number): number {
    if (this.#isDisposed) throw commandsDisposed()
    this.#forgetApplied()
    if (this.#place >= 0) this.#writePlace()
    const index = this.#blocks.reserve(wordCount)
    const { words } = this.#blocks.views
    words[index] = kind | (wordCount << 3)
    words[index + 1] = number
    words[index + 2] = eid
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

/** As bitECS has it: a versioned id whose highest bit is set is a negative number. */
function checkedEid(eid: unknown): number {
  if (typeof eid === 'number' && ((eid | 0) === eid || eid >>> 0 === eid)) return eid | 0
  throw invalidArgument('the entity', eid, 'an entity id, or what commands.spawn() gave')
}

function fieldIndex({ name, fields }: Listed, field: string): number {
  for (let i = 0; i < fields.length; i++) if (fields[i].name === field) return i
  const names = fields.map((other) => other.name).join(', ')
  throw invalidArgument(`the field of component ${name}`, field, `one of ${names}`)
}
