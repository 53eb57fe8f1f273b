/** Entities that move from one world to another, in any thread of the arena. */
import type { EntityId, World } from 'bitecs'
import { Packing } from './packing.ts'
import { checkedStorage } from './storage.ts'
import type { Storage } from './storage-api.ts'
import type { StorageParts } from './storage-parts.ts'

/**
 * Takes an entity out of the world for another world to `moveIn`, in any thread of the arena whose
 * storage has the entity's components by the same names and fields. A new block holds the values of
 * the components of this storage; lists and texts stay in their blocks. All else is removed with
 * the entity: relations, tags of bitECS, components of other storages. `t.eid` fields keep their
 * numbers, though these mean nothing in another world. But weak lists lose the ids that `sync`
 * would take out. Observers of the removal find lists and texts empty.
 *
 * The block belongs to no thread: any thread that has the offset may `moveIn` it once, or call
 * `freePacked`.
 * @returns the block's offset: a number to post
 * @throws StorageError 'invalid-argument', 'group-busy' while workers run a system,
 * 'storage-disposed'; ArenaError 'out-of-memory'; what observers throw. Then the entity keeps all
 * it had of any storage, though some observers were called. Observers may not call `sync`, `reset`
 * or `dispose`
 */
export function moveOut(storage: Storage, eid: EntityId): number {
  const checked = checkedStorage(storage)
  checked.$checkRest('moveOut()')
  return checked.parts.extension(packingOf).moveOut(eid)
}

/**
 * Makes an entity from a packed one, by `addComponent` and `set`: observers see its scalars, but
 * its lists and texts are there only when this returns. `t.eid` fields get the packed numbers, even
 * those of entities that were removed here.
 * @param packed what `moveOut` gave
 * @param world one of the storage's worlds; by default the first
 * @returns the id of the new entity
 * @throws StorageError 'invalid-argument' if there is no packed entity at the offset, or it has a
 * component that this storage lacks; 'group-busy' while workers run a system; 'storage-disposed';
 * ArenaError 'out-of-memory'; what observers throw. Then the entity stays packed
 */
export function moveIn(storage: Storage, packed: number, world?: World): EntityId {
  const checked = checkedStorage(storage)
  checked.$checkRest('moveIn()')
  return checked.parts.extension(packingOf).moveIn(packed, world)
}

/** Makes the extension for packed entities. */
const packingOf = (parts: StorageParts) => new Packing(parts)
