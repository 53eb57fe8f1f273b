/** @ashlar/ecs-adapter: bitECS 0.4 components on an Ashlar arena. Start at `createStorage`. */

export type { AttachedStorage } from './attach.ts'
export { attachStorage } from './attach.ts'
export type { StorageHandle } from './directory.ts'
export type { StorageErrorCode } from './errors.ts'
export { StorageError } from './errors.ts'
export type {
  Column,
  Component,
  FieldType,
  ScalarArray,
  ScalarType,
  Schema,
  Values,
} from './schema.ts'
export { t } from './schema.ts'
export type { Storage, StorageOptions } from './storage.ts'
export { createStorage } from './storage.ts'
