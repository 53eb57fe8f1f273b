/** For calls of a system that no group makes. */
import { createScratch } from '@ashlar/core'
import { createCommands } from '@ashlar/ecs-adapter'
import type { Simulation } from '../../src/sim/index.ts'
import type { SwarmContext } from '../../src/sim/tables.ts'

/** Has no entities and chunks; those of a call are to be put in. */
export function createContext({ storage, tables }: Simulation): SwarmContext<'Boid'> {
  const { pool } = storage
  return {
    components: undefined,
    tables,
    entities: new Int32Array(0),
    chunks: [],
    workerIndex: 0,
    from: 0,
    args: undefined,
    commands: createCommands(storage),
    scratch: createScratch(pool, { byteLength: 64 }),
    pool,
    arena: pool.arena,
    indexOf: storage.indexOf,
  }
}
