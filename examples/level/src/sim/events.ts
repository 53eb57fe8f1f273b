// What has happened so far. What parallel systems count lies in the arena, a cache line for each
// shard.
import type { Arena } from '@ashlar/core'

/** Words of a shard. */
export const SHOTS_FIRED = 0
export const HITS = 1
export const TALLY_WORDS = 16

/** Counted since the start. */
export interface SceneEvents {
  readonly shotsFired: number
  readonly hits: number
  knockouts: number
  /** Entities that were sent to other shards. */
  handedOver: number
}

/** `tallies` is the first word of the shard. */
export function createEvents({ i32 }: Pick<Arena, 'i32'>, tallies: number): SceneEvents {
  return {
    get shotsFired() {
      return i32[tallies + SHOTS_FIRED]
    },
    get hits() {
      return i32[tallies + HITS]
    },
    knockouts: 0,
    handedOver: 0,
  }
}
