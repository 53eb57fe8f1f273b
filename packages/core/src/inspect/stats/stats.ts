/** Figures about an arena, or about one slot. */
import { isPlainObject } from '../../base/builtins.ts'
import { invalidArgument } from '../../base/errors.ts'
import {
  CONTROL_PEAK_SPAN_COUNT,
  SLOT_OWNED_SPANS,
  SLOT_PEAK_OWNED_SPANS,
  SPAN_BYTE_LENGTH,
} from '../../base/layout.ts'
import { checkOptions } from '../../base/options.ts'
import { asSlotIndex } from '../../base/units.ts'
import type { ArenaMemory } from '../../memory/memory.ts'
import { checkedSlot } from '../../spans/slots.ts'
import { countFreeSpans } from '../../spans/span-map.ts'
import { countClasses, countSlots, sumUp, walkClasses } from './counted.ts'
import { type ArenaStats, emptyStats } from './figures.ts'

export type { ArenaStats, ClassStats, SlotStats } from './figures.ts'

export interface StatsOptions {
  /**
   * Walks all headers, instead of adding up what the cold paths counted. Meanwhile, no other thread
   * may call the library.
   */
  readonly exact?: boolean
  /** The slot to give the figures of; all slots by default. */
  readonly slot?: number
  /** The result of an earlier call, to fill again and return: the call then makes no garbage. */
  readonly into?: ArenaStats
}

const KEYS = ['exact', 'slot', 'into'] as const satisfies (keyof StatsOptions)[]
const NO_OPTIONS: StatsOptions = {}

export function collectStats(memory: ArenaMemory, options = NO_OPTIONS): ArenaStats {
  checkOptions(options, KEYS, '{ exact: true }')
  const { exact = false, slot, into } = options
  if (typeof exact !== 'boolean') throw invalidArgument('exact', exact, 'true or false')
  const only = slot === undefined ? -1 : checkedSlot(memory, slot)
  if (into !== undefined && !(isPlainObject(into) && isOf(memory, into))) {
    throw invalidArgument('into', into, 'what stats() of this arena gave')
  }
  const stats = into ?? emptyStats(memory.classes.strides)
  const firstSlot = only === -1 ? 0 : only
  const endSlot = only === -1 ? memory.openedSlotCount : only + 1
  stats.exact = exact
  countSpans(memory, stats, only, exact)
  countClasses(memory, stats.classes, firstSlot, endSlot)
  if (exact) walkClasses(memory, stats.classes, only)
  countSlots(memory, stats.slots, firstSlot, endSlot)
  sumUp(stats)
  return stats
}

/** Whether figures have the rows of the arena, and can be filled. */
function isOf(memory: ArenaMemory, stats: ArenaStats): boolean {
  const { classes, slots } = stats
  if (Object.isFrozen(stats)) return false
  const { strides, count } = memory.classes
  if (classes?.length !== count + 1 || !Array.isArray(slots)) return false
  for (let index = 0; index < count; index++) {
    if (classes[index]?.stride !== strides[index]) return false
  }
  return classes[count]?.stride === 0
}

function countSpans(memory: ArenaMemory, stats: ArenaStats, only: number, exact: boolean): void {
  const { i32 } = memory
  let committedSpanCount = 0
  let peakSpanCount = i32[memory.controlWord(CONTROL_PEAK_SPAN_COUNT)]
  if (only !== -1) {
    const slot = asSlotIndex(only)
    committedSpanCount = memory.slotAt(slot, SLOT_OWNED_SPANS)
    peakSpanCount = memory.slotAt(slot, SLOT_PEAK_OWNED_SPANS)
  } else if (exact) {
    committedSpanCount = memory.spanCount - countFreeSpans(memory)
  } else {
    committedSpanCount = memory.controlSpanCount
    for (let slot = asSlotIndex(0); slot < memory.openedSlotCount; slot++) {
      committedSpanCount += memory.slotAt(slot, SLOT_OWNED_SPANS)
    }
  }
  stats.reservedBytes = memory.byteLength
  stats.committedBytes = committedSpanCount * SPAN_BYTE_LENGTH
  stats.peakCommittedBytes = peakSpanCount * SPAN_BYTE_LENGTH
  stats.controlBytes = only === -1 ? memory.controlSpanCount * SPAN_BYTE_LENGTH : 0
}
