// A swarm of boids: in tables, sorted into a grid every step, steered by rules. It knows no
// platform; chance comes from the seed, and arithmetic is only what all engines do alike.
import { type Arena, createScratch, type Pool, type Scratch } from '@ashlar/core'
import { createStorage, createTable, type Storage } from '@ashlar/ecs-adapter'
import { createWorld } from 'bitecs'
import { checksumOf } from './checksum.ts'
import { type GridShape, gridByteLengthOf } from './grid.ts'
import { spawn } from './spawn.ts'
import { type Step, stepsOf, systems } from './systems.ts'
import { schemas, type Tables } from './tables.ts'
import { createView, gridShapeOf } from './view.ts'

export interface SimulationOptions {
  readonly arena: Arena
  readonly pool: Pool
  readonly boidCount: number
  /** Any integer; its lower 32 bits count. */
  readonly seed: number
}

export interface Simulation {
  readonly storage: Storage
  readonly tables: Tables
  readonly gridShape: GridShape
  /** What a step consists of: for a schedule, which is to be run after `begin`. */
  readonly steps: readonly Step[]
  /** Makes room for the grid of the next step. */
  begin(): void
  /** Advances by a step in this thread alone. */
  step(): void
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
export function createSimulation({ arena, pool, boidCount, seed }: SimulationOptions): Simulation {
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
    }
    const gridShape = gridShapeOf(tables, boidCount)
    const gridByteLength = gridByteLengthOf(gridShape)
    scratch = createScratch(pool, { byteLength: gridByteLength + GRID_ALIGNMENT })
    const rows = pool.allocArray(Int32Array, gridShape.rowCount)
    rowNumbers = rows.byteOffset
    for (let row = 0; row < rows.length; row++) rows[row] = row
    spawn(tables, boidCount, gridShape.side, seed)
    tables.Frame.add()
    const frame = tables.Frame.chunk(0)!
    frame.boidCount[0] = boidCount
    const view = createView({ arena, tables })
    const steps = stepsOf(tables, rows, gridShape.chunksPerPart)
    const boids = chunkNumbersOf(tables.Boid)
    const gridScratch = scratch
    function begin(): void {
      storage.sync()
      gridScratch.reset()
      frame.gridOffset[0] = gridScratch.alloc(gridByteLength, GRID_ALIGNMENT)
    }
    return {
      storage,
      tables,
      gridShape,
      steps,
      begin,
      step() {
        begin()
        systems.hunt(view)
        systems.bin(view, boids)
        systems.count(view, rows)
        systems.sum(view)
        systems.scatter(view, boids)
        systems.steer(view, rows)
        systems.move(view, boids)
      },
      checksum: () => checksumOf(tables),
      dispose,
    }
  } catch (error) {
    dispose()
    throw error
  }
}

/** No row is ever removed: the chunks stay, numbered as they were made. */
const chunkNumbersOf = (table: Tables['Boid']) => Int32Array.from(table.chunks.keys())
