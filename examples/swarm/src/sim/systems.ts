// The systems of a step, and what each of them goes over, reads and writes.
import type { ScheduleEntry } from '@ashlar/ecs-adapter'
import { hunt, move } from './move.ts'
import { bin, count, scatter, sum } from './sort.ts'
import { steer } from './steer.ts'
import type { Tables } from './tables.ts'
import type { View } from './view.ts'

/** What a system goes over: numbers of chunks of boids or hawks, or of rows of the grid. */
type Numbers = ArrayLike<number>

export const systems = { bin, count, sum, scatter, steer, move, hunt } as const satisfies Record<
  string,
  (view: View, numbers: Numbers) => void
>

export type SystemName = keyof typeof systems

export interface Step extends ScheduleEntry {
  readonly system: SystemName
}

/** Flocks are here and there: so many parts, and no thread is left with a large one at the end. */
const STEER_PART_COUNT = 256
/** For what is to be called once. */
const ONCE = new Int32Array(1)

/**
 * A step: by a schedule on many threads, in one thread in this order. What is read and written is
 * tables, and parts of the grid by names.
 *
 * @param rows numbers of the grid's rows, in the arena: they are not copied in each run then
 */
export function stepsOf({ Boid, Hawk }: Tables, rows: Int32Array, chunksPerPart: number): Step[] {
  const boids = () => Boid
  const hawks = () => Hawk
  const gridRows = () => rows
  const once = () => ONCE
  const rowsAtATime = Math.ceil(rows.length / STEER_PART_COUNT)
  return [
    { system: 'hunt', entities: hawks, writes: [Hawk] },
    {
      system: 'bin',
      entities: boids,
      reads: [Boid],
      writes: ['cells'],
      batchSize: chunksPerPart,
    },
    { system: 'count', entities: gridRows, writes: ['cells'] },
    { system: 'sum', entities: once, reads: ['cells'], writes: ['rows'] },
    {
      system: 'scatter',
      entities: boids,
      reads: [Boid, 'rows'],
      writes: ['cells', 'sorted'],
      batchSize: chunksPerPart,
    },
    {
      system: 'steer',
      entities: gridRows,
      reads: [Hawk, 'cells', 'rows', 'sorted'],
      writes: ['chosen'],
      batchSize: rowsAtATime,
    },
    { system: 'move', entities: boids, reads: ['cells', 'chosen'], writes: [Boid] },
  ]
}
