/**
 * Puts the partial spans of a slot and class in ascending order, so that refills fill low spans first:
 * what lives in high ones dies out, they become empty, and committed memory stays compact.
 *
 * A merge sort of the list itself, which needs no memory beside it.
 */
import { corrupt } from '../base/errors.ts'
import { RECORD_NEXT_PARTIAL, RECORD_PREVIOUS_PARTIAL, SLOT_PARTIAL_HEADS } from '../base/layout.ts'
import { asSpanIndex, type ClassIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'

export function sortPartial(memory: ArenaMemory, slot: SlotIndex, classIndex: ClassIndex): void {
  const { i32 } = memory
  const head: number = memory.slotWord(slot, SLOT_PARTIAL_HEADS + classIndex)
  if (isAscending(memory, slot, i32[head])) return // mostly: n steps
  i32[head] = sorted(memory, head, i32[head])
  let previous = 0
  for (let span = i32[head]; span !== 0; span = i32[nextWord(memory, span)]) {
    i32[memory.recordWord(asSpanIndex(span), RECORD_PREVIOUS_PARTIAL)] = previous
    previous = span
  }
}

/** The word that says which span follows. */
const nextWord = (memory: ArenaMemory, span: number): number =>
  memory.recordWord(asSpanIndex(span), RECORD_NEXT_PARTIAL)

/** Goes to the end of the list, in any case: what is no list must not be sorted. */
function isAscending(memory: ArenaMemory, slot: SlotIndex, first: number): boolean {
  let isSo = true
  let steps = 0
  for (let span = first, next = 0; span !== 0; span = next) {
    if (!(span > 0 && span < memory.spanCount) || steps++ > memory.spanCount) {
      throw corrupt(`the partial spans of slot ${slot} lead to ${span}`)
    }
    next = memory.i32[nextWord(memory, span)]
    if (next !== 0 && next < span) isSo = false
  }
  return isSo
}

/** Sorts a list by its forward links and gives its first span. @param head a word to write to */
function sorted(memory: ArenaMemory, head: number, first: number): number {
  const { i32 } = memory
  let fast = i32[nextWord(memory, first)]
  if (fast === 0) return first
  let slow = first
  while (fast !== 0 && i32[nextWord(memory, fast)] !== 0) {
    slow = i32[nextWord(memory, slow)]
    fast = i32[nextWord(memory, i32[nextWord(memory, fast)])]
  }
  const second = i32[nextWord(memory, slow)]
  i32[nextWord(memory, slow)] = 0
  return merge(memory, head, sorted(memory, head, first), sorted(memory, head, second))
}

function merge(memory: ArenaMemory, head: number, a: number, b: number): number {
  const { i32 } = memory
  let end = head
  while (a !== 0 && b !== 0) {
    const low = Math.min(a, b)
    i32[end] = low
    end = nextWord(memory, low)
    if (low === a) a = i32[end]
    else b = i32[end]
  }
  i32[end] = a !== 0 ? a : b
  return i32[head]
}
