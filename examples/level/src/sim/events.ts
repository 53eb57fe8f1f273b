// What has happened so far. What parallel systems count is a table of one row, to which all workers
// add by Atomics.
import { createTable, type Storage, type Table, t } from '@ashlar/ecs-adapter'

const tally = { shotsFired: t.i32, hits: t.i32 }

export type Tally = Table<typeof tally>

/** The least that a table has: a chunk for some rows, of which there is one. */
const OF_ONE_ROW = { chunkByteLength: 1024, chunkLimit: 1 }

export function createTally(storage: Storage): Tally {
  const table = createTable(storage, 'Tally', tally, OF_ONE_ROW)
  table.add()
  return table
}

/** Counted since the start. */
export interface SceneEvents {
  readonly shotsFired: number
  readonly hits: number
  knockouts: number
  /** Entities that were sent to other shards. */
  handedOver: number
}

/** Until the storage of the table is disposed of. */
export function createEvents({ chunks }: Tally): SceneEvents {
  return {
    get shotsFired() {
      return chunks[0].shotsFired[0]
    },
    get hits() {
      return chunks[0].hits[0]
    },
    knockouts: 0,
    handedOver: 0,
  }
}
