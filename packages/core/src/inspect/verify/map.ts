/** Every span is free, control, or part of exactly one run; slots own as many as they count. */

import * as layout from '../../base/layout.ts'
import { asSlotIndex, asSpanIndex, type SpanIndex } from '../../base/units.ts'
import { mapAt, recordAt } from '../../memory/memory.ts'
import { classInMap, mapWord, ownerInMap, stateInMap } from '../../spans/span-map.ts'
import type { Findings } from './findings.ts'

export function checkMap(findings: Findings): void {
  const { memory } = findings
  let spanCount = 1
  for (let index = 0; index < memory.spanCount; index += spanCount) {
    const span = asSpanIndex(index)
    const word = mapAt(memory, span)
    const state = stateInMap(word)
    spanCount = 1
    if ((state === layout.SPAN_CONTROL) !== index < memory.controlSpanCount) {
      findings.failSpan(span, `has state ${state}: control area or not?`)
    } else if (state === layout.SPAN_HEAD || state === layout.SPAN_LARGE) {
      spanCount = checkRunInMap(findings, span)
    } else if (word !== layout.SPAN_FREE && state !== layout.SPAN_CONTROL) {
      findings.failSpan(span, `belongs to slot ${ownerInMap(word)} but to no run (state ${state})`)
    }
  }
  for (let slot = asSlotIndex(0); slot < memory.slotCount; slot++) {
    findings.checkCount(layout.SLOT_OWNED_SPANS, slot, 'spans in the map')
  }
}

/** Counts the spans of a run for its owner. Gives the run's span count; 1 if it is damaged. */
function checkRunInMap(findings: Findings, head: SpanIndex): number {
  const { memory } = findings
  const word = mapAt(memory, head)
  const classIndex = classInMap(word)
  const owner = ownerInMap(word)
  const spanCount = recordAt(memory, head, layout.RECORD_RUN_SPAN_COUNT)
  const isLarge = stateInMap(word) === layout.SPAN_LARGE
  if (isLarge ? classIndex !== layout.LARGE_CLASS : classIndex >= memory.classes.count) {
    findings.failSpan(head, `has class ${classIndex}, which does not exist`)
  } else if (owner < 0 || owner >= memory.slotCount) {
    findings.failSpan(head, `belongs to slot ${owner}, which does not exist`)
  } else if (spanCount < 1 || head + spanCount > memory.spanCount) {
    findings.failSpan(head, `has ${spanCount} spans by its record`)
  } else {
    // A run of a class may be draining.
    const sound = mapWord(isLarge ? layout.SPAN_LARGE : layout.SPAN_HEAD, owner, classIndex, 0)
    if ((isLarge ? word : word & ~layout.MAP_DRAINING) !== sound) {
      findings.failSpan(head, `begins with the map word ${word >>> 0}`)
    }
    for (let position = 1; position < spanCount; position++) {
      const span = asSpanIndex(head + position)
      const tail = mapWord(
        layout.SPAN_TAIL,
        owner,
        classIndex,
        Math.min(position, layout.MAX_POSITION),
      )
      if (mapAt(memory, span) !== tail) findings.failSpan(head, `has no tail at span ${span}`)
    }
    findings.count(layout.SLOT_OWNED_SPANS, owner, spanCount)
    return spanCount
  }
  return 1
}
