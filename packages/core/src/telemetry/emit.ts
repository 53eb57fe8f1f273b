/** The writer's side of a ring. */
import {
  TELEMETRY_DROPPED,
  TELEMETRY_EVENT_COUNT,
  TELEMETRY_READ,
  TELEMETRY_READ_SEEN,
  TELEMETRY_WRITTEN,
} from '../base/layout.ts'
import type { SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { EVENT_ROW_SHIFT, eventWord, ringOf } from './ring.ts'

/** Notes an event in a slot's ring, by the thread that has the slot; or drops it. Never waits. */
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
  const written = i32[ring + TELEMETRY_WRITTEN]
  if (isFull(written, i32[ring + TELEMETRY_READ_SEEN])) {
    // Only now: an atomic look takes longer than all the rest.
    const read = Atomics.load(i32, ring + TELEMETRY_READ)
    i32[ring + TELEMETRY_READ_SEEN] = read
    if (isFull(written, read)) {
      i32[ring + TELEMETRY_DROPPED]++
      return
    }
  }
  const event = eventWord(ring, written)
  i32[event] = kind | (row << EVENT_ROW_SHIFT)
  i32[event + 1] = first
  i32[event + 2] = second
  i32[event + 3] = third
  Atomics.store(i32, ring + TELEMETRY_WRITTEN, (written + 1) | 0)
}

const isFull = (written: number, read: number) => ((written - read) | 0) >= TELEMETRY_EVENT_COUNT
