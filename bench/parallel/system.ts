// The system that all contenders run, and what it must leave.
import { expect } from '../case.ts'

export interface Columns {
  readonly x: Float32Array
  readonly y: Float32Array
  readonly velocityX: Float32Array
  readonly velocityY: Float32Array
  /** How many steps an entity makes in one run. */
  readonly steps: Uint8Array
}

/** Moves entities, each drawn to the middle: some 8 ns a step. */
export function move(columns: Columns, entities: ArrayLike<number>, dt: number): void {
  const { x, y, velocityX, velocityY, steps } = columns
  for (let i = 0; i < entities.length; i++) {
    const eid = entities[i]
    for (let step = steps[eid]; step > 0; step--) {
      const pull = dt / (1 + Math.sqrt(x[eid] * x[eid] + y[eid] * y[eid]))
      velocityX[eid] -= x[eid] * pull
      velocityY[eid] -= y[eid] * pull
      x[eid] += velocityX[eid] * dt
      y[eid] += velocityY[eid] * dt
    }
  }
}

/** Steps of the entity at a place among all. */
export type StepsOf = (index: number, entityCount: number) => number

export const light: StepsOf = () => 1
export const even: StepsOf = () => 2
/** The last quarter has more work. */
export const uneven: StepsOf = (index, entityCount) => (index < entityCount * 0.75 ? 1 : 16)

/** Entities of as many kinds begin in as many places. */
const KIND_COUNT = 97

/** Where each entity begins. Rows are ids, from 1 on. */
export function place(columns: Columns, entityCount: number, stepsOf: StepsOf): void {
  for (let index = 0; index < entityCount; index++) {
    const eid = index + 1
    const kind = index % KIND_COUNT
    columns.x[eid] = kind / 10
    columns.y[eid] = kind % 7
    columns.velocityX[eid] = 1
    columns.velocityY[eid] = -1
    columns.steps[eid] = stepsOf(index, entityCount)
  }
}

export function makeColumns(rowCount: number): Columns {
  const column = () => new Float32Array(new SharedArrayBuffer(rowCount * 4))
  const steps = new Uint8Array(new SharedArrayBuffer(rowCount))
  return { x: column(), y: column(), velocityX: column(), velocityY: column(), steps }
}

/** Throws unless every entity is where so many runs take the first one of its kind and steps. */
export function checkPlaces(
  columns: Columns,
  entityCount: number,
  stepsOf: StepsOf,
  runCount: number,
  dt: number,
): void {
  const expected = makeColumns(entityCount + 1)
  place(expected, entityCount, stepsOf)
  const firsts = new Map<number, number>()
  const firstLike = (eid: number) => {
    const like = expected.steps[eid] * KIND_COUNT + ((eid - 1) % KIND_COUNT)
    if (!firsts.has(like)) firsts.set(like, eid)
    return firsts.get(like)!
  }
  const likes = Int32Array.from({ length: entityCount }, (_, index) => firstLike(index + 1))
  for (let run = 0; run < runCount; run++) move(expected, [...firsts.values()], dt)
  for (let eid = 1; eid <= entityCount; eid++) {
    const like = likes[eid - 1]
    expect(columns.x[eid], expected.x[like], `x of entity ${eid}`)
    expect(columns.y[eid], expected.y[like], `y of entity ${eid}`)
  }
}
