/** The reader's side of the rings. */
import { invalidArgument } from '../base/errors.ts'
import {
  LARGE_ROW,
  TELEMETRY_DROPPED,
  TELEMETRY_EVENT_COUNT,
  TELEMETRY_READ,
  TELEMETRY_WRITTEN,
} from '../base/layout.ts'
import { asSlotIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import {
  EVENT_ADOPT,
  EVENT_DRAIN,
  EVENT_KINDS,
  EVENT_REFILL,
  EVENT_ROW_SHIFT,
  eventWord,
  ringOf,
  type TelemetryEventKind,
} from './ring.ts'

/** Something that a pool did off its hot path. What a kind of event says nothing about is 0. */
export interface TelemetryEvent {
  /**
   * `refill`: a free list was empty and was filled. `claim`, `return`: the slot got, or gave back, a
   * run of spans. `drain`: it took back blocks that another slot freed. `adopt`: its thread died.
   */
  kind: TelemetryEventKind
  slot: number
  /** Of a refill, claim or return: the index in `arena.stats().classes`. */
  classIndex: number
  /** Of a refill: handed out. Of a drain: taken out of the mail. */
  blockCount: number
  /** Of a refill: live blocks of the class, the one included that is about to be given. */
  liveBlocks: number
  /**
   * Of the first refill after a look for empty spans: how many blocks had lain free then. So much less
   * would have done, if the refill before it was the only one.
   */
  spareBlocks: number
  /** Of a claim or return, in spans of 64 KiB; of an adoption: what the slot has. */
  spanCount: number
  /** Of a claim or return: index of the first span. */
  span: number
  /** Of a drain: the slot that freed the blocks. */
  freer: number
  /** Of an adoption: the slot's. */
  generation: number
}

/** Follows the events of all slots of an arena, from any thread. */
export interface Telemetry {
  /**
   * Calls `visit` for each event that has come since the last call, slot by slot, in order, and gives
   * how many there were. The first call begins with what the rings hold. The event object is the same
   * each time: copy what you keep. Each event is given to one reader only. A ring holds 64 events of a
   * slot; further ones are dropped until they are read.
   * @throws ArenaError 'invalid-argument'
   */
  read(visit: (event: Readonly<TelemetryEvent>) => void): number

  /** Events of all slots that were dropped since this was opened. */
  readonly droppedEvents: number
}

/** Begins with what the rings hold. */
export function openTelemetry(memory: ArenaMemory): Telemetry {
  const event = emptyEvent()
  const droppedBefore = new Uint32Array(memory.slotCount)
  for (let slot = 0; slot < memory.slotCount; slot++) {
    droppedBefore[slot] = droppedEvents(memory, asSlotIndex(slot))
  }

  function read(visit: (event: Readonly<TelemetryEvent>) => void): number {
    if (typeof visit !== 'function') throw invalidArgument('visit', visit, 'a function')
    let eventCount = 0
    for (let slot = 0; slot < memory.openedSlotCount; slot++) {
      eventCount += readRing(memory, asSlotIndex(slot), event, visit)
    }
    return eventCount
  }

  return {
    read,
    get droppedEvents() {
      let dropped = 0
      for (let slot = 0; slot < memory.slotCount; slot++) {
        dropped += (droppedEvents(memory, asSlotIndex(slot)) - droppedBefore[slot]) >>> 0
      }
      return dropped
    },
  }
}

export const emptyEvent = (): TelemetryEvent => ({
  kind: 'refill',
  slot: 0,
  classIndex: 0,
  blockCount: 0,
  liveBlocks: 0,
  spareBlocks: 0,
  spanCount: 0,
  span: 0,
  freer: 0,
  generation: 0,
})

/** Modulo 2^32. */
export const droppedEvents = (memory: ArenaMemory, slot: SlotIndex) =>
  memory.i32[ringOf(memory, slot) + TELEMETRY_DROPPED] >>> 0

/** Calls `visit` for each event that waits in a slot's ring, and gives how many there were. */
export function readRing(
  memory: ArenaMemory,
  slot: SlotIndex,
  event: TelemetryEvent,
  visit: (event: TelemetryEvent) => void,
): number {
  const { i32 } = memory
  const ring = ringOf(memory, slot)
  // Not what is written meanwhile: a busy writer would keep the reader for ever.
  const written = Atomics.load(i32, ring + TELEMETRY_WRITTEN)
  let eventCount = 0
  for (;;) {
    const read = Atomics.load(i32, ring + TELEMETRY_READ)
    const waiting = (written - read) | 0
    if (waiting <= 0) return eventCount
    // More than there is room for: the words were overwritten. On with what comes next.
    const next = waiting > TELEMETRY_EVENT_COUNT ? written : (read + 1) | 0
    const isSound = decode(memory, slot, eventWord(ring, read), event)
    // The copy is good if nobody read it meanwhile: until then its place is not written again.
    if (Atomics.compareExchange(i32, ring + TELEMETRY_READ, read, next) !== read) continue
    if (!isSound || waiting > TELEMETRY_EVENT_COUNT) continue
    visit(event)
    eventCount++
  }
}

/** False when the words were overwritten: there is no such kind, or not of such a class. */
function decode(
  memory: ArenaMemory,
  slot: SlotIndex,
  word: number,
  event: TelemetryEvent,
): boolean {
  const { i32 } = memory
  const kind = i32[word] & 0xff
  const row = (i32[word] >>> EVENT_ROW_SHIFT) & 0xff
  const first = i32[word + 1]
  const second = i32[word + 2]
  const isRefill = kind === EVENT_REFILL
  const isDrain = kind === EVENT_DRAIN
  const isAdoption = kind === EVENT_ADOPT
  const isClass = row < memory.classes.count || (row === LARGE_ROW && !isRefill)
  if (kind >= EVENT_KINDS.length || !isClass) return false
  event.kind = EVENT_KINDS[kind]
  event.slot = slot
  event.classIndex = row === LARGE_ROW ? memory.classes.count : row
  event.blockCount = isRefill || isDrain ? first : 0
  event.liveBlocks = isRefill ? second : 0
  event.spareBlocks = isRefill ? i32[word + 3] : 0
  event.spanCount = isRefill || isDrain ? 0 : first
  event.span = isRefill || isDrain || isAdoption ? 0 : second
  event.freer = isDrain ? second : 0
  event.generation = isAdoption ? second : 0
  return true
}
