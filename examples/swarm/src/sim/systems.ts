// The systems of a step, for all threads, and what each of them goes over, reads and writes.
import { defineSystems, type ScheduleEntry } from '@ashlar/ecs-adapter'
import { hunt, move } from './move.ts'
import { bin, count, scatter, sum } from './sort.ts'
import { report, steer } from './steer.ts'
import type { Tables } from './tables.ts'

export const systems = defineSystems<unknown, Tables>()({
  hunt,
  bin,
  count,
  sum,
  scatter,
  steer,
  move,
  report,
})

export type Step = ScheduleEntry<typeof systems>

/** Parts of the grid. */
const cells = { name: 'cells' }
const rows = { name: 'rows' }
const sorted = { name: 'sorted' }
const chosen = { name: 'chosen' }

/** Flocks are here and there: so many parts, and no thread is left with a large one at the end. */
const STEER_PART_COUNT = 256
/** For what is to be called once. */
const ONCE = new Int32Array(1)

/**
 * A step: for a schedule.
 *
 * @param rowNumbers of the grid, in the arena: they are not copied in each run then
 */
export function stepsOf(
  { Boid, Hawk }: Tables,
  rowNumbers: Int32Array,
  chunksPerPart: number,
): Step[] {
  const boids = () => Boid
  const hawks = () => Hawk
  const gridRows = () => rowNumbers
  const once = () => ONCE
  const rowsAtATime = Math.ceil(rowNumbers.length / STEER_PART_COUNT)
  return [
    { system: 'hunt', entities: hawks, writes: [Hawk] },
    {
      system: 'bin',
      entities: boids,
      reads: [Boid],
      writes: [cells],
      batchSize: chunksPerPart,
    },
    { system: 'count', entities: gridRows, writes: [cells] },
    { system: 'sum', entities: once, reads: [cells], writes: [rows] },
    {
      system: 'scatter',
      entities: boids,
      reads: [Boid, rows],
      writes: [cells, sorted],
      batchSize: chunksPerPart,
    },
    {
      system: 'steer',
      entities: gridRows,
      reads: [Hawk, cells, rows, sorted],
      writes: [chosen],
      batchSize: rowsAtATime,
    },
    { system: 'move', entities: boids, reads: [cells, chosen], writes: [Boid] },
  ]
}
