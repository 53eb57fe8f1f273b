/**
 * A supervisor runs in any thread. It reads the telemetry of all pools, and publishes how many
 * blocks their refills hand out. A pool reads the published number at its next refill, and waits
 * for no thread.
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
 * The mode of a supervisor. It decides to which slots the supervisor publishes refill batches:
 *
 * - `frozen`: to no slot, so that results stay reproducible
 * - `canary`: to one slot only, so that you can watch the effect there
 * - `learn`: to all slots
 */
export type SupervisorState = 'frozen' | 'canary' | 'learn'
/** All modes of a supervisor. */
const STATES: readonly unknown[] = ['frozen', 'canary', 'learn'] satisfies SupervisorState[]

/** Options of `openSupervisor`. */
export interface SupervisorOptions {
  /** The mode of the supervisor at first. Default `'frozen'`. */
  readonly state?: SupervisorState
  /** The slot to which the supervisor publishes batches in mode `'canary'`. Default 0. */
  readonly canarySlot?: number
}

/**
 * Decides for all pools how many blocks a refill hands out. This number is the refill batch. A
 * supervisor learns it from the telemetry of the pools. `openSupervisor` opens a supervisor, in any
 * thread. A supervisor has no timer, so call `step` regularly.
 */
export interface Supervisor {
  /**
   * The mode of the supervisor. It decides to which slots the supervisor publishes batches. You may
   * set it. In `'canary'`, the supervisor publishes to one slot only. If you change `'canary'` to
   * `'learn'`, every slot gets the batches that were found for the canary slot.
   * @throws ArenaError 'invalid-argument' if you set any other value
   */
  state: SupervisorState

  /**
   * Reads the events of all pools since the last step, and changes the batches of size classes
   * where another batch costs less. In mode `'frozen'`, it only reads. Call it regularly, such as
   * each frame or each second, because pools drop events that nobody reads.
   *
   * A batch doubles or halves if the new batch would have been better in three steps in a row.
   * Twice the batch is better if it saves 8 % of the cost of refills. Half of the batch is better
   * if most refills handed out four times what was needed. After a change, the size class keeps its
   * batch for ten steps.
   *
   * Before its first change, the supervisor assumes the average number of blocks that refills hand
   * out. A batch that `publishBatch` set stays until the supervisor finds another one.
   * @param visit gets every event. Without it, the events are lost, because other readers do not
   * get the events that `step` reads
   * @returns how many size classes got another batch
   * @throws ArenaError 'invalid-argument' if `visit` is not a function
   */
  step(visit?: (event: Readonly<TelemetryEvent>) => void): number

  /**
   * Returns the refill batch that the supervisor has found for blocks of `byteLength` bytes, as a
   * number of blocks. Returns 0 if it has found none yet.
   * @throws ArenaError 'invalid-argument' if `byteLength` is wrong, or is too long for a size class
   */
  batchFor(byteLength: number): number

  /**
   * Forgets what the supervisor has found, and withdraws all published batches, even if another
   * publisher has published them. Then each pool decides by itself again.
   */
  reset(): void
}

/**
 * A batch is published if it would have been better in so many windows in a row. A window is the
 * time between two steps.
 */
const STREAK = 3
/**
 * A batch stays for so many windows. Otherwise two batches of about the same cost could alternate.
 */
const COOL_DOWN = 10
/** Makes an empty finding: what a supervisor knows about a class. */
const newFinding = (slotCount: number) => ({
  /** The batch that was found for the class; 0 if none was found. */
  batch: 0,
  /**
   * What the last `streak` windows asked for: 1 is a larger batch, -1 a smaller one, 0 the same
   * batch.
   */
  direction: 0,
  /** How many windows in a row had this direction. */
  streak: 0,
  /** How many more windows the batch must stay. */
  coolDown: 0,
  /**
   * Counts of this window: the blocks that refills handed out, and the counts of `RefillWindow`.
   */
  blockCount: 0,
  refillCount: 0,
  furtherCount: 0,
  idleCount: 0,
  /**
   * For each slot: how many blocks the only refill since the last sweep handed out; -1 if there was
   * more than one refill.
   */
  onlyRefills: new Int32Array(slotCount),
})
/** What a supervisor knows about a class. */
type Finding = ReturnType<typeof newFinding>

/** Opens a supervisor. It has no timer: it reads events only in `step`. */
export function openSupervisor(memory: ArenaMemory, options: SupervisorOptions = {}): Supervisor {
  checkOptions(options, ['state', 'canarySlot'])
  const { state = 'frozen', canarySlot = 0 } = options
  let current = checkedState(state)
  const canary = checkedSlot(memory, canarySlot)
  const telemetry = openTelemetry(memory)
  const findings = Array.from(memory.strides, () => newFinding(memory.slotCount))
  let visitor: ((event: Readonly<TelemetryEvent>) => void) | undefined

  /**
   * Adds a refill to the window of its class, and passes the event to the visitor of `step`. In
   * mode 'canary', only refills of the canary slot count.
   */
  function noteEvent(event: Readonly<TelemetryEvent>): void {
    const isJudged = current !== 'canary' || event.slot === canary
    if (event.kind === 'refill' && isJudged) note(findings[event.classIndex], event)
    visitor?.(event)
  }

  /** See `Supervisor.step`. */
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

  /** Publishes the batch that was found for a class, if one was found and the mode allows it. */
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
function note(finding: Finding, { slot, blockCount, spareBlockCount }: TelemetryEvent): void {
  const { onlyRefills } = finding
  const isFirst = spareBlockCount > 0
  if (isFirst && onlyRefills[slot] > 0 && wasIdle(onlyRefills[slot], spareBlockCount)) {
    finding.idleCount++
  }
  onlyRefills[slot] = isFirst ? blockCount : -1
  finding.blockCount += blockCount
  finding.refillCount++
  if (!isFirst) finding.furtherCount++
}

/**
 * Decides at the end of a window whether a class gets another batch. Returns true if the class gets
 * one. Without refills in the window, nothing changes.
 */
function judge(finding: Finding, stride: number): boolean {
  const { blockCount, refillCount } = finding
  if (refillCount === 0) return false
  if (finding.coolDown > 0) {
    finding.coolDown--
    return false
  }
  // Before the first finding, the average number of blocks of a refill stands for the batch.
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

/** See `publishBatch` in tuning.ts. */
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

/**
 * Publishes the batch of a class.
 * @param only the slot to publish it to; undefined for all slots
 * @param blockCount the batch; 0 to withdraw the published batch
 */
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

/**
 * Returns the size class of blocks of `byteLength` bytes.
 * @throws ArenaError 'invalid-argument' if no size class has room for them
 */
function checkedClass(memory: ArenaMemory, byteLength: number): ClassIndex {
  checkInteger('byteLength', byteLength, 0, memory.maxClassByteLength)
  return classFor(memory, byteLength)
}

/**
 * Returns `state` if it is a mode of a supervisor.
 * @throws ArenaError 'invalid-argument' if it is not
 */
function checkedState(state: SupervisorState): SupervisorState {
  if (STATES.includes(state)) return state
  throw invalidArgument('state', state, `'frozen', 'canary' or 'learn'`)
}
