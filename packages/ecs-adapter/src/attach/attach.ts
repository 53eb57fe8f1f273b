/** The side of a shared storage that looks: the same names over the same memory, in any thread. */
import type { Pool } from '@ashlar/core'
import { checkedEid, checkPool } from '../base/arguments.ts'
import { alreadyAttached, invalidArgument, notSparse } from '../base/errors.ts'
import type { CommandBuffer } from '../commands/command-api.ts'
import { PoolCommands } from '../commands/commands.ts'
import { dropInternLog, InternLog } from '../lists/intern-log.ts'
import { VariableMemory } from '../lists/variable-fields.ts'
import { liveByteLength } from '../memory/blocks.ts'
import { Cells } from '../memory/cells.ts'
import { ComponentRegistry } from '../schema/component-registry.ts'
import type { Component } from '../schema/schema.ts'
import { attachAt, detachAt, isAttachedAt } from '../shared/attachments.ts'
import {
  attachedWord,
  type ComponentRows,
  internLogWord,
  PUBLISHED_EPOCH,
  ROOT_BYTE_LENGTH,
  ROOT_DIRECTORY,
  ROOT_ENTITIES,
  ROOT_EPOCH,
  ROOT_INTERN_LOG_SERIAL,
  ROOT_MAGIC,
  ROOT_SERIAL,
  type StorageHandle,
  seenWord,
} from '../shared/directory.ts'
import { AttachedTables } from '../tables/storage-tables.ts'
import type { Table } from '../tables/table-api.ts'
import { AttachedComponent } from './attached-component.ts'
import { readDirectory, readEntities } from './published.ts'

/** A storage of another thread. Its columns can be read and written; the world is not here. */
export interface AttachedStorage {
  /**
   * By name, with what the component has in the world's thread for each field: typed arrays, which are
   * to be read anew after `sync`, lists and texts, which stay. What this thread makes longer is of its
   * own pool. Each entity's lists and texts may be changed by one thread at a time, and read by others
   * only while nobody changes them; `sync` first, or the change may go to what the column moved out of.
   */
  readonly components: Readonly<Record<string, Component>>
  /** By name. What this thread adds is in chunks of its own pool, until it detaches. */
  readonly tables: Readonly<Record<string, Table>>
  /** The ids of the entities that the world had when its thread last published. */
  readonly entities: Int32Array

  /** The index of an entity in the columns, but for those of sparse components: see `rows`. */
  row(eid: number): number

  /**
   * Follows the storage: columns that have grown, new components, the entities. Call it when no view
   * that was read before is used any more, once a frame; while nothing is new, it costs one load. What
   * columns moved out of cannot be freed while a thread that is attached has not synced.
   */
  sync(): void

  /**
   * The rows of a sparse component: how many there are, whose they are, and the one of an entity.
   * @param component of `components`, or its name
   * @throws StorageError 'invalid-argument' for one that is not sparse
   */
  rows(component: Component | string): ComponentRows

  /**
   * Commands for the world, in blocks of this thread's pool. When this thread is done with them, the
   * world's passes their `offset` to `storage.apply`; what this one writes after that begins anew.
   * @throws ArenaError 'out-of-memory'
   */
  commands(): CommandBuffer

  /**
   * Tells that this thread uses none of it until its next `sync`, which attaches again: a thread that
   * idles holds up nothing then. Call it before the pool is closed, and before the storage is disposed
   * of: `sync` then throws `'invalid-argument'`.
   */
  detach(): void
}

/**
 * Attaches a thread to a storage that another thread made.
 *
 * @param handle what `storage.handle` gave, posted here
 * @param pool this thread's, of the same arena; a pool attaches to a storage once
 * @throws StorageError 'invalid-argument', 'already-attached', also of a table that the pool has attached to
 * by `attachTable`; the thread is not attached then
 */
