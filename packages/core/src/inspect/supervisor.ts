/**
 * A supervisor, in any thread, reads the telemetry of all pools and publishes how many blocks their
 * refills hand out. A pool reads that number at its next refill, and waits for no thread.
 */
import { checkInteger, checkOptions, invalidArgument } from '../base/errors.ts'
import * as layout from '../base/layout.ts'
import type { ClassIndex, SlotIndex } from '../base/units.ts'
import { type ArenaMemory, slotWord } from '../memory/memory.ts'
import { baseBatch, betterBatch, MAX_BATCH, wasIdle } from '../memory/refill-batch.ts'
import { classFor } from '../memory/size-classes.ts'
import { checkedSlot } from '../spans/slots.ts'
import { openTelemetry, type TelemetryEvent } from '../telemetry/telemetry.ts'

/**
 * What a supervisor publishes:
 *
 * - `frozen`: nothing, so that results stay reproducible
 * - `canary`: refill batches for one slot only, where you can watch the effect
 * - `learn`: refill batches for all slots
 */
export type SupervisorState = 'frozen' | 'canary' | 'learn'
const STATES: readonly unknown[] = ['frozen', 'canary', 'learn'] satisfies SupervisorState[]

/** Options of `openSupervisor`. */
export interface SupervisorOptions {
  /** What the supervisor publishes at first. Default `'frozen'`. */
  readonly state?: SupervisorState
  /** The slot that gets refill batches in state `'canary'`. Default 0. */
  readonly canarySlot?: number
}

/**
 * Chooses for all pools how many blocks a refill hands out: the refill batch. It learns from the
 * telemetry of the pools. `openSupervisor` opens one, in any thread. It has no timer: call `step`
 * regularly.
 */
export interface Supervisor {
  /**
   * What the supervisor publishes. You may set it. If you change `'canary'` to `'learn'`, all slots
   * at once get the batches that were found for the canary slot.
   * @throws ArenaError 'invalid-argument' if you set another value
   */
  state: SupervisorState

  /**
   * Reads the events of all pools since the last step, and changes batches where that pays. If the
   * state is `'frozen'`, it only reads. Call it regularly, such as each frame or each second: pools
   * drop events if nobody reads them.
   *
   * A batch doubles or halves if this would have been better in three steps in a row. Twice the
   * batch is better if it saves 8 % of the cost of refills. Half of it is better if most refills
   * handed out four times what was needed. After a change, the size class keeps its batch for ten
   * steps.
   *
   * Before its first change, the supervisor assumes the batch that refills hand out on average. A
   * batch that `publishBatch` set stays until the supervisor finds another one.
   * @param visit gets every event, because other readers do not get the events that `step` reads
   * @returns how many size classes got another batch
   * @throws ArenaError 'invalid-argument'
   */
  step(visit?: (event: Readonly<TelemetryEvent>) => void): number

  /**
   * Returns the refill batch that was found for blocks of `byteLength` bytes, in blocks. It is 0 if
   * none was found yet.
   * @throws ArenaError 'invalid-argument'
   */
  batchFor(byteLength: number): number

  /**
   * Forgets what the supervisor has found, and withdraws all published batches, also those of other
   * publishers. Pools then decide by themselves again.
   */
  reset(): void
}

/** A batch is published if it would have been better in so many windows in a row. */
const STREAK = 3
/** A batch stays for so many windows, lest two batches of about the same cost alternate. */
const COOL_DOWN = 10
/** What a supervisor knows about a class. */
const newFinding = (slotCount: number) => ({
  /** The batch that was found for the class; 0 if none was. */
  batch: 0,
  /** What the last `streak` windows asked for: a larger batch is 1, a smaller one -1, neither 0. */
  direction: 0,
  streak: 0,
  coolDown: 0,
  /** Of this window: blocks that its refills handed out, and the counts of `RefillWindow`. */
  blockCount: 0,
  refillCount: 0,
  furtherCount: 0,
  idleCount: 0,
  /** By slot: how many blocks its only refill since a sweep handed out; -1 if there were more. */
  onlyRefills: new Int32Array(slotCount),
})
type Finding = ReturnType<typeof newFinding>

