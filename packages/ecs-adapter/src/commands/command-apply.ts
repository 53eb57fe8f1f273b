/**
 * Applies commands to the worlds of a storage, in the thread of these worlds. Commands of several
 * buffers are sorted by sort key, then by buffer. Commands with the same key and buffer keep their
 * order.
 *
 * A command names its entity by id, and bitECS reuses ids. So before any command is applied, the
 * identity of each named entity is noted. If the entity of a command no longer exists, the command
 * is skipped and counted.
 */
import type { Pool } from '@ashlar/core'
import { addComponent, addEntity, IsA, removeComponent, removeEntity } from 'bitecs'
import { checkPool, isArray } from '../base/arguments.ts'
import {
  type CommandFailure,
  CommandsError,
  commandsBusy,
  commandsDisposed,
  invalidArgument,
  noCommands,
} from '../base/errors.ts'
import type { Extension } from '../base/extensions.ts'
import type { FieldMemory } from '../fields/field-memory.ts'
import type { MemoryViews } from '../memory/memory-views.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import type { Worlds } from '../world/worlds.ts'
import { checkCommands } from './command-blocks.ts'
import { CommandBuffer } from './command-buffer.ts'
import * as layout from './command-layout.ts'
import { CommandStream, type Identity } from './command-stream.ts'
import { ValueReader } from './command-values.ts'

/** A command buffer, or the `offset` of a command buffer of another thread. */
export interface CommandSource {
  /** The byte offset of the first block of the buffer. */
  readonly offset: number
}

const FAILURE_CAPACITY = 100
const NO_FAILURES: CommandFailure[] = []
const NAMES = ['', 'spawn', 'despawn', 'add', 'remove', 'set'] as const

export class WorldCommands implements Extension {
  isApplying = false
  readonly #worlds: Worlds
  readonly #registry: ComponentRegistry
  readonly #serial: number
  readonly #views: MemoryViews
  readonly #memory: FieldMemory
  readonly #reader: ValueReader
  /** The buffers that `create` has made. Some of them may be disposed of. */
  #buffers: readonly CommandBuffer[] = []
  /**
   * The streams of the buffers to apply are the first `#count`. The others are kept, to make no
   * garbage.
   */
  readonly #streams: CommandStream[] = []
  #count = 0
  /** The stream of the record that is being applied. */
  #stream: CommandStream | undefined
  /** The identity of each record's entity, for the records of all streams. */
  #identities: Identity[] = []
  #identityCount = 0
  #skippedCount = 0
  #failures: CommandFailure[] = NO_FAILURES
  #failureCount = 0

  /** @param serial the serial number of the storage */
  constructor(worlds: Worlds, registry: ComponentRegistry, memory: FieldMemory, serial: number) {
    this.#worlds = worlds
    this.#registry = registry
    this.#serial = serial
    this.#views = memory.views
    this.#memory = memory
    this.#reader = new ValueReader(memory, (eid) => this.#resolve(eid))
  }

