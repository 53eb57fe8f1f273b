/** Makes command buffers for a storage, and applies them to its worlds. */
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
 * Makes a command buffer for the world of a storage.
 *
 * ```ts
 * const commands = createCommands(storage)
 * const eid = commands.spawn()
 * commands.add(eid, 'Position', { x: 1 })
 * applyCommands(storage, commands)
 * ```
 *
 * `C` is the type of the components by name. If you give it, `createCommands<Components>(storage)`,
 * wrong names and fields do not compile.
 * @param pool the pool that the buffer takes memory from, in the arena of the storage. By default,
 * the pool of the storage
 * @throws ArenaError 'out-of-memory'; StorageError 'invalid-argument', 'storage-disposed'
 */
export function createCommands<C = Readonly<Record<string, AnyComponent>>>(
  storage: Storage,
  pool?: Pool,
): CommandBuffer<C>
/**
 * Makes a command buffer in an attached thread, in memory of that thread's pool. The world's thread
 * applies it: `applyCommands(storage, { offset })`, where `offset` is that of the buffer. After
 * that, the thread may record again.
 * @throws ArenaError 'out-of-memory'
 */
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
 * Applies the commands of one buffer or of several, and empties the buffers. Commands are applied
 * by ascending sort key (see `CommandBuffer.begin`). With the same sort key, they are applied in
 * the order of the buffers. During the call, observers may record commands: those are applied last,
 * by the same call.
 *
 * A command is skipped if its entity is gone, or was never spawned. If a command throws, all others
 * are still applied. Then the call throws an error that lists the first 100 failures.
 * @param commands buffers of this storage, or the `{ offset }` of a buffer of another thread
 * @returns how many commands were skipped
 * @throws CommandsError 'commands-failed'. StorageError 'corrupt' if the memory of a buffer was
 * overwritten: then no command is applied, and only the commands of that buffer are dropped.
 * 'commands-busy' in observers during this call. 'group-busy' while workers run a system.
 * 'invalid-argument', 'commands-disposed', 'storage-disposed'
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

/** Makes the extension of a storage for commands. */
export function commandsOf({ worlds, components, memory, publisher }: StorageParts): WorldCommands {
  return new WorldCommands(worlds, components, memory, publisher.serial)
}
