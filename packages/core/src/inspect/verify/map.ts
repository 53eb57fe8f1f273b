/** Every span is free, control, or part of exactly one run; slots own as many as they count. */
import {
  LARGE_CLASS,
  MAX_POSITION,
  RECORD_RUN_SPAN_COUNT,
  SLOT_OWNED_SPANS,
  SPAN_CONTROL,
  SPAN_FREE,
  SPAN_HEAD,
  SPAN_LARGE,
  SPAN_TAIL,
} from '../../base/layout.ts'
import { asSlotIndex, asSpanIndex, type SpanIndex } from '../../base/units.ts'
import {
  classInMap,
  isDraining,
  ownerInMap,
  positionInMap,
  stateInMap,
} from '../../spans/span-map.ts'
import type { Findings } from './findings.ts'

export function checkMap(findings: Findings): void {
  const { memory } = findings
  let spanCount = 1
  for (let index = 0; index < memory.spanCount; index += spanCount) {
    const span = asSpanIndex(index)
    const word = memory.mapAt(span)
    const state = stateInMap(word)
    spanCount = 1
    if ((state === SPAN_CONTROL) !== index < memory.controlSpanCount) {
      findings.fail(
        memory.spanStart(span),
        `span ${index} has state ${state}: control area or not?`,
      )
    } else if (state === SPAN_HEAD || state === SPAN_LARGE) {
      spanCount = checkRunInMap(findings, span)
      const owner = ownerInMap(word)
      if (owner >= 0 && owner < memory.slotCount) findings.add(SLOT_OWNED_SPANS, owner, spanCount)
    } else if (word !== SPAN_FREE && state !== SPAN_CONTROL) {
      const what = `belongs to slot ${ownerInMap(word)} but to no run (state ${state})`
      findings.fail(memory.spanStart(span), `span ${index} ${what}`)
    }
  }
  for (let slot = asSlotIndex(0); slot < memory.slotCount; slot++) {
    findings.checkCount(SLOT_OWNED_SPANS, slot, 'spans in the map')
  }
}

/** Gives the run's span count; 1 if it is damaged. */
function checkRunInMap(findings: Findings, head: SpanIndex): number {
  const { memory } = findings
  const fail = (what: string) =>
    findings.fail(memory.spanStart(head), `the run at span ${head} ${what}`)
  const word = memory.mapAt(head)
  const classIndex = classInMap(word)
  const isLarge = stateInMap(word) === SPAN_LARGE
  if (positionInMap(word) !== 0 || (isLarge && isDraining(word))) {
    fail(`begins with the map word ${word >>> 0}`)
  }
  if (isLarge ? classIndex !== LARGE_CLASS : classIndex >= memory.classes.count) {
    fail(`has class ${classIndex}, which does not exist`)
    return 1
  }
  const owner = ownerInMap(word)
  if (owner < 0 || owner >= memory.slotCount) {
    fail(`belongs to slot ${owner}, which does not exist`)
    return 1
  }
  const spanCount = memory.recordAt(head, RECORD_RUN_SPAN_COUNT)
  if (spanCount < 1 || head + spanCount > memory.spanCount) {
    fail(`has ${spanCount} spans by its record`)
    return 1
  }
  for (let position = 1; position < spanCount; position++) {
    const tail = memory.mapAt(asSpanIndex(head + position))
    const belongs =
      stateInMap(tail) === SPAN_TAIL &&
      ownerInMap(tail) === owner &&
      classInMap(tail) === classIndex &&
      !isDraining(tail) &&
      positionInMap(tail) === Math.min(position, MAX_POSITION)
    if (!belongs) fail(`has no tail at span ${head + position}`)
  }
  return spanCount
}
