/** @ashlar/ecs-adapter: bitECS 0.4 components on an Ashlar arena. Start at `createStorage`. */

export type { AttachedStorage } from './attach.ts'
export { attachStorage } from './attach.ts'
export type { CommandBuffer, Commands } from './command-api.ts'
export type { CommandSource } from './command-apply.ts'
export { freeCommands } from './command-blocks.ts'
export type { ComponentRows, StorageHandle } from './directory.ts'
export type { CommandFailure, Range, StorageErrorCode } from './errors.ts'
export { CommandsError, RunError, StorageError } from './errors.ts'
export type { ListField, Numbers, TextField } from './fields.ts'
export type { RunOptions, WorkerGroup, WorkerGroupOptions } from './group.ts'
export { createWorkerGroup } from './group.ts'
export { joinWorkerGroup } from './join.ts'
export type { Port } from './ports.ts'
export type {
  Column,
  Component,
  FieldType,
  ListType,
  ScalarArray,
  ScalarType,
  Schema,
  TextType,
  Values,
} from './schema.ts'
export { t } from './schema.ts'
export { createStorage } from './storage.ts'
export type { ComponentOptions, Storage, StorageOptions } from './storage-api.ts'
export type { System, SystemContext } from './system.ts'
