/** Moves entities from one world to another, in any thread of the arena. */
import type { EntityId, World } from 'bitecs'
import { Packing } from './packing.ts'
import { checkedStorage } from './storage.ts'
import type { Storage } from './storage-api.ts'
import type { StorageParts } from './storage-parts.ts'

/**
 * Takes an entity out of its world, so that `moveIn` can add it to another world of the same arena,
 * in any thread.
 *
 * ```ts
 * const packed = moveOut(storage, eid) // in one thread: post this number
 * const moved = moveIn(otherStorage, packed) // in the other
 * ```
 *
 * The values of the entity's components go into a new block. Lists and texts stay in their blocks.
 * Only components of this storage move. Relations, tags of bitECS and components of other storages
 * end with the entity. `t.eid` fields keep their numbers, though ids mean nothing in another world.
 * Weak lists lose the ids of entities that are gone. Observers of the removal find lists and texts
 * empty.
 *
 * The packed entity belongs to no thread. Any thread that has the number may call `moveIn` once, or
 * `freePacked`.
 * @returns the packed entity: the byte offset of its block
 * @throws StorageError 'invalid-argument'; 'group-busy' while workers run a system;
 * 'storage-disposed'. ArenaError 'out-of-memory'. What observers throw, or 'move-busy' if an
 * observer calls `sync`, `reset` or `dispose`. If the call throws, the entity keeps everything that
 * it had, though some observers were called
 */
export function moveOut(storage: Storage, eid: EntityId): number {
  const checked = checkedStorage(storage)
  checked.$checkRest('moveOut()')
  return checked.parts.extension(packingOf).moveOut(eid)
}

/**
 * Makes an entity from one that `moveOut` packed. Observers of the addition see its numbers. Its
 * lists and texts are there when the call returns. `t.eid` fields have the packed numbers:
 * translate them yourself.
 * @param packed what `moveOut` returned. The storage must have the components of the entity, with
 * the same names and fields
 * @param world one of the worlds of the storage. By default, the first
 * @returns the id of the new entity
 * @throws StorageError 'invalid-argument' if there is no packed entity at the offset, or if the
 * storage lacks one of its components; 'group-busy' while workers run a system; 'storage-disposed'.
 * ArenaError 'out-of-memory'. What observers throw, or 'move-busy' if an observer calls `dispose`.
 * If the call throws, the entity stays packed
 */
export function moveIn(storage: Storage, packed: number, world?: World): EntityId {
  const checked = checkedStorage(storage)
  checked.$checkRest('moveIn()')
  return checked.parts.extension(packingOf).moveIn(packed, world)
}

/** Makes the extension of a storage for packed entities. */
const packingOf = (parts: StorageParts) => new Packing(parts)
