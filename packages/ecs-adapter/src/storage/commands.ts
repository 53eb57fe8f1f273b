/** Command buffers of a storage, and their application to its worlds. */
import type { Pool } from '@ashlar/core'
import { AttachedStorage } from '../attach/attach.ts'
import { invalidArgument } from '../base/errors.ts'
import { type CommandSource, WorldCommands } from '../commands/command-apply.ts'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import type { AnyComponent } from '../schema/schema.ts'
import { checkedStorage } from './storage.ts'
import type { Storage } from './storage-api.ts'
import type { StorageParts } from './storage-parts.ts'

/**
 * Makes a command buffer for the world of a storage. The buffer of an attached storage lies in
 * blocks of its thread's pool: the world's thread passes `{ offset }` of the buffer to
 * `applyCommands`. Commands recorded after that replace the applied ones.
 *
 * `C` is the type of the components by name: then names and fields are checked as you write.
 *
 * @param pool of the storage's arena; by default the pool of the storage
 * @throws ArenaError 'out-of-memory'; StorageError 'invalid-argument', 'storage-disposed'
 */
export function createCommands<C = Readonly<Record<string, AnyComponent>>>(
  storage: Storage,
  pool?: Pool,
): CommandBuffer<C>
export function createCommands<C>(storage: AttachedStorage<C, unknown>): CommandBuffer<C>
export function createCommands(
  storage: Storage | AttachedStorage<unknown, unknown>,
  pool?: Pool,
): CommandBuffer {
  if (storage instanceof AttachedStorage) {
    if (pool === undefined) return storage.$createCommands()
    throw invalidArgument('the pool', pool, 'none: an attached storage has a pool of its own')
  }
  const checked = checkedStorage(storage)
  checked.$check()
  return checked.parts.extension(commandsOf).create(pool)
}

/**
 * Applies the commands of one or several buffers, and empties the buffers. Commands are sorted by
 * sort key (see `CommandBuffer.begin`), then by buffer. During the call, only observers that it
 * calls may record commands. Those are applied last.
 *
 * A command is skipped if its entity no longer exists, or was never spawned. If commands throw, all
 * others are applied; then the error lists the first 100 that threw.
 *
 * @param commands buffers of this storage, or `{ offset }` of a buffer of another thread
 * @returns how many commands were skipped
 * @throws CommandsError 'commands-failed'; StorageError 'corrupt' if the memory of a buffer was
 * overwritten: then nothing is applied, and only the commands of that buffer are lost;
 * 'invalid-argument'; 'commands-busy' in observers of this call; 'group-busy' while workers run a
 * system; 'commands-disposed', 'storage-disposed'
 */
export function applyCommands(
  storage: Storage,
  commands: CommandSource | readonly CommandSource[],
): number {
  const checked = checkedStorage(storage)
  checked.$checkRest('applyCommands()')
  const { runs } = checked
  runs.checkApplied()
  runs.isApplying = true
  try {
    return checked.parts.extension(commandsOf).apply(commands)
  } finally {
    runs.isApplying = false
  }
}

/** Makes the extension for commands. */
export function commandsOf({ worlds, components, memory, publisher }: StorageParts): WorldCommands {
  return new WorldCommands(worlds, components, memory, publisher.serial)
}
