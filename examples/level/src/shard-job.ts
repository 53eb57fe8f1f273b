// What the main thread and its workers say to each other. All of it survives postMessage: views and
// offsets of the arena stay what they are, since its memory is shared.
import type { ArenaHandle } from '@ashlar/core'
import type { ThreadFigures } from './map-report.ts'
import type { Commons, Digest, MapData } from './sim/index.ts'

/** What a worker starts with. */
export interface WorkerStart {
  readonly handle: ArenaHandle
  /** Which one: 0 to `commons.shardCount` - 1. */
  readonly shard: number
}

/** A map to run. */
export interface ShardJob {
  readonly commons: Commons
  readonly things: MapData['things']
  readonly seed: number
  readonly steps: number
  readonly extraActorCount: number
  /** Kept for this worker's pool: see `Arena.reserveSlot`. */
  readonly slot: number
  /** Offsets of the blocks of barrier.ts and meters.ts. */
  readonly barrier: number
  readonly meters: number
}

export interface ShardReport extends ThreadFigures {
  readonly digest: Digest
  readonly handedOver: number
  /** Real time without that of waiting for the others. */
  readonly busySeconds: number
}

/** A worker's answer to a job. */
export type Reply =
  | { readonly kind: 'done'; readonly report: ShardReport }
  /** `isKnown`: the message says it all; else it is a fault of the program, and wants its stack. */
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly stack: string
      readonly isKnown: boolean
    }
  /** It stopped because another one failed. */
  | { readonly kind: 'stopped' }
