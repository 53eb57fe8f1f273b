/**
 * A supervisor: from any thread, it reads the telemetry of all pools and publishes how many blocks their
 * refills hand out. A pool reads one word at its next refill, and waits for nobody.
 */
import { invalidArgument } from '../base/errors.ts'
import { SLOT_PUBLISHED } from '../base/layout.ts'
import { checkOptions } from '../base/options.ts'
import { asSlotIndex, type ClassIndex, type SlotIndex } from '../base/units.ts'
import type { ArenaMemory } from '../memory/memory.ts'
import { baseBatch, MAX_BATCH } from '../memory/policy.ts'
import { checkedSlot } from '../spans/slots.ts'
import { openTelemetry, type TelemetryEvent } from '../telemetry/telemetry.ts'
import { betterBatch, type RefillWindow, wasIdle } from './supervise.ts'

/**
 * `frozen`: publishes nothing, so that results stay reproducible; what was published stays. `canary`:
 * publishes what it finds to one slot, where its effect can be looked at. `learn`: to all slots.
 */
export type SupervisorState = 'frozen' | 'canary' | 'learn'
const STATES: readonly unknown[] = ['frozen', 'canary', 'learn'] satisfies SupervisorState[]

export interface SupervisorOptions {
  /** `frozen` by default. */
  readonly state?: SupervisorState
  /** The slot that `canary` publishes to: 0 by default. */
  readonly canarySlot?: number
}

export interface Supervisor {
  /** May be set. What was found in `canary` is published to all as soon as it is `learn`. */
  state: SupervisorState

  /**
   * Ends a window: reads what all pools did since the last step, and publishes a batch where another one,
   * twice or half as large as now (at first: as refills hand out on average), has been better in three
   * windows one after the other: twice that saves 8 % of what refills cost; half where most of them were
   * four times too much. Then it leaves the class alone for ten windows. What `arena.publishBatch` says
   * meanwhile stands until it finds another batch.
   *
   * Call it now and then, each frame or second; of a pool that does more than its ring holds meanwhile it
   * knows only a part.
   * @param visit is given every event, which no other reader sees then
   * @returns how many classes got another batch
   * @throws ArenaError 'invalid-argument'
   */
  step(visit?: (event: Readonly<TelemetryEvent>) => void): number

  /**
   * What it has found for the class of a byte length: blocks a refill; 0 where it found nothing
   * yet.
   * @throws ArenaError 'invalid-argument'
   */
  batchFor(byteLength: number): number

  /**
   * Forgets what it has found, and leaves all pools to what they learn by themselves: what was published
   * by others is withdrawn as well.
   */
  withdraw(): void
}

/** A batch has to be better in so many windows one after the other ... */
const STREAK = 3
/** ... and then stays for as many at least, so that two that cost about the same do not take turns. */
const COOL_DOWN = 10

/** What is known of a class. */
interface Finding {
  /** 0 where nothing was found. */
  batch: number
  /** Which way the last windows pointed: 1 is a larger batch, -1 a smaller one; and how many did. */
  direction: number
  streak: number
  coolDown: number
  readonly window: RefillWindow
  /** Per slot, the blocks of the refill that came first after a look; -1 when there were more. */
  readonly onlyRefills: Int32Array
}

/** Nothing happens but in its `step`. */
export function openSupervisor(memory: ArenaMemory, options: SupervisorOptions = {}): Supervisor {
  checkOptions(options, ['state', 'canarySlot'], `{ state: 'learn' }`)
  const { state = 'frozen', canarySlot = 0 } = options
  let current = checkedState(state)
  const canary = checkedSlot(memory, canarySlot)
  const slots = slotsOf(memory)
  const canaries = [canary]
  const telemetry = openTelemetry(memory)
  const findings = Array.from(memory.classes.strides, () => newFinding(memory.slotCount))
  let visitor: ((event: Readonly<TelemetryEvent>) => void) | undefined

  function noteEvent(event: Readonly<TelemetryEvent>): void {
    const isJudged = current !== 'canary' || event.slot === canary
    if (event.kind === 'refill' && isJudged) note(findings[event.classIndex], event)
    visitor?.(event)
  }

  function step(visit?: (event: Readonly<TelemetryEvent>) => void): number {
    if (visit !== undefined && typeof visit !== 'function') {
      throw invalidArgument('visit', visit, 'a function, or none')
    }
    for (let classIndex = 0; classIndex < findings.length; classIndex++) {
      clear(findings[classIndex].window)
    }
    visitor = visit
    telemetry.read(noteEvent)
    if (current === 'frozen') return 0
    let changed = 0
    for (let classIndex = 0; classIndex < findings.length; classIndex++) {
      if (!judge(findings[classIndex], memory.classes.strides[classIndex])) continue
      publishFinding(classIndex)
      changed++
    }
    return changed
  }

  function publishFinding(classIndex: number): void {
    const { batch } = findings[classIndex]
    if (batch === 0 || current === 'frozen') return
    publish(memory, current === 'canary' ? canaries : slots, classIndex, batch)
  }

  function withdraw(): void {
    for (let classIndex = 0; classIndex < findings.length; classIndex++) {
      findings[classIndex] = newFinding(memory.slotCount)
      publish(memory, slots, classIndex, 0)
    }
  }

  return {
    get state() {
      return current
    },
    set state(next) {
      current = checkedState(next)
      for (const classIndex of findings.keys()) publishFinding(classIndex)
    },
    step,
    batchFor: (byteLength) => findings[checkedClass(memory, byteLength)].batch,
    withdraw,
  }
}

