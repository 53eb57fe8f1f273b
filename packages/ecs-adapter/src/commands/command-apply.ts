/**
 * Applies commands to the worlds of a storage, in their thread: by their places if there are
 * several buffers, and within a place in the order in which they were recorded.
 *
 * A command names its entity by id, and ids are reused. So before anything is applied, the applier
 * notes the identity of each named entity. It skips and counts a command whose entity is gone.
 */
import type { Pool } from '@ashlar/core'
import { addComponent, addEntity, IsA, removeComponent, removeEntity } from 'bitecs'
import { type CommandFailure, CommandsError } from '../base/errors.ts'
import type { Cells } from '../memory/cells.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import type { Worlds } from '../world/worlds.ts'
import {
  ADD,
  DESPAWN,
  HEAD_WORD_COUNT,
  kindOf,
  PLACE,
  REMOVE,
  SET,
  SPAWN,
} from './command-records.ts'
import { CommandStream, type Identity } from './command-stream.ts'
import { ValueReader } from './command-values.ts'

/** A command buffer, by its place in the arena. */
export interface CommandSource {
  readonly offset: number
}

const FAILURE_CAPACITY = 100
const NAMES = ['', 'spawn', 'despawn', 'add', 'remove', 'set'] as const

/** The argument of bitECS's `addComponent`, reused for all commands: `set` would allocate. */
interface Setting {
  readonly component: object
  readonly data: Record<string, unknown>
}

export class CommandApplier {
  readonly #worlds: Worlds
  readonly #registry: ComponentRegistry
  readonly #pool: Pool
  readonly #views: Cells
  readonly #reader: ValueReader
  readonly #scout: CommandStream
  readonly #streams: CommandStream[] = []
  readonly #settings: Setting[] = []
  #identities: Identity[] = []
  /** The stream of the record that is applied. */
  #stream: CommandStream | undefined
  #skippedCount = 0
  #failures: CommandFailure[] = NO_FAILURES
  #failureCount = 0

  constructor(worlds: Worlds, registry: ComponentRegistry, pool: Pool, views: Cells) {
    this.#worlds = worlds
    this.#registry = registry
    this.#pool = pool
    this.#views = views
    this.#reader = new ValueReader(views, (eid) => this.#resolve(eid))
    this.#scout = new CommandStream(pool, views)
  }

