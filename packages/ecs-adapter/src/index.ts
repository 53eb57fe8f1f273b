/**
 * Components of bitECS 0.4 in an Ashlar arena. Start at `createStorage`.
 * @module @ashlar/ecs-adapter
 */

export type { AttachedStorage } from './attach/attach.ts'
export { attachStorage } from './attach/attach.ts'
export type { CommandFailure, StorageErrorCode } from './base/errors.ts'
export { CommandsError, StorageError } from './base/errors.ts'
export type { Port } from './base/ports.ts'
export type { SystemOutcome, UnfinishedRange } from './base/run-errors.ts'
export { RunError } from './base/run-errors.ts'
export type { ScalarArray, ScalarArrayConstructor } from './base/typed-arrays.ts'
export type { CommandSource } from './commands/command-apply.ts'
export { freeCommands } from './commands/command-blocks.ts'
export type { CommandBuffer } from './commands/command-buffer.ts'
export type { Commands } from './commands/commands.ts'
export type { StorageInvariant, StorageViolation } from './inspect/findings.ts'
export type { VerifyOptions } from './inspect/verify-storage.ts'
export { verifyStorage } from './inspect/verify-storage.ts'
export type { Schedule } from './schedule/schedule.ts'
export { createSchedule } from './schedule/schedule.ts'
export type { Accessed, ScheduleEntry } from './schedule/schedule-entry.ts'
export type { ComponentRows, ListField, Numbers, TextField, WeakEidField } from './schema/fields.ts'
export type {
  AnyComponent,
  BoolOptions,
  BoolType,
  CallableTextType,
  Checked,
  CheckedSparse,
  Column,
  Component,
  EidType,
  FieldType,
  ListOptions,
  ListType,
  NumberOptions,
  NumberType,
  ReservedName,
  ScalarType,
  Schema,
  SparseComponent,
  SparseRows,
  TextOptions,
  TextType,
  ValueOf,
  Values,
  WeakEidType,
} from './schema/schema.ts'
export type { StorageHandle } from './shared/manifest.ts'
export { applyCommands, createCommands } from './storage/commands.ts'
export { moveIn, moveOut } from './storage/moving.ts'
export { freePacked } from './storage/packed-entity.ts'
export { createSparseComponent } from './storage/sparse-component.ts'
export { createStorage } from './storage/storage.ts'
export type { Storage } from './storage/storage-api.ts'
export type {
  StorageOptions,
  StorageStats,
  WaitingMemory,
} from './storage/storage-options.ts'
export { createTable } from './storage/tables.ts'
export * as t from './t.ts'
export { attachTable } from './tables/attach-table.ts'
export type { AnyTable, Table } from './tables/table.ts'
export type { CheckedTable, Chunk, ChunkRows, TableSchema } from './tables/table-chunk.ts'
export type { TableOptions } from './tables/table-options.ts'
export type { TableHandle } from './tables/table-root.ts'
export type { WorkerGroupOptions } from './workers/create-group.ts'
export { createWorkerGroup } from './workers/create-group.ts'
export { defineSystems } from './workers/define-systems.ts'
export type { RunOptions, WorkerGroup } from './workers/group.ts'
export { joinWorkerGroup } from './workers/join.ts'
export { EACH_WORKER, type RunEntities } from './workers/run-input.ts'
export type { TimeoutOptions } from './workers/run-timeout.ts'
export type { AnySystems, System, SystemContext, Systems } from './workers/system.ts'
