/** @ashlar/ecs-adapter: bitECS 0.4 components on an Ashlar arena. Start at `createStorage`. */

export type { AttachedStorage } from './attach.ts'
export { attachStorage } from './attach.ts'
export type { CommandBuffer, Commands } from './command-api.ts'
export type { CommandSource } from './command-apply.ts'
export { freeCommands } from './command-blocks.ts'
export type { ComponentRows, StorageHandle } from './directory.ts'
export type { CommandFailure, StorageErrorCode } from './errors.ts'
export { CommandsError, StorageError } from './errors.ts'
export type { ListField, Numbers, TextField } from './fields.ts'
export type { RunOptions, TimeoutOptions, WorkerGroup, WorkerGroupOptions } from './group.ts'
export { createWorkerGroup } from './group.ts'
export { joinWorkerGroup } from './join.ts'
export { freePacked } from './packed-entity.ts'
export type { Port } from './ports.ts'
export { EACH_WORKER, type RunEntities } from './run-entities.ts'
export type { Range, SystemOutcome } from './run-errors.ts'
export { RunError } from './run-errors.ts'
export type { Schedule, ScheduleOptions } from './schedule.ts'
export { createSchedule } from './schedule.ts'
export type { Accessed, ScheduleEntry } from './schedule-entry.ts'
export type {
  Column,
  Component,
  FieldType,
  ListType,
  ScalarArray,
  ScalarType,
  Schema,
  SparseComponent,
  TextType,
  Values,
} from './schema.ts'
export { t } from './schema.ts'
export { createStorage } from './storage.ts'
export type { ComponentOptions, Storage, StorageOptions } from './storage-api.ts'
export type { System, SystemContext } from './system.ts'
export { attachTable, createTable } from './table.ts'
export type { AnyTable, Table, TableHandle } from './table-api.ts'
export type { Chunk, ChunkRows, TableSchema } from './table-chunk.ts'
export type { TableOptions } from './table-layout.ts'
