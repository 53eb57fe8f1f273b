/** The freer's side: notes blocks for the slots that own them, and delivers in batches. */
import { PARCEL_TYPE, typeBits } from '../header.ts'
import { SLOT_BUSY_WITH_MAIL } from '../layout.ts'
import type { ArenaMemory } from '../memory.ts'
import { ownerInMap } from '../span-map.ts'
import { asSlotIndex, type SlotIndex } from '../units.ts'
import {
  INBOX_PARCEL,
  INBOX_TAKEN,
  mailWord,
  OUTBOX_FIRST,
  OUTBOX_LAST,
  OUTBOX_SENT,
  OUTBOX_WRITTEN,
  PARCEL_BYTE_LENGTH,
  PARCEL_NEXT,
  PARCEL_OFFSETS,
  PARCEL_STAMP,
  placeOf,
  stampOf,
} from './mail.ts'

/** Delivered by themselves whenever so many have gathered; a store to `sent` costs 8 ns. */
const BATCH = 32

/** The fast paths of the slot's own pool. */
export interface Front {
  /** Gives the offset of a block, or 0. */
  tryAlloc(byteLength: number): number
  /** Frees an ordinary block of the slot; false when it is not one. */
  tryFree(offset: number): boolean
  /** Notes a block for its owner; false when there is no memory to note it in. */
  post(owner: SlotIndex, offset: number): boolean
}

/** `Front.post` of a slot. A closure over numbers: engines then inline it into `free`. */
export function createPost(
  memory: ArenaMemory,
  slot: SlotIndex,
  front: Omit<Front, 'post'>,
): Front['post'] {
  const { i32 } = memory
  const writtenWords: number = mailWord(memory, slot, OUTBOX_WRITTEN, asSlotIndex(0))
  const lastWords: number = mailWord(memory, slot, OUTBOX_LAST, asSlotIndex(0))

  return function post(owner, offset) {
    const written = i32[writtenWords + owner]
    if (placeOf(written) === 0 && !appendParcel(memory, slot, owner, written, front)) return false
    const parcel = i32[lastWords + owner]
    i32[(parcel >> 2) + PARCEL_OFFSETS + placeOf(written)] = offset
    i32[writtenWords + owner] = written + 1
    if (((written + 1) & (BATCH - 1)) === 0) deliver(memory, slot, owner)
    return true
  }
}

/** Lets an owner read all that was noted for it. */
function deliver(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex): void {
  const written = memory.i32[mailWord(memory, slot, OUTBOX_WRITTEN, owner)]
  Atomics.store(memory.i32, mailWord(memory, slot, OUTBOX_SENT, owner), written)
}

/** Delivers to every owner. */
export function deliverAll(memory: ArenaMemory, slot: SlotIndex): void {
  const { i32 } = memory
  const written = mailWord(memory, slot, OUTBOX_WRITTEN, asSlotIndex(0))
  const sent = mailWord(memory, slot, OUTBOX_SENT, asSlotIndex(0))
  for (let owner = 0; owner < memory.slotCount; owner++) {
    if (i32[written + owner] !== i32[sent + owner]) deliver(memory, slot, asSlotIndex(owner))
  }
}

/**
 * Makes the parcel that the offset number `written`, its first, goes to. Whoever dies in here leaves
 * no parcel that is in no queue: a new one is known for a parcel once it bears its writer's stamp, and
 * one that is used again is linked in at the end before it is unlinked at the front.
 */
