/*
 * Room telemetry: a ring of events per slot, in the arena. `base/layout` describes the ring.
 * Invariant: only the thread that has a slot writes its ring, off the hot paths; any thread reads.
 * No thread waits: a full ring, which nobody reads, drops and counts further events.
 */
import { invalidArgument } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import { type ArenaMemory, openedSlotCount, slotWord } from '../memory/memory.ts'

/** A free list was filled. Numbers: blocks handed out, live, unused at the last sweep. */
export const EVENT_REFILL = 0
/** A slot got spans. Numbers: how many spans, the first span. */
export const EVENT_CLAIM = 1
/** A slot gave spans back. Numbers: how many spans, the first span. */
export const EVENT_RETURN = 2
/** A slot received blocks. Numbers: how many blocks, the slot that freed them. */
export const EVENT_DRAIN = 3
/** A slot was adopted. Numbers: how many spans it owns, its new generation. */
export const EVENT_ADOPT = 4

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

/** An event's first word is kind | class row << 8; events without a class have row 0. */
const EVENT_ROW_SHIFT = 8

/** Index of the first word of a slot's ring. */
export const ringOf = (memory: ArenaMemory, slot: SlotIndex) =>
  slotWord(memory, slot, layout.SLOT_TELEMETRY)

/** Index of the first word of event `number`. */
const eventWord = (ring: number, number: number) =>
  ring +
  layout.TELEMETRY_EVENTS +
  (number & (layout.TELEMETRY_EVENT_COUNT - 1)) * layout.TELEMETRY_EVENT_WORD_COUNT

const isFull = (written: number, read: number) =>
  ((written - read) | 0) >= layout.TELEMETRY_EVENT_COUNT

/** Adds an event to a slot's ring, or drops it. Only the thread that has the slot may call it. */
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
    // Loaded only now, because an atomic load takes longer than the rest of this function.
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
 * Something that a pool did outside of its fast path. Which fields an event uses depends on its
 * `kind`; the others are 0.
 */
export type TelemetryEvent = ReturnType<typeof emptyEvent>
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
   * For a refill: how many blocks of the class are live, with the block that is being allocated.
   */
  liveBlockCount: 0,
  /**
   * For the first refill after a sweep: how many free blocks the sweep found. If there was only one
   * refill between this sweep and the one before, that refill handed out so many blocks too many.
   */
  spareBlockCount: 0,
  /**
   * For a claim or return: how many spans of 64 KiB. For an adoption: how many spans the slot owns.
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
 * A reader of the events that the pools of an arena record. `openTelemetry` opens one, in any
 * thread.
 */
export interface Telemetry {
  /**
   * Calls `visit` with each event that was not read yet: slot by slot, and in each slot the oldest
   * first. Only one reader gets each event. The event object is the same each time, so copy what
   * you want to keep.
   *
   * A slot keeps at most 64 unread events. It drops further events until a reader has read these.
   * @returns how many events there were
   * @throws ArenaError 'invalid-argument'
   */
  read(visit: (event: Readonly<TelemetryEvent>) => void): number

  /** How many events all slots have dropped since this reader was opened. */
  readonly droppedEventCount: number
}

/** Opens a reader, which begins with the events that are in the rings already. */
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

function totalDropped(memory: ArenaMemory): number {
  let dropped = 0
  for (let slot = 0 as SlotIndex; slot < memory.slotCount; slot++) {
    dropped += droppedEvents(memory, slot)
  }
  return dropped
}

/** How many events of a slot were dropped, modulo 2^32. */
export const droppedEvents = (memory: ArenaMemory, slot: SlotIndex) =>
  memory.i32[ringOf(memory, slot) + layout.TELEMETRY_DROPPED] >>> 0

/** Calls `visit` with each unread event of a slot's ring, and returns how many there were. */
export function readRing(
  memory: ArenaMemory,
  slot: SlotIndex,
  event: TelemetryEvent,
  visit: (event: TelemetryEvent) => void,
): number {
  const { i32 } = memory
  const ring = ringOf(memory, slot)
  // Events written from now on wait for the next call, as a busy writer could keep the reader here.
  const written = Atomics.load(i32, ring + layout.TELEMETRY_WRITTEN)
  let eventCount = 0
  for (;;) {
    const read = Atomics.load(i32, ring + layout.TELEMETRY_READ)
    const waiting = (written - read) | 0
    if (waiting <= 0) return eventCount
    // More events than the ring has room for: its counts were overwritten. Skip all these events.
    const isOverwritten = waiting > layout.TELEMETRY_EVENT_COUNT
    const next = isOverwritten ? written : (read + 1) | 0
    const isSound = decode(memory, slot, eventWord(ring, read), event)
    // The copy is good unless another reader took the event: then its place may be written again.
    if (Atomics.compareExchange(i32, ring + layout.TELEMETRY_READ, read, next) !== read) continue
    if (!isSound || isOverwritten) continue
    visit(event)
    eventCount++
  }
}

/** Decodes an event into `event`; false if its kind or class does not exist: it was overwritten. */
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
