/** @ashlar/core: a typed-memory arena. Start at `Arena.create`. */

export type { ArenaHandle } from './arena.ts'
export { Arena } from './arena.ts'
export type { BlockInfo } from './blocks.ts'
export type { ArenaOptions } from './buffers.ts'
export type { Deceased, Life } from './death.ts'
export { createLife, holdLife, whenDead } from './death.ts'
export type { ArenaErrorCode } from './errors.ts'
export { ArenaError } from './errors.ts'
export type { ElementArray, ElementArrayConstructor, ElementTypeName } from './header.ts'
export type { CollectOptions, Pool } from './pool-api.ts'
export type { ArenaStats, ClassStats, SlotStats } from './stats.ts'
export type { Violation } from './verify/verify.ts'
