/**
 * The entry `@ashlar/core`. It allocates blocks in a buffer that threads can share. Start at
 * `Arena.create`.
 * @module @ashlar/core
 */

export type { Pool } from './arena/arena.ts'
export { Arena as AttachedArena } from './arena/arena.ts'
export { Arena } from './arena/create.ts'
export { blocks, exactStats, verify } from './arena/inspection.ts'
export type { ArenaHandle, ArenaOptions } from './arena/region.ts'
export type { ArenaErrorCode } from './base/errors.ts'
export { ArenaError } from './base/errors.ts'
export type { BlockInfo } from './inspect/blocks.ts'
export { fragmentation, hitRate } from './inspect/stats/shares.ts'
export type { ArenaStats, ClassStats, SlotStats, StatsOptions } from './inspect/stats/stats.ts'
export type { Violation } from './inspect/verify/verify.ts'
export type {
  ElementArray,
  ElementArrayConstructor,
  ElementTypeName,
} from './memory/element-types.ts'
export type { CollectOptions, TypedPool } from './memory/pool-api.ts'
export type { Scratch, ScratchOptions } from './pool/scratch.ts'
export { createScratch } from './pool/scratch.ts'
export { freeScratch } from './pool/scratch-chain.ts'
export type { ThreadLock, ThreadRef } from './recovery/death.ts'
export { createThreadLock, holdThreadLock, threadExited } from './recovery/death.ts'
