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
 * returned, blocks received from other threads, adoptions. No pool waits for a reader: if a pool's
 * ring is full, its further events are dropped and counted.
 */
export const openTelemetry = (arena: Arena): telemetry.Telemetry =>
  telemetry.openTelemetry(checkedMemory(arena))

/**
 * Opens a supervisor, which learns how many blocks a refill should hand out, and publishes that.
 * @throws ArenaError 'invalid-argument'
 */
export const openSupervisor = (
  arena: Arena,
  options?: supervisor.SupervisorOptions,
): supervisor.Supervisor => supervisor.openSupervisor(checkedMemory(arena), options)

/**
 * Publishes how many blocks a refill hands out, 1 to 1024, for the class that holds `byteLength`
 * bytes, in one slot or in all. With 0, each pool decides by itself. It takes effect at a pool's
 * next refill. A refill claims at most one run of spans, so it may hand out fewer.
 * @throws ArenaError 'invalid-argument'
 */
export const publishBatch = (
  arena: Arena,
  byteLength: number,
  blockCount: number,
  slot?: number,
): void => supervisor.publishBatch(checkedMemory(arena), byteLength, blockCount, slot)