/** Opens a supervisor, which reads events only in `step`: it has no timer. */
export function openSupervisor(memory: ArenaMemory, options: SupervisorOptions = {}): Supervisor {
  checkOptions(options, ['state', 'canarySlot'])
  const { state = 'frozen', canarySlot = 0 } = options
  let current = checkedState(state)
  const canary = checkedSlot(memory, canarySlot)
  const telemetry = openTelemetry(memory)
  const findings = Array.from(memory.strides, () => newFinding(memory.slotCount))
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
      const finding = findings[classIndex]
      finding.refillCount = 0
      finding.blockCount = 0
      finding.furtherCount = 0
      finding.idleCount = 0
    }
    visitor = visit
    telemetry.read(noteEvent)
    let changed = 0
    for (let classIndex = 0; current !== 'frozen' && classIndex < findings.length; classIndex++) {
      if (!judge(findings[classIndex], memory.strides[classIndex])) continue
      publishFinding(classIndex)
      changed++
    }
    return changed
  }

  function publishFinding(classIndex: number): void {
    const { batch } = findings[classIndex]
    if (batch === 0 || current === 'frozen') return
    publish(memory, current === 'canary' ? canary : undefined, classIndex, batch)
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
    reset() {
      for (const classIndex of findings.keys()) {
        findings[classIndex] = newFinding(memory.slotCount)
        publish(memory, undefined, classIndex, 0)
      }
    },
  }
}

/** Adds a refill to the window of its class. */
function note(
  finding: Finding,
  { slot, blockCount, spareBlockCount: spareBlocks }: TelemetryEvent,
): void {
  const { onlyRefills } = finding
  const isFirst = spareBlocks > 0
  if (isFirst && onlyRefills[slot] > 0 && wasIdle(onlyRefills[slot], spareBlocks)) {
    finding.idleCount++
  }
  onlyRefills[slot] = isFirst ? blockCount : -1
  finding.blockCount += blockCount
  finding.refillCount++
  if (!isFirst) finding.furtherCount++
}

/** Whether a class gets another batch after its window. Without refills, nothing changes. */
function judge(finding: Finding, stride: number): boolean {
  const { blockCount, refillCount } = finding
  if (refillCount === 0) return false
  if (finding.coolDown > 0) {
    finding.coolDown--
    return false
  }
  // Before the first finding, the batch is what refills hand out on average.
  const batch = finding.batch || Math.max(Math.round(blockCount / refillCount), baseBatch(stride))
  const better = betterBatch(finding, batch, stride)
  const direction = Math.sign(better - batch)
  finding.streak = direction === finding.direction ? finding.streak + 1 : 1
  finding.direction = direction
  if (direction === 0 || finding.streak < STREAK) return false
  finding.streak = 0
  finding.batch = better
  finding.coolDown = COOL_DOWN
  return true
}

export function publishBatch(
  memory: ArenaMemory,
  byteLength: number,
  blockCount: number,
  slot?: number,
): void {
  const classIndex = checkedClass(memory, byteLength)
  checkInteger('blockCount', blockCount, 0, MAX_BATCH)
  const only = slot === undefined ? undefined : checkedSlot(memory, slot)
  publish(memory, only, classIndex, blockCount)
}

/** Publishes a batch of a class to the slot `only`, or to all slots. */
function publish(
  memory: ArenaMemory,
  only: SlotIndex | undefined,
  classIndex: number,
  blockCount: number,
): void {
  const end = only === undefined ? memory.slotCount : only + 1
  for (let slot = only ?? (0 as SlotIndex); slot < end; slot++) {
    const published = slotWord(memory, slot, layout.SLOT_PUBLISHED + classIndex)
    Atomics.store(memory.i32, published, blockCount)
  }
}

function checkedClass(memory: ArenaMemory, byteLength: number): ClassIndex {
  checkInteger('byteLength', byteLength, 0, memory.maxClassByteLength)
  return classFor(memory, byteLength)
}

function checkedState(state: SupervisorState): SupervisorState {
  if (STATES.includes(state)) return state
  throw invalidArgument('state', state, `'frozen', 'canary' or 'learn'`)
}
