/** Every span is free, control, or part of exactly one run; slots own as many as they say. */
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
  const ownedSpanCounts: number[] = new Array(memory.slotCount).fill(0)
  let index = 0
  while (index < memory.spanCount) {
    const span = asSpanIndex(index)
    const word = memory.i32[memory.mapWord(span)]
    const state = stateInMap(word)
    let spanCount = 1
    if ((state === SPAN_CONTROL) !== index < memory.controlSpanCount) {
      findings.fail(
        memory.spanStart(span),
        `span ${index} has state ${state}: control area or not?`,
      )
    } else if (state === SPAN_HEAD || state === SPAN_LARGE) {
      spanCount = checkRunInMap(findings, span)
      const owner = ownerInMap(word)
      if (owner in ownedSpanCounts) ownedSpanCounts[owner] += spanCount
    } else if (word !== SPAN_FREE && state !== SPAN_CONTROL) {
      const what = `span ${index} belongs to slot ${ownerInMap(word)} but to no run (state ${state})`
      findings.fail(memory.spanStart(span), what)
    }
    index += spanCount
  }
  ownedSpanCounts.forEach((found, slot) => {
    const counted = memory.i32[memory.slotWord(asSlotIndex(slot), SLOT_OWNED_SPANS)]
    if (counted === found) return
    findings.fail(0, `slot ${slot} counts ${counted} spans, the map says ${found}`)
  })
}

/** Gives the run's span count, at least 1. */
function checkRunInMap(findings: Findings, head: SpanIndex): number {
  const { memory } = findings
  const start = memory.spanStart(head)
  const word = memory.i32[memory.mapWord(head)]
  const classIndex = classInMap(word)
  const isLarge = stateInMap(word) === SPAN_LARGE
  if (positionInMap(word) !== 0 || (isLarge && isDraining(word))) {
    findings.fail(start, `the head at span ${head} has the word ${word >>> 0}`)
  }
  if (isLarge ? classIndex !== LARGE_CLASS : classIndex >= memory.classes.count) {
    findings.fail(start, `the run at span ${head} has class ${classIndex}, which there is not`)
    return 1
  }
  const owner = ownerInMap(word)
  if (owner < 0 || owner >= memory.slotCount) {
    findings.fail(start, `the run at span ${head} belongs to slot ${owner}, which there is not`)
    return 1
  }
  const spanCount = memory.i32[memory.recordWord(head, RECORD_RUN_SPAN_COUNT)]
  if (spanCount < 1 || head + spanCount > memory.spanCount) {
    findings.fail(start, `the run at span ${head} says that it has ${spanCount} spans`)
    return 1
  }
  for (let position = 1; position < spanCount; position++) {
    const tail = memory.i32[memory.mapWord(asSpanIndex(head + position))]
    const belongs =
      stateInMap(tail) === SPAN_TAIL &&
      ownerInMap(tail) === owner &&
      classInMap(tail) === classIndex &&
      !isDraining(tail) &&
      positionInMap(tail) === Math.min(position, MAX_POSITION)
    if (!belongs) findings.fail(start, `span ${head + position} is no tail of the run at ${head}`)
  }
  return spanCount
}