const newFinding = (slotCount: number): Finding => ({
  batch: 0,
  direction: 0,
  streak: 0,
  coolDown: 0,
  window: { blockCount: 0, refillCount: 0, furtherCount: 0, idleCount: 0 },
  onlyRefills: new Int32Array(slotCount),
})

function clear(window: RefillWindow): void {
  window.blockCount = 0
  window.refillCount = 0
  window.furtherCount = 0
  window.idleCount = 0
}

function note({ window, onlyRefills }: Finding, event: Readonly<TelemetryEvent>): void {
  const { slot, blockCount, spareBlocks } = event
  const isFirst = spareBlocks > 0
  if (isFirst && onlyRefills[slot] > 0 && wasIdle(onlyRefills[slot], spareBlocks)) {
    window.idleCount++
  }
  onlyRefills[slot] = isFirst ? blockCount : -1
  window.blockCount += blockCount
  window.refillCount++
  if (!isFirst) window.furtherCount++
}

/** Whether the class got another batch. A window without a refill of it says nothing. */
function judge(finding: Finding, stride: number): boolean {
  const { blockCount, refillCount } = finding.window
  if (refillCount === 0) return false
  if (finding.coolDown > 0) {
    finding.coolDown--
    return false
  }
  // Before the first finding: what pools hand out by themselves, on average.
  const batch = finding.batch || Math.max(Math.round(blockCount / refillCount), baseBatch(stride))
  const better = betterBatch(finding.window, batch, stride)
  const direction = Math.sign(better - batch)
  finding.streak = direction === finding.direction ? finding.streak + 1 : 1
  finding.direction = direction
  if (direction === 0 || finding.streak < STREAK) return false
  finding.streak = 0
  finding.batch = better
  finding.coolDown = COOL_DOWN
  return true
}

/** Publishes how many blocks refills of a class hand out, in one slot or all. */
export function publishBatch(
  memory: ArenaMemory,
  byteLength: number,
  blockCount: number,
  slot?: number,
): void {
  const classIndex = checkedClass(memory, byteLength)
  if (!Number.isInteger(blockCount) || blockCount < 0 || blockCount > MAX_BATCH) {
    const expected = `a whole number of blocks up to ${MAX_BATCH}, or 0`
    throw invalidArgument('blockCount', blockCount, expected)
  }
  const slots = slot === undefined ? slotsOf(memory) : [checkedSlot(memory, slot)]
  publish(memory, slots, classIndex, blockCount)
}

function publish(
  memory: ArenaMemory,
  slots: readonly SlotIndex[],
  classIndex: number,
  blockCount: number,
): void {
  for (const slot of slots) {
    Atomics.store(memory.i32, memory.slotWord(slot, SLOT_PUBLISHED + classIndex), blockCount)
  }
}

const slotsOf = (memory: ArenaMemory) =>
  Array.from({ length: memory.slotCount }, (_, slot) => asSlotIndex(slot))

function checkedClass(memory: ArenaMemory, byteLength: number): ClassIndex {
  const { maxByteLength } = memory.classes
  if (Number.isInteger(byteLength) && byteLength >= 0 && byteLength <= maxByteLength) {
    return memory.classes.classFor(byteLength)
  }
  throw invalidArgument('byteLength', byteLength, `a whole number up to ${maxByteLength}`)
}

function checkedState(state: SupervisorState): SupervisorState {
  if (STATES.includes(state)) return state
  throw invalidArgument('state', state, `'frozen', 'canary' or 'learn'`)
}