  /**
   * Applies the commands of buffers, and those that observers record in them meanwhile. Marks the
   * buffers as applied.
   * @param offsets of the buffers, the first `count` of them
   * @returns how many were skipped
   * @throws StorageError 'commands-failed' once all other commands are applied; 'corrupt' if memory
   * was overwritten. If no command was applied before, only the corrupt buffer is marked as applied
   */
  apply(offsets: readonly number[], count: number): number {
    const streams = this.#streams
    while (streams.length < count) streams.push(new CommandStream(this.#pool, this.#views))
    this.#skippedCount = 0
    this.#failures = NO_FAILURES
    this.#failureCount = 0
    let hasBegun = false
    try {
      for (let i = 0; i < count; i++) this.#open(streams[i], offsets[i])
      while (this.#look(count)) {
        hasBegun = true
        this.#applyByPlace(count)
      }
      hasBegun = true // marks empty buffers, too
    } finally {
      for (let i = 0; i < count; i++) {
        if (hasBegun || streams[i] === this.#stream) streams[i].setApplied()
        streams[i].spawnedIdentities.fill(undefined)
      }
      this.#identities.fill(undefined)
    }
    const failures = this.#failures
    this.#failures = NO_FAILURES
    if (this.#failureCount > 0) {
      throw new CommandsError(failures, this.#failureCount, this.#skippedCount)
    }
    return this.#skippedCount
  }

  #open(stream: CommandStream, offset: number): void {
    this.#stream = stream
    stream.open(offset)
  }

  /**
   * Checks the present commands, and notes the identities of the entities that they name; false if
   * there are no commands.
   * @throws StorageError 'corrupt'
   */
  #look(count: number): boolean {
    const scout = this.#scout
    let identityCount = 0
    for (let i = 0; i < count; i++) {
      const stream = this.#streams[i]
      stream.identityIndex = identityCount
      if (stream.isApplied) continue
      this.#stream = stream
      stream.look()
      for (scout.follow(stream); scout.hasRecord(); scout.index += scout.wordCount) {
        scout.checkRecord(this.#registry)
        const eid = this.#views.signedWords[scout.index + 2]
        this.#identities[identityCount++] = this.#worlds.componentsOf(eid)
      }
    }
    return identityCount > 0
  }

  #applyByPlace(count: number): void {
    for (;;) {
      let next: CommandStream | undefined
      for (let i = 0; i < count; i++) {
        const stream = this.#streams[i]
        if (!stream.enterPlace()) continue
        if (next === undefined || stream.place < next.place) next = stream
      }
      if (next === undefined) return
      this.#applyPlace(next)
    }
  }

  #applyPlace(stream: CommandStream): void {
    this.#stream = stream
    while (stream.hasRecord()) {
      const { signedWords: words } = this.#views
      const at = stream.index
      const kind = kindOf(words[at])
      if (kind === PLACE) return
      const end = at + stream.wordCount
      stream.index = end
      const identity = this.#identities[stream.identityIndex++]
      try {
        this.#applyRecord(kind, at, end, identity)
      } catch (error) {
        this.#noteFailure(kind, at, error)
      }
    }
  }

  #applyRecord(kind: number, at: number, end: number, identity: Identity): void {
    const { signedWords: words } = this.#views
    const eid = words[at + 2]
    if (kind === SPAWN) {
      this.#spawn(eid, identity)
      return
    }
    const target = this.#find(eid, identity)
    if (target === 0) {
      this.#skippedCount++
      return
    }
    const world = this.#worlds.of(target)!
    if (kind === DESPAWN) {
      removeEntity(world, target)
      return
    }
    const { component } = this.#registry.at(words[at + 1])
    if (kind === ADD) addComponent(world, target, component)
    else if (kind === REMOVE) removeComponent(world, target, component)
    else if (kind === SET) addComponent(world, target, this.#read(at, end))
  }

  #spawn(prefab: number, identity: Identity): void {
    const stream = this.#stream!
    const index = stream.spawnCount
    stream.spawned[index] = 0
    stream.spawnedIdentities[index] = undefined
    stream.spawnCount = index + 1
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

  /** The entity that a command names; 0 if it is gone. */
  #find(eid: number, identity: Identity): number {
    const stream = this.#stream!
    const index = stream.spawnIndexOf(eid)
    const id = index < 0 ? eid : stream.spawned[index]
    const own = index < 0 ? identity : stream.spawnedIdentities[index]
    return this.#isAlive(id, own) ? id : 0
  }

  #isAlive(eid: number, identity: Identity): boolean {
    return (
      identity !== undefined &&
      this.#worlds.componentsOf(eid) === identity &&
      this.#worlds.exists(eid)
    )
  }

  /** The entity that an id among the values names. Any number may be there. */
  #resolve(eid: number): number {
    const stream = this.#stream!
    const index = stream.spawnIndexOf(eid)
    return index < 0 ? eid : stream.spawned[index]
  }

  #read(at: number, end: number): Setting {
    const number = this.#views.signedWords[at + 1]
    const { component, fields } = this.#registry.at(number)
    this.#settings[number] ??= { component, data: {} }
    const setting = this.#settings[number]
    this.#reader.readAll(fields, at + HEAD_WORD_COUNT, end, setting.data)
    return setting
  }

  #noteFailure(kind: number, at: number, error: unknown): void {
    if (this.#failureCount++ === 0) this.#failures = []
    if (this.#failureCount > FAILURE_CAPACITY) return
    const { signedWords: words } = this.#views
    const component = kind >= ADD ? this.#registry.all[words[at + 1]]?.name : undefined
    const eid = kind === SPAWN ? 0 : this.#resolve(words[at + 2])
    this.#failures.push({
      command: NAMES[kind] as CommandFailure['command'],
      eid,
      component,
      error,
    })
  }
}

const NO_FAILURES: CommandFailure[] = []
