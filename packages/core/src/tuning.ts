/**
 * Watches how pools refill, and sets how much they refill.
 * @module @ashlar/core/tuning
 */
import type { Arena } from './arena/arena.ts'
import { checkedMemory } from './arena/inspection.ts'
import * as supervisor from './inspect/supervisor.ts'
import * as telemetry from './telemetry/telemetry.ts'

export type { Supervisor, SupervisorOptions, SupervisorState } from './inspect/supervisor.ts'
export type { Telemetry, TelemetryEvent, TelemetryEventKind } from './telemetry/telemetry.ts'

/**
 * Opens a reader of the events that the pools of all threads record: refills, spans claimed and
 * returned, blocks received from other threads, adoptions. No pool waits for a reader. If nobody
 * reads the events of a pool, the pool drops further events, and counts them.
 * @throws ArenaError 'invalid-argument'
 */
export const openTelemetry = (arena: Arena): telemetry.Telemetry =>
  telemetry.openTelemetry(checkedMemory(arena))

/**
 * Opens a supervisor. It learns how many blocks a refill should hand out, and publishes that number
 * to the pools.
 * @throws ArenaError 'invalid-argument'
 */
export const openSupervisor = (
  arena: Arena,
  options?: supervisor.SupervisorOptions,
): supervisor.Supervisor => supervisor.openSupervisor(checkedMemory(arena), options)

/**
 * Sets how many blocks a refill hands out for one size class. Pools follow at their next refill. A
 * refill takes at most one run of spans, so it may hand out fewer blocks.
 * @param byteLength picks the size class: that of a block of so many bytes
 * @param blockCount blocks for each refill: 1 to 1024. With 0, each pool decides by itself
 * @param slot the only slot to set it for. By default, it is set for all slots
 * @throws ArenaError 'invalid-argument'
 */
export const publishBatch = (
  arena: Arena,
  byteLength: number,
  blockCount: number,
  slot?: number,
): void => supervisor.publishBatch(checkedMemory(arena), byteLength, blockCount, slot)
