// The same loops over a table, flat arrays, and the columns of bitECS entities.
import { Arena, verify } from '@ashlar/core'
import { type Chunk, createStorage, createTable, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, query } from 'bitecs'
import { expect, type Prepared } from '../case.ts'
import { inhabit } from './inhabit.ts'

const schema = {
  ...{ x: t.f32, y: t.f32, z: t.f32, w: t.f32 },
  ...{ velocityX: t.f32, velocityY: t.f32, velocityZ: t.f32, velocityW: t.f32 },
}
type Columns = { readonly [K in keyof typeof schema]: Float32Array }

/** Moves the rows from the first to before the last. */
type Move = (columns: Columns, from: number, to: number) => void

function moveTwo({ x, y, velocityX, velocityY }: Columns, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    x[i] += velocityX[i]
    y[i] += velocityY[i]
  }
}

function moveFour(columns: Columns, from: number, to: number): void {
  const { x, y, z, w, velocityX, velocityY, velocityZ, velocityW } = columns
  for (let i = from; i < to; i++) {
    x[i] += velocityX[i]
    y[i] += velocityY[i]
    z[i] += velocityZ[i]
    w[i] += velocityW[i]
  }
}

function moveEntities(columns: Columns, entities: ArrayLike<number>): void {
  const { x, y, velocityX, velocityY } = columns
  for (let i = 0; i < entities.length; i++) {
    const eid = entities[i]
    x[eid] += velocityX[eid]
    y[eid] += velocityY[eid]
  }
}

interface Rows {
  pass(): void
  /** Columns, and the rows of them that are in use. */
  parts(): { columns: Columns; from: number; to: number }[]
  check?(): void
}

const table = (move: Move, rowCount: number): Rows => {
  const arena = Arena.create({ byteLength: 128 * 2 ** 20 })
  const rows = createTable(arena.openPool(), schema)
  for (let i = 0; i < rowCount; i++) rows.add()
  const chunks: readonly Chunk<typeof schema>[] = rows.chunks
  return {
    pass() {
      for (let i = 0; i < chunks.length; i++) move(chunks[i], 0, chunks[i].rowCount)
    },
    parts: () => chunks.map((columns) => ({ columns, from: 0, to: columns.rowCount })),
    check() {
      expect(rows.rowCount, rowCount, 'rows')
      expect(JSON.stringify(verify(arena)), '[]', 'violations found by verify')
    },
  }
}

const flat = (move: Move, rowCount: number): Rows => {
  const names = Object.keys(schema)
  const columns = Object.fromEntries(names.map((name) => [name, new Float32Array(rowCount)]))
  return {
    pass: () => move(columns as Columns, 0, rowCount),
    parts: () => [{ columns: columns as Columns, from: 0, to: rowCount }],
  }
}

/** Each id has the component, and a query gives them in order: the best that there is. */
const entitiesInOrder = (_: Move, rowCount: number): Rows => {
  const { world, Body } = createBodies(rowCount)
  for (let i = 0; i < rowCount; i++) addComponent(world, addEntity(world), Body)
  return {
    pass: () => moveEntities(Body, query(world, [Body])),
    parts: () => [{ columns: Body, from: 1, to: rowCount + 1 }],
  }
}

/** One in four has it, in a world whose entities came and went. */
const entitiesOfWorld = (_: Move, rowCount: number): Rows => {
  const entityCount = 4 * rowCount
  const { world, Body } = createBodies(entityCount)
  inhabit(world, entityCount, (eid, number) => {
    if (number % 4 === 0) addComponent(world, eid, Body)
  })
  return {
    pass: () => moveEntities(Body, query(world, [Body])),
    parts: () =>
      Array.from(query(world, [Body]), (eid) => ({ columns: Body, from: eid, to: eid + 1 })),
  }
}

function createBodies(entityCount: number) {
  const arena = Arena.create({ byteLength: 128 * 2 ** 20 })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: entityCount + 1 })
  return { world, Body: storage.component('Body', schema) }
}

interface Loop {
  readonly move: Move
  readonly rowCount: number
  readonly contenders: Record<string, (move: Move, rowCount: number) => Rows>
}

const workloads: Record<string, Loop> = {
  'two-100k': {
    move: moveTwo,
    rowCount: 100_000,
    contenders: { ashlar: table, 'flat arrays': flat, 'bitECS query': entitiesInOrder },
  },
  'two-250k-of-1M': {
    move: moveTwo,
    rowCount: 250_000,
    contenders: { ashlar: table, 'flat arrays': flat, 'bitECS query': entitiesOfWorld },
  },
  'four-1M': {
    move: moveFour,
    rowCount: 1_000_000,
    contenders: { ashlar: table, 'flat arrays': flat },
  },
}

export const loops = Object.entries(workloads).map(([name, { contenders }]) => {
  return { name, contenders: Object.keys(contenders) }
})

export function prepareLoop(workload: string, contender: string): Prepared {
  const { move, rowCount, contenders } = workloads[workload]
  const make = contenders[contender]
  const warm = make(move, 16)
  for (let i = 0; i < 100_000; i++) warm.pass()
  const rows = make(move, rowCount)
  for (const { columns, from, to } of rows.parts()) {
    columns.velocityX.fill(1, from, to)
    columns.velocityY.fill(-1, from, to)
  }
  let passCount = 0
  return {
    checksum: rowCount,
    garbage: 'none',
    unitsPerOp: rowCount,
    round(opCount) {
      for (let i = 0; i < opCount; i++) rows.pass()
      passCount += opCount
    },
    check() {
      let seen = 0
      for (const { columns, from, to } of rows.parts()) {
        for (let i = from; i < to; i++) {
          expect(columns.x[i], passCount, `x of row ${i}`)
          expect(columns.y[i], -passCount, `y of row ${i}`)
          seen++
        }
      }
      expect(seen, rowCount, 'rows')
      rows.check?.()
    },
  }
}
