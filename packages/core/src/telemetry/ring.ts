/**
 * Box 3, what leads to it: a ring of events per slot, which lies in the arena.
 *
 * One thread writes it, the slot's, where it is on a cold path anyhow; whoever wants reads it. Nobody
 * waits: when the ring is full, because nobody reads, the event is dropped and the drop counted. An
 * event is four plain stores and one publish. `layout` has the picture.
 */
import {
  SLOT_TELEMETRY,
  TELEMETRY_EVENT_COUNT,
  TELEMETRY_EVENT_WORD_COUNT,
  TELEMETRY_EVENTS,
} from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'

/** A free list was filled: blocks handed out, live blocks, blocks spare at the look before. */
export const EVENT_REFILL = 0
/** A slot got a run: spans, the first one. */
export const EVENT_CLAIM = 1
/** A slot gave a run back: spans, the first one. */
export const EVENT_RETURN = 2
/** A slot took back what another one had freed: blocks, that slot. */
export const EVENT_DRAIN = 3
/** A dead slot was adopted: spans that it has, its generation. */
export const EVENT_ADOPT = 4

export const EVENT_KINDS = ['refill', 'claim', 'return', 'drain', 'adopt'] as const
export type TelemetryEventKind = (typeof EVENT_KINDS)[number]

/** Above the kind; events that are of no class have row 0. */
export const EVENT_ROW_SHIFT = 8

/** First word of a slot's ring. */
export const ringOf = (memory: ArenaMemory, slot: SlotIndex): number =>
  memory.slotWord(slot, SLOT_TELEMETRY)

/** First word of the event of a number. */
export const eventWord = (ring: number, number: number) =>
  ring + TELEMETRY_EVENTS + (number & (TELEMETRY_EVENT_COUNT - 1)) * TELEMETRY_EVENT_WORD_COUNT
