// A swarm of boids: in tables, sorted into a grid every step, steered by rules. It knows no
// platform; chance comes from the seed, and arithmetic is only what all engines do alike.
import { createScratch, type Pool, type Scratch } from '@ashlar/core'
import { createStorage, createTable, type Storage } from '@ashlar/ecs-adapter'
import { createWorld } from 'bitecs'
import { checksumOf } from './checksum.ts'
import { type GridShape, gridByteLengthOf } from './grid.ts'
import { gridShapeOf } from './shared-grid.ts'
import { spawn } from './spawn.ts'
import { type Step, stepsOf } from './systems.ts'
import { schemas, type Tables } from './tables.ts'

export interface SimulationOptions {
  readonly pool: Pool
  readonly boidCount: number
  /** Any integer; its lower 32 bits count. */
  readonly seed: number
}

export interface Simulation {
  readonly storage: Storage
  readonly tables: Tables
  readonly gridShape: GridShape
  /** What a step consists of: for a schedule, to be run after `begin`. See team.ts. */
  readonly steps: readonly Step[]
  /** Makes room for the grid of the next step. */
  begin(): void
  /** See checksum.ts. */
  checksum(): number
  /** Gives all memory back; the simulation must not be used any more. */
  dispose(): void
}

const GRID_ALIGNMENT = 64

/**
 * @throws ArenaError 'out-of-memory' where the arena is too small; what was allocated until then is
 * given back
 */
export function createSimulation({ pool, boidCount, seed }: SimulationOptions): Simulation {
  const storage = createStorage(createWorld(), pool)
  let scratch: Scratch | undefined
  let rowNumbers = 0
  function dispose(): void {
    scratch?.dispose()
    pool.free(rowNumbers)
    storage.dispose()
  }
  try {
    const tables: Tables = {
      Boid: createTable(storage, 'Boid', schemas.Boid),
      Hawk: createTable(storage, 'Hawk', schemas.Hawk),
      Frame: createTable(storage, 'Frame', schemas.Frame),
      Sight: createTable(storage, 'Sight', schemas.Sight),
    }
    const gridShape = gridShapeOf(tables, boidCount)
    const gridByteLength = gridByteLengthOf(gridShape)
    scratch = createScratch(pool, { byteLength: gridByteLength + GRID_ALIGNMENT })
    const rows = pool.allocArray(Int32Array, gridShape.rowCount)
    rowNumbers = rows.byteOffset
    for (let row = 0; row < rows.length; row++) rows[row] = row
    spawn(tables, boidCount, gridShape.side, seed)
    tables.Frame.add()
    const frame = tables.Frame.chunks[0]
    frame.boidCount[0] = boidCount
    const steps = stepsOf(tables, rows, gridShape.chunksPerPart)
    const gridScratch = scratch
    return {
      storage,
      tables,
      gridShape,
      steps,
      begin() {
        storage.sync()
        gridScratch.reset()
        frame.gridOffset[0] = gridScratch.alloc(gridByteLength, GRID_ALIGNMENT)
      },
      checksum: () => checksumOf(tables),
      dispose,
    }
  } catch (error) {
    dispose()
    throw error
  }
}