export function attachStorage(handle: StorageHandle, pool: Pool): AttachedStorage {
  checkPool(pool)
  const cells = new Cells(pool)
  const root = checkedRoot(handle, pool, cells)
  const attached = (root >> 2) + attachedWord(pool.slot)
  const seen = (root >> 2) + seenWord(pool.slot)
  const memory = new VariableMemory(cells)
  const { internedTexts } = memory
  const internLog = new InternLog({
    cells,
    handleWord: (root >> 2) + internLogWord(pool.slot),
    serialWord: (root >> 2) + ROOT_INTERN_LOG_SERIAL,
    generation: pool.generation,
  })
  internedTexts.internLog = internLog
  const row = (eid: number) => checkedEid(eid) & entityMask

  const attachedComponents = new Map<string, AttachedComponent>()
  const components: Record<string, Component> = Object.create(null)
  const registry = new ComponentRegistry()
  const tables = new AttachedTables(pool)
  let buffer: ArrayBufferLike | undefined
  let isAttached = false
  let epoch = 0
  /** Epochs in which that was published which we have. */
  let directoryEpoch = 0
  let entitiesEpoch = 0
  let entityMask = 0
  let entities: Int32Array = new Int32Array(0)

  function sync(): void {
    const words = cells.signedWords
    const present = Atomics.load(words, (root >> 2) + ROOT_EPOCH)
    if (isAttached && present === epoch && words.buffer === buffer) {
      tables.sync()
      return
    }
    if (!isAttached) attach(present)
    // What is loaded after the epoch is not older, and cannot be freed before we have seen another.
    const isMoved = words.buffer !== buffer
    buffer = words.buffer
    // The entities come first, and the columns that have rows for them: published the other way round.
    const list = Atomics.load(words, (root >> 2) + ROOT_ENTITIES)
    const listIsFrom = words[(list >> 2) + PUBLISHED_EPOCH]
    if (isMoved || listIsFrom !== entitiesEpoch) entities = readEntities(pool, words, list)
    const directory = Atomics.load(words, (root >> 2) + ROOT_DIRECTORY)
    const directoryIsFrom = words[(directory >> 2) + PUBLISHED_EPOCH]
    if (isMoved || directoryIsFrom !== directoryEpoch) readComponents(directory)
    directoryEpoch = directoryIsFrom
    entitiesEpoch = listIsFrom
    epoch = present
    tables.sync()
    Atomics.store(words, seen, epoch)
  }

  /** In this order: who is attached has seen an epoch. */
  function attach(present: number): void {
    const words = cells.signedWords
    checkedRoot(handle, pool, cells)
    if (isAttachedAt(words, attached, pool)) {
      throw alreadyAttached(pool.slot, 'this storage', 'attachStorage')
    }
    Atomics.store(words, seen, present)
    attachAt(words, attached, pool)
    isAttached = true
    if (internLog.isMine) return
    dropInternLog(cells, (root >> 2) + internLogWord(pool.slot), internedTexts.release)
    internedTexts.forget()
  }

  function readComponents(offset: number): void {
    const directory = readDirectory(pool, cells.signedWords, offset)
    entityMask = directory.entityMask
    tables.follow(directory.tables)
    for (const entry of directory.components) {
      let component = attachedComponents.get(entry.name)
      if (component === undefined) {
        component = new AttachedComponent(entry, memory, { row })
        attachedComponents.set(entry.name, component)
        components[entry.name] = component.component
        registry.add(entry.name, component.component, entry.fields)
      }
      component.follow(entry, cells.buffer)
    }
  }

  function detach(): void {
    if (!isAttached) return
    isAttached = false
    tables.detach()
    detachAt(cells.signedWords, attached, pool)
  }

  try {
    sync()
  } catch (error) {
    detach() // nobody has what could do it later
    throw error
  }
  return {
    components,
    tables: tables.byName,
    get entities() {
      return entities
    },
    row,
    rows(component) {
      const { name } = registry.find(component)
      const rows = attachedComponents.get(name)?.rows
      if (rows === undefined) throw notSparse(name)
      return rows
    },
    commands: () => new PoolCommands(pool, registry, handle.serial),
    sync,
    detach,
  }
}

/** The root of a storage that is not disposed of. */
function checkedRoot(handle: StorageHandle, pool: Pool, cells: Cells): number {
  const offset: unknown = handle?.offset
  if (typeof offset !== 'number' || !isRoot(offset, handle.serial, pool, cells)) {
    const expected = 'storage.handle of a storage in the arena of this pool'
    throw invalidArgument('the handle', handle, expected)
  }
  return offset
}

function isRoot(offset: number, serial: number, pool: Pool, cells: Cells): boolean {
  if (liveByteLength(pool, offset) !== ROOT_BYTE_LENGTH) return false
  const words = cells.signedWords
  const root = offset >> 2
  return words[root] === ROOT_MAGIC && words[root + ROOT_SERIAL] === serial
}
