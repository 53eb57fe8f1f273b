/** @ashlar/ecs-adapter: bitECS 0.4 components on an Ashlar arena. Start at `createStorage`. */

export type { StorageErrorCode } from './errors.ts'
export { StorageError } from './errors.ts'
export type { ListField, Numbers, TextField } from './fields.ts'
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
export type { Storage, StorageOptions } from './storage.ts'
export { createStorage } from './storage.ts'