  /**
   * Makes a command buffer.
   * @throws StorageError 'invalid-argument' if `pool` is no pool of the arena; ArenaError
   * 'out-of-memory'
   */
  create(pool: Pool = this.#views.pool): CommandBuffer {
    checkPool(pool)
    if (!isOfOneArena(pool, this.#views.pool)) {
      throw invalidArgument('the pool', pool, 'what openPool() of the arena of this storage gives')
    }
    const buffer = new CommandBuffer(pool, this.#registry, this.#memory, this.#serial, this)
    this.#buffers = [...this.buffers, buffer]
    return buffer
  }

  /** The buffers from `create` that are not disposed of. */
  get buffers(): readonly CommandBuffer[] {
    return this.#buffers.filter(({ isDisposed }) => !isDisposed)
  }

  /** @throws StorageError 'commands-busy' while commands are applied, or their values are read */
  checkDispose(): void {
    if (this.isApplying) throw commandsBusy()
    for (let i = 0; i < this.#buffers.length; i++) if (this.#buffers[i].isBusy) throw commandsBusy()
  }

  dispose(): void {
    for (const buffer of this.#buffers) buffer.dispose(this.#views.pool)
  }

  /**
   * Does the work of `applyCommands`. It also applies commands that observers record in the buffers
   * during the call, and marks the buffers as applied.
   * @throws StorageError 'commands-failed' once all other commands are applied; 'corrupt' if memory
   * was overwritten: if no command was applied before, only the corrupt buffer is marked as applied
   */
  apply(sources: CommandSource | readonly CommandSource[]): number {
    this.checkDispose()
    this.#count = 0
    if (!isArray(sources)) this.#take(sources)
    else for (let i = 0; i < sources.length; i++) this.#take(sources[i])
    this.#skippedCount = 0
    this.#failureCount = 0
    this.isApplying = true
    let hasBegun = false
    try {
      for (let i = 0; i < this.#count; i++) {
        this.#stream = this.#streams[i]
        this.#stream.open(this.#stream.offset)
      }
      while (this.#look()) {
        hasBegun = true
        this.#applyInOrder()
      }
      hasBegun = true // so that empty buffers are marked too
    } finally {
      for (let i = 0; i < this.#count; i++) {
        const stream = this.#streams[i]
        if (hasBegun || stream === this.#stream) stream.setApplied()
        stream.spawnedIdentities.fill(undefined)
      }
      this.#identities.fill(undefined)
      this.isApplying = false
      for (let i = 0; i < this.#buffers.length; i++) {
        if (this.#buffers[i].isSpent) this.#buffers[i].clear()
      }
    }
    const failures = this.#failures
    this.#failures = NO_FAILURES
    if (this.#failureCount === 0) return this.#skippedCount
    throw new CommandsError(failures, this.#failureCount, this.#skippedCount)
  }

  #take(source: CommandSource): void {
    if (source instanceof CommandBuffer && source.isDisposed) throw commandsDisposed()
    if (typeof source?.offset !== 'number') throw noCommands(source)
    const offset = checkCommands(this.#views, source.offset, this.#serial)
    const streams = this.#streams
    for (let i = 0; i < this.#count; i++) if (streams[i].offset === offset) return
    if (streams.length === this.#count) streams.push(new CommandStream(this.#views))
    streams[this.#count++].offset = offset
  }

  /**
   * Checks the current commands, and notes the identities of the entities that they name. Returns
   * false if there are no commands.
   * @throws StorageError 'corrupt' if a record is wrong
   */
  #look(): boolean {
    this.#identityCount = 0
    for (let i = 0; i < this.#count; i++) {
      const stream = this.#streams[i]
      stream.identityIndex = this.#identityCount
      if (stream.isApplied) continue
      this.#stream = stream
      stream.look()
      stream.checkRecords(this.#registry, this.#noteIdentity)
    }
    return this.#identityCount > 0
  }

  readonly #noteIdentity = (eid: number): void => {
    this.#identities[this.#identityCount++] = this.#worlds.componentsOf(eid)
  }

  /**
   * Applies the records with the lowest remaining sort key, again and again, until no record
   * remains.
   */
  #applyInOrder(): void {
    for (;;) {
      let next: CommandStream | undefined
      for (let i = 0; i < this.#count; i++) {
        const stream = this.#streams[i]
        if (!stream.enterSortKey()) continue
        if (next === undefined || stream.sortKey < next.sortKey) next = stream
      }
      if (next === undefined) return
      this.#stream = next
      this.#applySortKey(next)
    }
  }

  #applySortKey(stream: CommandStream): void {
    while (stream.hasRecord()) {
      const { i32: words } = this.#views
      const at = stream.index
      const kind = layout.kindOf(words[at])
      if (kind === layout.SORT_KEY) return
      const end = at + stream.wordCount
      stream.index = end
      const identity = this.#identities[stream.identityIndex++]
      try {
        if (kind === layout.SPAWN) this.#spawn(words[at + 2], identity)
        else this.#applyRecord(kind, at, end, identity)
      } catch (error) {
        this.#noteFailure(kind, at, error)
      }
    }
  }

  #applyRecord(kind: number, at: number, end: number, identity: Identity): void {
    const { i32: words } = this.#views
    const eid = this.#find(words[at + 2], identity)
    if (eid === 0) {
      this.#skippedCount++
      return
    }
    const world = this.#worlds.of(eid)!
    if (kind === layout.DESPAWN) {
      removeEntity(world, eid)
      return
    }
    const listed = this.#registry.at(words[at + 1])
    if (kind === layout.ADD) addComponent(world, eid, listed.component)
    else if (kind === layout.REMOVE) removeComponent(world, eid, listed.component)
    else if (kind === layout.SET) {
      addComponent(world, eid, this.#reader.read(listed, at + layout.HEAD_WORD_COUNT, end))
    }
  }

  #spawn(prefab: number, identity: Identity): void {
    const stream = this.#stream!
    const index = stream.spawnCount++
    stream.spawned[index] = 0
    stream.spawnedIdentities[index] = undefined
    const base = prefab === 0 ? 0 : this.#find(prefab, identity)
    if (prefab !== 0 && base === 0) {
      this.#skippedCount++
      return
    }
    const world = base === 0 ? this.#worlds.all[0] : this.#worlds.of(base)!
    const eid = addEntity(world)
    const own = this.#worlds.componentsOf(eid)
    try {
      if (base !== 0) addComponent(world, eid, IsA(base))
    } catch (error) {
      if (this.#isAlive(eid, own)) removeEntity(world, eid)
      throw error
    }
    stream.spawned[index] = eid
    stream.spawnedIdentities[index] = own
  }

  /** Returns the entity that a command names. Returns 0 if it no longer exists. */
  #find(eid: number, identity: Identity): number {
    const stream = this.#stream!
    const index = stream.spawnIndexOf(eid)
    const id = index < 0 ? eid : stream.spawned[index]
    return this.#isAlive(id, index < 0 ? identity : stream.spawnedIdentities[index]) ? id : 0
  }

  #isAlive(eid: number, identity: Identity): boolean {
    const isSame = identity !== undefined && this.#worlds.componentsOf(eid) === identity
    return isSame && this.#worlds.exists(eid)
  }

  /** Returns the entity for a temporary id among values. Returns any other number unchanged. */
  #resolve(eid: number): number {
    const stream = this.#stream!
    const index = stream.spawnIndexOf(eid)
    return index < 0 ? eid : stream.spawned[index]
  }

  #noteFailure(kind: number, at: number, error: unknown): void {
    if (this.#failureCount++ === 0) this.#failures = []
    if (this.#failureCount > FAILURE_CAPACITY) return
    const { i32: words } = this.#views
    const command = NAMES[kind] as CommandFailure['command']
    const component = kind >= layout.ADD ? this.#registry.all[words[at + 1]]?.name : undefined
    const eid = kind === layout.SPAWN ? 0 : this.#resolve(words[at + 2])
    this.#failures.push({ command, eid, component, error })
  }
}

const isOfOneArena = ({ arena }: Pool, other: Pool) =>
  arena.buffer === other.arena.buffer && arena.byteOffset === other.arena.byteOffset
