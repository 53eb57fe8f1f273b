/**
 * Applies commands to the worlds of a storage, in their thread: those of several buffers by the places they were given
 * at, and within a place as they were written.
 *
 * A command finds its entity by id, and ids are used again. So it is remembered which entity had the
 * id before anything was applied: bitECS keeps a Set of components for each, another one for whoever
 * has the id later. A command on one that is gone is skipped, and counted.
 */
import type { Pool } from '@ashlar/core'
import { addComponent, addEntity, IsA, removeComponent, removeEntity } from 'bitecs'
import { type CommandFailure, CommandsError } from '../base/errors.ts'
import type { Cells } from '../memory/cells.ts'
import type { ComponentRegistry } from '../schema/component-registry.ts'
import type { Worlds } from '../world/worlds.ts'
import { checkRecord } from './command-check.ts'
import { CommandCursor } from './command-cursor.ts'
import {
  ADD,
  DESPAWN,
  HEAD_WORD_COUNT,
  kindOf,
  PLACE,
  REMOVE,
  SET,
  SPAWN,
  temporaryIndex,
} from './command-records.ts'
import { CommandStream, type Life } from './command-stream.ts'
import { ValueReader } from './command-values.ts'

/** A command buffer, by where it is in the arena. */
export interface CommandSource {
  readonly offset: number
}

const FAILURE_CAPACITY = 100
const NAMES = ['', 'spawn', 'despawn', 'add', 'remove', 'set'] as const

/** What bitECS's `addComponent` takes, used again for each command: `set` makes one anew. */
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
  readonly #scout: CommandCursor
  readonly #streams: CommandStream[] = []
  readonly #settings: Setting[] = []
  #lives: Life[] = []
  /** Whose record is applied. */
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
    this.#scout = new CommandCursor(pool, views)
  }

  /**
   * Applies the commands of buffers, and those that observers write into them meanwhile; they are not
   * to be applied again.
   * @param offsets of the buffers, the first `count` of them
   * @returns how many were skipped
   * @throws StorageError 'commands-failed' once all others are applied; 'corrupt' of what was overwritten: as long
   * as none is applied, only the buffer that it is in is not to be applied again
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
      hasBegun = true // those that are empty as well
    } finally {
      for (let i = 0; i < count; i++) {
        if (hasBegun || streams[i] === this.#stream) streams[i].cursor.setApplied()
        streams[i].close()
      }
      this.#lives.fill(undefined)
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
   * Checks the commands there are now, and remembers who has the ids that they name; false when there are
   * none.
   * @throws StorageError 'corrupt'
   */
  #look(count: number): boolean {
    const { signedWords: words } = this.#views
    let lifeCount = 0
    for (let i = 0; i < count; i++) {
      const stream = this.#streams[i]
      const { cursor } = stream
      stream.lifeIndex = lifeCount
      if (cursor.isApplied) continue
      this.#stream = stream
      cursor.look()
      let { spawnCount } = stream
      const scout = this.#scout
      for (scout.follow(cursor); scout.hasRecord(); scout.index += scout.wordCount) {
        spawnCount = checkRecord(words, scout, this.#registry, spawnCount)
        this.#lives[lifeCount++] = this.#worlds.componentsOf(words[scout.index + 2])
      }
    }
    return lifeCount > 0
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
    const { cursor } = stream
    this.#stream = stream
    while (cursor.hasRecord()) {
      const { signedWords: words } = this.#views
      const at = cursor.index
      const kind = kindOf(words[at])
      if (kind === PLACE) return
      const end = at + cursor.wordCount
      cursor.index = end
      const life = this.#lives[stream.lifeIndex++]
      try {
        this.#applyRecord(kind, at, end, life)
      } catch (error) {
        this.#noteFailure(kind, at, error)
      }
    }
  }

  #applyRecord(kind: number, at: number, end: number, life: Life): void {
    const { signedWords: words } = this.#views
    const eid = words[at + 2]
    if (kind === SPAWN) {
      this.#spawn(eid, life)
      return
    }
    const target = this.#find(eid, life)
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

  #spawn(prefab: number, life: Life): void {
    const stream = this.#stream!
    const index = stream.spawnCount
    stream.spawned[index] = 0
    stream.spawnedLives[index] = undefined
    stream.spawnCount = index + 1
    const base = prefab === 0 ? 0 : this.#find(prefab, life)
    if (prefab !== 0 && base === 0) {
      this.#skippedCount++
      return
    }
    const world = base === 0 ? this.#worlds.first : this.#worlds.of(base)!
    const eid = addEntity(world)
    const own = this.#worlds.componentsOf(eid)
    try {
      if (base !== 0) addComponent(world, eid, IsA(base))
    } catch (error) {
      if (this.#isAlive(eid, own)) removeEntity(world, eid)
      throw error
    }
    stream.spawned[index] = eid
    stream.spawnedLives[index] = own
  }

  /** The entity that an id in a command means; 0 when it is gone. */
  #find(eid: number, life: Life): number {
    const stream = this.#stream!
    const index = temporaryIndex(eid, stream.spawnCount)
    const id = index < 0 ? eid : stream.spawned[index]
    const own = index < 0 ? life : stream.spawnedLives[index]
    return this.#isAlive(id, own) ? id : 0
  }

  #isAlive(eid: number, life: Life): boolean {
    return life !== undefined && this.#worlds.componentsOf(eid) === life && this.#worlds.exists(eid)
  }

  /** The entity that an id among values means: any number may be there. */
  #resolve(eid: number): number {
    const stream = this.#stream!
    const index = temporaryIndex(eid, stream.spawnCount)
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
    const component = kind >= ADD ? this.#registry.nameOf(words[at + 1]) : undefined
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
