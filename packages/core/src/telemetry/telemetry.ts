/*
 * Room telemetry: each slot has a ring of events in the arena. `base/layout` describes the ring.
 * Invariant: only the thread that uses a slot writes the slot's ring, and only outside of the fast
 * paths. Any thread may read. No thread waits for another: if a ring is full because nobody reads
 * it, further events are dropped and counted.
 */
import { invalidArgument } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { type ArenaMemory, openedSlotCount, slotWord } from '../memory/memory.ts'

/**
 * A pool filled an empty free list. The numbers of the event: blocks handed out, live blocks,
 * unused blocks at the last sweep.
 */
export const EVENT_REFILL = 0
/** A slot got spans. The numbers of the event: how many spans, and the first span. */
export const EVENT_CLAIM = 1
/** A slot gave spans back. The numbers of the event: how many spans, and the first span. */
export const EVENT_RETURN = 2
/**
 * A slot received blocks. The numbers of the event: how many blocks, and the slot that freed them.
 */
export const EVENT_DRAIN = 3
/**
 * A thread adopted a slot. The numbers of the event: how many spans the slot owns, and its new
 * generation.
 */
export const EVENT_ADOPT = 4

/** The public name of each kind of event, indexed by the `EVENT_` constants. */
const EVENT_KINDS = ['refill', 'claim', 'return', 'drain', 'adopt'] as const
/**
 * What a pool did:
 *
 * - `refill`: it filled an empty free list
 * - `claim`: it got spans from the arena
 * - `return`: it gave spans back to the arena
 * - `drain`: it received blocks that another slot had freed
 * - `adopt`: a thread adopted the slot of the pool
 */
export type TelemetryEventKind = (typeof EVENT_KINDS)[number]

/** The first word of an event is kind | class row << 8. The row is 0 if the event has no class. */
const EVENT_ROW_SHIFT = 8

/** Returns the index of the first word of a slot's ring. */
export const ringOf = (memory: ArenaMemory, slot: SlotIndex) =>
  slotWord(memory, slot, layout.SLOT_TELEMETRY)

/**
 * Returns the index of the first word of an event in a ring.
 * @param ring the first word of the ring
 * @param number the number of the event, counted since the arena was created
 */
const eventWord = (ring: number, number: number) =>
  ring +
  layout.TELEMETRY_EVENTS +
  (number & (layout.TELEMETRY_EVENT_COUNT - 1)) * layout.TELEMETRY_EVENT_WORD_COUNT

/**
 * Returns true if the ring has no room for another event.
 * @param written how many events were written
 * @param read how many events were read
 */
const isFull = (written: number, read: number) =>
  ((written - read) | 0) >= layout.TELEMETRY_EVENT_COUNT

/**
 * Adds an event to a slot's ring. If the ring is full, drops and counts the event. Only the thread
 * that uses the slot may call this function.
 * @param kind an `EVENT_` constant
 * @param row the class row of the event, or 0
 * @param first the first number of the event: see the `EVENT_` constants
 */
export function emit(
  memory: ArenaMemory,
  slot: SlotIndex,
  kind: number,
  row: number,
  first: number,
  second: number,
  third = 0,
): void {
  const { i32 } = memory
  const ring = ringOf(memory, slot)
  const written = i32[ring + layout.TELEMETRY_WRITTEN]
  if (isFull(written, i32[ring + layout.TELEMETRY_READ_SEEN])) {
    // `TELEMETRY_READ` is loaded only if the ring seems full, because an atomic load takes longer
    // than the rest of this function.
    const read = Atomics.load(i32, ring + layout.TELEMETRY_READ)
    i32[ring + layout.TELEMETRY_READ_SEEN] = read
    if (isFull(written, read)) {
      i32[ring + layout.TELEMETRY_DROPPED]++
      return
    }
  }
  const event = eventWord(ring, written)
  i32[event] = kind | (row << EVENT_ROW_SHIFT)
  i32[event + 1] = first
  i32[event + 2] = second
  i32[event + 3] = third
  Atomics.store(i32, ring + layout.TELEMETRY_WRITTEN, (written + 1) | 0)
}

/**
 * An action of a pool outside of its fast paths. The `kind` of an event decides which of the other
 * fields it uses. Fields that it does not use are 0.
 */
export type TelemetryEvent = ReturnType<typeof emptyEvent>
/** Makes an event object that `readRing` can fill. */
export const emptyEvent = () => ({
  /** What the pool did. */
  kind: 'refill' as TelemetryEventKind,
  /** The slot of the pool. */
  slot: 0,
  /** For a refill, claim or return: the index of the size class in `arena.stats().classes`. */
  classIndex: 0,
  /**
   * For a refill: how many blocks it handed out. For a drain: how many blocks the slot received.
   */
  blockCount: 0,
  /**
   * For a refill: how many blocks of the class are live. The block that the refill was for counts
   * too.
   */
  liveBlockCount: 0,
  /**
   * For the first refill after a sweep: how many free blocks the sweep found. If there was exactly
   * one refill between this sweep and the sweep before, these are the blocks that the refill handed
   * out in excess.
   */
  spareBlockCount: 0,
  /**
   * For a claim or return: how many spans of 64 KiB the slot got or gave back. For an adoption: how
   * many spans the slot owns.
   */
  spanCount: 0,
  /** For a claim or return: the index of the first span. */
  span: 0,
  /** For a drain: the slot that had freed the blocks. */
  freer: 0,
  /** For an adoption: the new generation of the slot. */
  generation: 0,
})