function appendParcel(
  memory: ArenaMemory,
  slot: SlotIndex,
  owner: SlotIndex,
  written: number,
  front: Omit<Front, 'post'>,
): boolean {
  const { i32 } = memory
  const firstWord = mailWord(memory, slot, OUTBOX_FIRST, owner)
  const lastWord = mailWord(memory, slot, OUTBOX_LAST, owner)
  const first = i32[firstWord]
  const last = i32[lastWord]
  const stamp = stampOf(slot, written)
  // One that was appended just before its writer died is there already.
  if (last !== 0 && i32[(last >> 2) + PARCEL_STAMP] === stamp) return true
  if (last !== 0 && isAllTaken(memory, slot, owner)) {
    dropParcels(memory, slot, owner, front)
    i32[(last >> 2) + PARCEL_STAMP] = stamp
    return true
  }
  if (isPast(memory, slot, owner, first)) {
    const second = i32[(first >> 2) + PARCEL_NEXT]
    i32[(first >> 2) + PARCEL_STAMP] = stamp
    i32[(last >> 2) + PARCEL_NEXT] = first // a ring, for a moment
    i32[lastWord] = first
    i32[firstWord] = second
    i32[(first >> 2) + PARCEL_NEXT] = 0
    return true
  }
  const parcel = newParcel(memory, slot, stamp, front)
  if (parcel === 0) return false
  if (last !== 0) i32[(last >> 2) + PARCEL_NEXT] = parcel
  i32[lastWord] = parcel
  if (last === 0) i32[firstWord] = parcel
  return true
}

/** Whether the owner has taken all that was written for it: then it stays at the last parcel. */
const isAllTaken = (memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex) =>
  Atomics.load(memory.i32, mailWord(memory, owner, INBOX_TAKEN, slot)) ===
  memory.i32[mailWord(memory, slot, OUTBOX_WRITTEN, owner)]

/**
 * Frees the parcels of a queue that the owner has come past, when that is all but the last one. Should
 * the writer die, one that is in no queue counts as free. One whose span another slot has taken over
 * stays, with those behind it.
 */
function dropParcels(
  memory: ArenaMemory,
  slot: SlotIndex,
  owner: SlotIndex,
  front: Omit<Front, 'post'>,
): void {
  const { i32 } = memory
  const firstWord = mailWord(memory, slot, OUTBOX_FIRST, owner)
  const last = i32[mailWord(memory, slot, OUTBOX_LAST, owner)]
  for (let first = i32[firstWord]; first !== last && isOwn(memory, slot, first); ) {
    const next = i32[(first >> 2) + PARCEL_NEXT]
    i32[firstWord] = next
    front.tryFree(first)
    first = next
  }
}

const isOwn = (memory: ArenaMemory, slot: SlotIndex, parcel: number) =>
  ownerInMap(memory.i32[memory.mapWord(memory.spanOf(parcel))]) === slot

/** Frees what parcels can be spared of all queues. */
export function dropAllParcels(memory: ArenaMemory, slot: SlotIndex, front: Front): void {
  for (let index = 0; index < memory.slotCount; index++) {
    const owner = asSlotIndex(index)
    if (isAllTaken(memory, slot, owner)) dropParcels(memory, slot, owner, front)
  }
}

/** Whether the owner has come past a parcel, which is the first one of its queue. */
function isPast(memory: ArenaMemory, slot: SlotIndex, owner: SlotIndex, first: number): boolean {
  const beingRead = Atomics.load(memory.i32, mailWord(memory, owner, INBOX_PARCEL, slot))
  return beingRead !== 0 && beingRead !== first
}

function newParcel(
  memory: ArenaMemory,
  slot: SlotIndex,
  stamp: number,
  front: Omit<Front, 'post'>,
): number {
  const { i32 } = memory
  const busy = memory.slotWord(slot, SLOT_BUSY_WITH_MAIL)
  const before = i32[busy]
  i32[busy] = 1 // the allocation may miss, but must not take mail, which may come back here
  const parcel = front.tryAlloc(PARCEL_BYTE_LENGTH)
  i32[busy] = before
  if (parcel === 0) return 0
  i32[(parcel >> 2) + PARCEL_NEXT] = 0
  i32[(parcel >> 2) + PARCEL_STAMP] = stamp
  i32[(parcel >> 2) - 2] |= typeBits(PARCEL_TYPE)
  return parcel
}
