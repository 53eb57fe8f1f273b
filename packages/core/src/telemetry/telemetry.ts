/*
 * Room telemetry: a ring of events per slot, in the arena. `base/layout` draws the ring.
 * Invariant: the slot's thread alone writes events, off its hot paths; any thread reads them.
 * Nobody waits: if the ring is full, as nobody reads, the event is dropped and the drop counted.
 */
import { invalidArgument } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import { type ArenaMemory, slotWord } from '../memory/memory.ts'

/** A free list was filled: blocks handed out, live blocks, blocks unused at the sweep before. */
export const EVENT_REFILL = 0
/** A slot got a run: spans, the first one. */
export const EVENT_CLAIM = 1
/** A slot gave a run back: spans, the first one. */
export const EVENT_RETURN = 2
/** A slot received what another one had freed: blocks, that slot. */
export const EVENT_DRAIN = 3
/** A dead slot was adopted: its spans, its generation. */
export const EVENT_ADOPT = 4

const EVENT_KINDS = ['refill', 'claim', 'return', 'drain', 'adopt'] as const
export type TelemetryEventKind = (typeof EVENT_KINDS)[number]

/** The row of a class lies above the kind; events without a class have row 0. */
const EVENT_ROW_SHIFT = 8

/** First word of a slot's ring. */
export const ringOf = (memory: ArenaMemory, slot: SlotIndex) =>
  slotWord(memory, slot, layout.SLOT_TELEMETRY)

/** First word of the event with a number. */
const eventWord = (ring: number, number: number) =>
  ring +
  layout.TELEMETRY_EVENTS +
  (number & (layout.TELEMETRY_EVENT_COUNT - 1)) * layout.TELEMETRY_EVENT_WORD_COUNT

const isFull = (written: number, read: number) =>
  ((written - read) | 0) >= layout.TELEMETRY_EVENT_COUNT

/** Writes an event into the ring of a slot, or drops it. Only the slot's thread may call it. */
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
    // Only now: an atomic load takes longer than all the rest.
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

/** What a pool did off its hot path. Fields that a kind of event does not use are 0. */
export type TelemetryEvent = ReturnType<typeof emptyEvent>
export const emptyEvent = () => ({
  /**
   * `refill`: an empty free list was filled. `claim`, `return`: the slot got, or gave back, a run
   * of spans. `drain`: it received blocks that another slot freed. `adopt`: its thread died.
   */
  kind: 'refill' as TelemetryEventKind,
  slot: 0,
  /** For a refill, claim or return: the index in `arena.stats().classes`. */
  classIndex: 0,
  /** For a refill: blocks handed out. For a drain: blocks received. */
  blockCount: 0,
  /** For a refill: live blocks of the class, with the one that is about to be allocated. */
  liveBlocks: 0,
  /**
   * For the first refill after a sweep for empty spans: the free blocks that the sweep found. If
   * there was one refill before the sweep, it handed out so many too many.
   */
  spareBlocks: 0,
  /** For a claim or return, in spans of 64 KiB. For an adoption: the spans of the slot. */
  spanCount: 0,
  /** For a claim or return: index of the first span. */
  span: 0,
  /** For a drain: the slot that freed the blocks. */
  freer: 0,
  /** For an adoption: that of the slot. */
  generation: 0,
})

/** Follows the events of all slots of an arena, from any thread. */
export interface Telemetry {
  /**
   * Calls `visit` for each event since the last call, slot by slot, in order, and returns their
   * number. The first call begins with what the rings hold. The event object is the same each time:
   * copy what you keep. Each event reaches one reader only. A ring holds 64 events of a slot;
   * further events are dropped until somebody reads.
   * @throws ArenaError 'invalid-argument'
   */
  read(visit: (event: Readonly<TelemetryEvent>) => void): number

  /** Events of all slots that were dropped since this was opened. */
  readonly droppedEvents: number
}

/** Begins with what the rings hold. */
export function openTelemetry(memory: ArenaMemory): Telemetry {
  const event = emptyEvent()
  const droppedBefore = totalDropped(memory)
  return {
    read(visit) {
      if (typeof visit !== 'function') throw invalidArgument('visit', visit, 'a function')
      let eventCount = 0
      for (let slot = asSlotIndex(0); slot < memory.openedSlotCount; slot++) {
        eventCount += readRing(memory, slot, event, visit)
      }
      return eventCount
    },
    get droppedEvents() {
      return (totalDropped(memory) - droppedBefore) >>> 0
    },
  }
}

function totalDropped(memory: ArenaMemory): number {
  let dropped = 0
  for (let slot = asSlotIndex(0); slot < memory.slotCount; slot++) {
    dropped += droppedEvents(memory, slot)
  }
  return dropped
}

/** Modulo 2^32. */
export const droppedEvents = (memory: ArenaMemory, slot: SlotIndex) =>
  memory.i32[ringOf(memory, slot) + layout.TELEMETRY_DROPPED] >>> 0

/** Calls `visit` for each unread event of a slot's ring, and returns their number. */
export function readRing(
  memory: ArenaMemory,
  slot: SlotIndex,
  event: TelemetryEvent,
  visit: (event: TelemetryEvent) => void,
): number {
  const { i32 } = memory
  const ring = ringOf(memory, slot)
  // Events that are written from now on wait: a busy writer would keep the reader for ever.
  const written = Atomics.load(i32, ring + layout.TELEMETRY_WRITTEN)
  let eventCount = 0
  for (;;) {
    const read = Atomics.load(i32, ring + layout.TELEMETRY_READ)
    const waiting = (written - read) | 0
    if (waiting <= 0) return eventCount
    // More than the ring has room for: its words were overwritten. Skip to the next event.
    const isOverwritten = waiting > layout.TELEMETRY_EVENT_COUNT
    const next = isOverwritten ? written : (read + 1) | 0
    const isSound = decode(memory, slot, eventWord(ring, read), event)
    // The copy is good if nobody read it meanwhile: until then its place is not written again.
    if (Atomics.compareExchange(i32, ring + layout.TELEMETRY_READ, read, next) !== read) continue
    if (!isSound || isOverwritten) continue
    visit(event)
    eventCount++
  }
}

/** False if the words were overwritten: no such kind exists, or no such class for the kind. */
function decode(
  memory: ArenaMemory,
  slot: SlotIndex,
  word: number,
  event: TelemetryEvent,
): boolean {
  const { i32, classes } = memory
  const kind = i32[word] & 0xff
  const row = (i32[word] >>> EVENT_ROW_SHIFT) & 0xff
  const first = i32[word + 1]
  const second = i32[word + 2]
  const isRefill = kind === EVENT_REFILL
  const isOfBlocks = isRefill || kind === EVENT_DRAIN
  const isClass = row < classes.count || (row === layout.LARGE_ROW && !isRefill)
  if (kind >= EVENT_KINDS.length || !isClass) return false
  event.kind = EVENT_KINDS[kind]
  event.slot = slot
  event.classIndex = Math.min(row, classes.count)
  event.blockCount = isOfBlocks ? first : 0
  event.liveBlocks = isRefill ? second : 0
  event.spareBlocks = isRefill ? i32[word + 3] : 0
  event.spanCount = isOfBlocks ? 0 : first
  event.span = kind === EVENT_CLAIM || kind === EVENT_RETURN ? second : 0
  event.freer = kind === EVENT_DRAIN ? second : 0
  event.generation = kind === EVENT_ADOPT ? second : 0
  return true
}