/**
 * Reads the events that the pools of an arena record. `openTelemetry` opens a reader, in any
 * thread.
 */
export interface Telemetry {
  /**
   * Calls `visit` with each event that was not read yet. It visits the slots in order, and in each
   * slot the oldest event first. If an arena has several readers, only one of them gets each event.
   * All calls of `visit` get the same event object, so copy what you want to keep.
   *
   * A slot keeps at most 64 unread events. It drops further events until a reader has read the kept
   * ones.
   * @param visit gets each event
   * @returns how many events there were
   * @throws ArenaError 'invalid-argument' if `visit` is not a function
   */
  read(visit: (event: Readonly<TelemetryEvent>) => void): number

  /** How many events all slots have dropped since this reader was opened. */
  readonly droppedEventCount: number
}

/** Opens a reader. Its first `read` gets the events that are in the rings already. */
export function openTelemetry(memory: ArenaMemory): Telemetry {
  const event = emptyEvent()
  const droppedBefore = totalDropped(memory)
  return {
    read(visit) {
      if (typeof visit !== 'function') throw invalidArgument('visit', visit, 'a function')
      let eventCount = 0
      for (let slot = 0 as SlotIndex; slot < openedSlotCount(memory); slot++) {
        eventCount += readRing(memory, slot, event, visit)
      }
      return eventCount
    },
    get droppedEventCount() {
      return (totalDropped(memory) - droppedBefore) >>> 0
    },
  }
}

/** Returns how many events all slots have dropped. */
function totalDropped(memory: ArenaMemory): number {
  let dropped = 0
  for (let slot = 0 as SlotIndex; slot < memory.slotCount; slot++) {
    dropped += droppedEvents(memory, slot)
  }
  return dropped
}

/** Returns how many events a slot has dropped, modulo 2^32. */
export const droppedEvents = (memory: ArenaMemory, slot: SlotIndex) =>
  memory.i32[ringOf(memory, slot) + layout.TELEMETRY_DROPPED] >>> 0

/**
 * Calls `visit` with each unread event of a slot's ring, and returns how many events there were.
 * @param event the object that is filled for each event
 */
export function readRing(
  memory: ArenaMemory,
  slot: SlotIndex,
  event: TelemetryEvent,
  visit: (event: TelemetryEvent) => void,
): number {
  const { i32 } = memory
  const ring = ringOf(memory, slot)
  // The next call reads the events that are written from now on. Otherwise a busy writer could keep
  // the reader in this loop.
  const written = Atomics.load(i32, ring + layout.TELEMETRY_WRITTEN)
  let eventCount = 0
  for (;;) {
    const read = Atomics.load(i32, ring + layout.TELEMETRY_READ)
    const waiting = (written - read) | 0
    if (waiting <= 0) return eventCount
    // More events are unread than the ring can hold, so its counts were overwritten. Skip all these
    // events.
    const isOverwritten = waiting > layout.TELEMETRY_EVENT_COUNT
    const next = isOverwritten ? written : (read + 1) | 0
    const isSound = decode(memory, slot, eventWord(ring, read), event)
    // If another reader has read the event first, the slot may have written another event to its
    // place. Then the copy may be wrong, and the loop reads the next event.
    if (Atomics.compareExchange(i32, ring + layout.TELEMETRY_READ, read, next) !== read) continue
    if (!isSound || isOverwritten) continue
    visit(event)
    eventCount++
  }
}

/**
 * Decodes the event at `word` into `event`. Returns false if its kind or class does not exist,
 * which means that the words were overwritten.
 */
function decode(
  memory: ArenaMemory,
  slot: SlotIndex,
  word: number,
  event: TelemetryEvent,
): boolean {
  const { i32, classCount } = memory
  const kind = i32[word] & 0xff
  const row = (i32[word] >>> EVENT_ROW_SHIFT) & 0xff
  const first = i32[word + 1]
  const second = i32[word + 2]
  const isRefill = kind === EVENT_REFILL
  const isOfBlocks = isRefill || kind === EVENT_DRAIN
  const isClass = row < classCount || (row === layout.LARGE_CLASS && !isRefill)
  if (kind >= EVENT_KINDS.length || !isClass) return false
  event.kind = EVENT_KINDS[kind]
  event.slot = slot
  event.classIndex = Math.min(row, classCount)
  event.blockCount = isOfBlocks ? first : 0
  event.liveBlockCount = isRefill ? second : 0
  event.spareBlockCount = isRefill ? i32[word + 3] : 0
  event.spanCount = isOfBlocks ? 0 : first
  event.span = kind === EVENT_CLAIM || kind === EVENT_RETURN ? second : 0
  event.freer = kind === EVENT_DRAIN ? second : 0
  event.generation = kind === EVENT_ADOPT ? second : 0
  return true
}
