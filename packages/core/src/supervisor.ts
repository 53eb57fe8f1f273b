/**
 * A supervisor: from any thread, it reads the telemetry of all pools and publishes how many blocks their
 * refills hand out. A pool reads one word at its next refill, and waits for nobody.
 */
import { invalidArgument } from './errors.ts'
import { SLOT_PUBLISHED } from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { baseBatch, MAX_BATCH } from './policy.ts'
import { checkedSlot } from './slots.ts'
import { betterBatch, type Window, wasIdle } from './supervise.ts'
import { openTelemetry, type TelemetryEvent } from './telemetry/telemetry.ts'
import { asSlotIndex, type ClassIndex, type SlotIndex } from './units.ts'

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
  /** May be set. What was found as a canary is published to all by the first step in `learn`. */
  state: SupervisorState

  /**
   * Ends a window: reads what all pools did since the last step, and publishes where another batch, twice
   * or half as large, has been better by 8 % in three windows one after the other. Call it now and then,
   * each frame or second; of a pool that does more than its ring holds meanwhile it knows only a part.
   * @param visit is given every event, which no other reader sees then
   * @returns how many classes got another batch
   */
  step(visit?: (event: Readonly<TelemetryEvent>) => void): number

  /** What it has found for the class of a byte length: blocks a refill; 0 where it found nothing yet. */
  batchFor(byteLength: number): number

  /** Forgets what it has found, and leaves all pools to what they learn by themselves. */
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
  readonly window: Window
  /** Per slot, the blocks of the refill that came first after a look; -1 when there were more. */
  readonly onlyRefills: Int32Array
}

/** Watches from now on. */
export function openSupervisor(
  memory: ArenaMemory,
  { state = 'frozen', canarySlot = 0 }: SupervisorOptions = {},
): Supervisor {
  let current = checkedState(state)
  const canary = checkedSlot(memory, canarySlot)
  const telemetry = openTelemetry(memory)
  const findings = Array.from(memory.classes.strides, () => newFinding(memory.slotCount))
  const publishedSlots = () => (current === 'canary' ? [canary] : slotsOf(memory))

  function step(visit?: (event: Readonly<TelemetryEvent>) => void): number {
    for (const { window } of findings) Object.assign(window, emptyWindow())
    telemetry.read((event) => {
      if (event.kind === 'refill') note(findings[event.classIndex], event)
      visit?.(event)
    })
    if (current === 'frozen') return 0
    let changed = 0
    for (const [classIndex, finding] of findings.entries()) {
      if (judge(finding, memory.classes.strides[classIndex])) changed++
      if (finding.batch !== 0) publish(memory, publishedSlots(), classIndex, finding.batch)
    }
    return changed
  }

  function withdraw(): void {
    for (const [classIndex, finding] of findings.entries()) {
      Object.assign(finding, newFinding(memory.slotCount))
      publish(memory, slotsOf(memory), classIndex, 0)
    }
  }

  return {
    get state() {
      return current
    },
    set state(next) {
      current = checkedState(next)
    },
    step,
    batchFor: (byteLength) => findings[checkedClass(memory, byteLength)].batch,
    withdraw,
  }
}

const emptyWindow = (): Window => ({ blockCount: 0, refillCount: 0, idleRefillCount: 0 })

const newFinding = (slotCount: number): Finding => ({
  batch: 0,
  direction: 0,
  streak: 0,
  coolDown: 0,
  window: emptyWindow(),
  onlyRefills: new Int32Array(slotCount),
})

function note({ window, onlyRefills }: Finding, event: Readonly<TelemetryEvent>): void {
  const { slot, blockCount, spareBlocks } = event
  const isFirst = spareBlocks > 0
  if (isFirst && onlyRefills[slot] > 0 && wasIdle(onlyRefills[slot], spareBlocks)) {
    window.idleRefillCount++
  }
  onlyRefills[slot] = isFirst ? blockCount : -1
  window.blockCount += blockCount
  window.refillCount++
}

/** Whether the class got another batch. A window without a refill of it says nothing. */
function judge(finding: Finding, stride: number): boolean {
  const { blockCount, refillCount } = finding.window
  if (refillCount === 0) return false
  if (finding.coolDown > 0) {
    finding.coolDown--
    return false
  }
  // Before the first finding a batch is what pools do by themselves, which swings.
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
