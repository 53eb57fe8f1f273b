/**
 * The root block of a shared storage, and the two blocks that the storage publishes by it.
 *
 *     root, found by the handle          manifest, entities: constant once published
 *     0   magic                          0   epoch in which the block was published
 *     1   epoch                          1   count: of bytes, of entities
 *     2   offset of the manifest         2.. JSON; the entity ids
 *     3   offset of the entities
 *     4   how many intern logs were made
 *     5   serial number of the storage
 *     16  for each slot, three words:
 *         generation + 1 of the attached pool, else 0
 *         the last epoch that this pool has seen
 *         offset of the slot's intern log, see `intern-log.ts`
 *
 * For a change, the storage makes a new block, publishes its offset, and then increments the epoch.
 * The old block is freed when every attached thread has seen that epoch.
 */
import { SLOT_CAPACITY } from './attachments.ts'

export const MAGIC = 0x41534802
export const EPOCH = 1
export const MANIFEST = 2
export const ENTITIES = 3
export const INTERN_LOG_SERIAL = 4
const ATTACHMENTS = 16
export const BYTE_LENGTH = (ATTACHMENTS + 3 * SLOT_CAPACITY) * 4

export const PUBLISHED_EPOCH = 0
export const PUBLISHED_COUNT = 1
export const PUBLISHED_HEAD_BYTE_LENGTH = 8

/** The indices of the three words for a slot, from the root's first word. */
export const attachedWord = (slot: number) => ATTACHMENTS + 3 * slot
export const seenWord = (slot: number) => attachedWord(slot) + 1
export const internLogWord = (slot: number) => attachedWord(slot) + 2
