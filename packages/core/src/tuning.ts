/**
 * The entry `@ashlar/core/tuning`. With these functions, you can watch how pools refill their free
 * lists, and set how many blocks a refill hands out.
 * @module @ashlar/core/tuning
 */
import type { Arena } from './arena/arena.ts'
import { checkedMemory } from './arena/inspection.ts'
import * as supervisor from './inspect/supervisor.ts'
import * as telemetry from './telemetry/telemetry.ts'

export type { Supervisor, SupervisorOptions, SupervisorState } from './inspect/supervisor.ts'
export type { Telemetry, TelemetryEvent, TelemetryEventKind } from './telemetry/telemetry.ts'

/**
 * Opens a reader of the events that the pools of all threads record. Events are refills, spans
 * claimed and returned, blocks received from other threads, and adoptions. No pool waits for a
 * reader. If nobody reads the events of a pool, the pool drops further events, and counts the
 * dropped events.
 * @param arena the arena whose pools you want to watch
 * @throws ArenaError 'invalid-argument' if `arena` is not an arena
 */
export const openTelemetry = (arena: Arena): telemetry.Telemetry =>
  telemetry.openTelemetry(checkedMemory(arena))

/**
 * Opens a supervisor. It learns how many blocks a refill should hand out, and publishes that number
 * to the pools.
 * @param arena the arena whose pools get the number
 * @throws ArenaError 'invalid-argument' if `arena` is not an arena, or if an option is wrong
 */
export const openSupervisor = (
  arena: Arena,
  options?: supervisor.SupervisorOptions,
): supervisor.Supervisor => supervisor.openSupervisor(checkedMemory(arena), options)

/**
 * Sets how many blocks a refill hands out for one size class. Each pool uses the new number from
 * its next refill on. A refill uses at most one run of spans, so it may hand out fewer blocks.
 * @param byteLength selects the size class: the class of a block of `byteLength` bytes
 * @param blockCount the number of blocks for each refill: 1 to 1024. With 0, each pool decides by
 * itself
 * @param slot the slot whose refills to set. By default, the call sets the refills of all slots
 * @throws ArenaError 'invalid-argument' if an argument is wrong
 */
export const publishBatch = (
  arena: Arena,
  byteLength: number,
  blockCount: number,
  slot?: number,
): void => supervisor.publishBatch(checkedMemory(arena), byteLength, blockCount, slot)
