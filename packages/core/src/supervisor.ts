/**
 * A supervisor: from any thread, it reads the telemetry of all pools and publishes how many blocks their
 * refills hand out. A pool reads one word at its next refill, and waits for nobody.
 */
import { invalidArgument } from './errors.ts'
import { SLOT_PUBLISHED } from './layout.ts'
import type { ArenaMemory } from './memory.ts'
import { baseBatch, MAX_BATCH } from './policy.ts'
import { checkedSlot } from './slots.ts'
import { betterBatch, WINDOW_COUNT } from './supervise.ts'
import { openTelemetry, type TelemetryEvent } from './telemetry/telemetry.ts'
import { asSlotIndex, type ClassIndex } from './units.ts'

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
   * or half as large, has been cheaper by 8 % in three windows one after the other. Call it now and then,
   * each second say. A window in which events were dropped is not judged.
   * @param visit is given every event, which no other reader sees then
   * @returns how many classes got another batch
   */
  step(visit?: (event: Readonly<TelemetryEvent>) => void): number

  /** What it has found for the class of a byte length: blocks a refill; 0 where it found nothing yet. */
  batchFor(byteLength: number): number

  /** Forgets what it has found, and leaves all pools to what they learn by themselves. */
  withdraw(): void
}

/** Watches from now on. */
export function openSupervisor(
  memory: ArenaMemory,
  { state = 'frozen', canarySlot = 0 }: SupervisorOptions = {},
): Supervisor {
  const telemetry = openTelemetry(memory)
  const classCount = memory.classes.count
  const canary = checkedSlot(memory, canarySlot)
  /** Per class: what was found, and what may be found next. */
  const found = new Int32Array(classCount)
  const candidates = new Int32Array(classCount)
  const streaks = new Int32Array(classCount)
  /** Per class, of this window. */
  const blockCounts = new Int32Array(classCount)
  const refillCounts = new Int32Array(classCount)
  let droppedEvents = telemetry.droppedEvents
  let current = checkedState(state)

  function step(visit?: (event: Readonly<TelemetryEvent>) => void): number {
    blockCounts.fill(0)
    refillCounts.fill(0)
    telemetry.read((event) => {
      if (event.kind === 'refill' && event.classIndex < classCount) {
        blockCounts[event.classIndex] += event.blockCount
        refillCounts[event.classIndex]++
      }
      visit?.(event)
    })
    const isWhole = droppedEvents === telemetry.droppedEvents
    droppedEvents = telemetry.droppedEvents
    if (!isWhole || current === 'frozen') return 0
    let changed = 0
    for (let classIndex = 0; classIndex < classCount; classIndex++) {
      if (judge(classIndex)) changed++
      if (found[classIndex] !== 0) publish(classIndex)
    }
    return changed
  }

  /** Whether the class got another batch. A window without a refill of it says nothing. */
  function judge(classIndex: number): boolean {
    if (refillCounts[classIndex] === 0) return false
    const blockCount = blockCounts[classIndex]
    const stride = memory.classes.strides[classIndex]
    const mean = Math.round(blockCount / refillCounts[classIndex])
    const batch = found[classIndex] || Math.max(mean, baseBatch(stride))
    const better = betterBatch(blockCount, batch, stride)
    if (better === batch) {
      streaks[classIndex] = 0
      return false
    }
    // Of a batch that is not found yet the size swings: the direction counts.
    const isSame = better > batch === candidates[classIndex] > 0
    candidates[classIndex] = better > batch ? 1 : -1
    streaks[classIndex] = isSame ? streaks[classIndex] + 1 : 1
    if (streaks[classIndex] < WINDOW_COUNT) return false
    streaks[classIndex] = 0
    found[classIndex] = better
    return true
  }

  function publish(classIndex: number): void {
    const slots = current === 'canary' ? [canary] : slotsOf(memory)
    for (const slot of slots) {
      Atomics.store(
        memory.i32,
        memory.slotWord(slot, SLOT_PUBLISHED + classIndex),
        found[classIndex],
      )
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
    batchFor: (byteLength) => found[checkedClass(memory, byteLength)],
    withdraw() {
      found.fill(0)
      streaks.fill(0)
      for (const slot of slotsOf(memory)) {
        const first = memory.slotWord(slot, SLOT_PUBLISHED)
        memory.i32.fill(0, first, first + classCount)
      }
    },
  }
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
  for (const one of slots) {
    Atomics.store(memory.i32, memory.slotWord(one, SLOT_PUBLISHED + classIndex), blockCount)
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
