// The counting sort: every boid in the slot that its cell and its place in the table say.
import { Arena, blocks, verify } from '@ashlar/core'
import { createRandom } from 'example-kit/sim'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain } from '../../../test/support/threads.ts'
import { createGridShape, Grid, gridByteLengthOf } from '../src/sim/grid.ts'
import { createSimulation, createTeam, systems } from '../src/sim/index.ts'
import { gridOf } from '../src/sim/shared-grid.ts'
import { createContext } from './support/context.ts'

const test = suite('swarm: grid')

function create(boidCount: number, seed: number) {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const pool = arena.openPool()
  const simulation = createSimulation({ pool, boidCount, seed })
  const context = createContext(simulation)
  return { arena, pool, simulation, context, tables: simulation.tables }
}

type Scene = ReturnType<typeof create>

/** Boids as the table has them: position and velocity of each. */
const boidsOf = ({ tables: { Boid } }: Scene) =>
  Array.from(Boid.chunks.keys()).flatMap((number) => {
    const { x, y, z, velocityX, velocityY, velocityZ, rowCount } = Boid.chunk(number)!
    return Array.from({ length: rowCount }, (_, row) => [
      ...[x[row], y[row], z[row]],
      ...[velocityX[row], velocityY[row], velocityZ[row]],
    ])
  })

/** Sorts by single calls, in an order of their own, as workers may do. */
function sortInParts({ simulation, context, tables }: Scene, seed: number): void {
  const random = createRandom(new Int32Array(1), seed)
  const { rowCount, chunksPerPart } = simulation.gridShape
  const { chunks } = tables.Boid
  const parts = Array.from({ length: Math.ceil(chunks.length / chunksPerPart) }, (_, part) =>
    chunks.slice(part * chunksPerPart, (part + 1) * chunksPerPart),
  )
  const rows = Array.from({ length: rowCount }, (_, row) => Int32Array.of(row))
  const shuffled = <T>(items: T[]) => {
    for (let i = items.length - 1; i > 0; i--) {
      const other = random.below(i + 1)
      const [a, b] = [items[i], items[other]]
      items[i] = b
      items[other] = a
    }
    return items
  }
  simulation.begin()
  for (const part of shuffled(parts)) systems.bin({ ...context, chunks: part })
  for (const row of shuffled(rows)) systems.count({ ...context, entities: row })
  systems.sum(context)
  for (const part of shuffled(parts)) systems.scatter({ ...context, chunks: part })
}

test('slots are by row, by cell, and in a cell by the order of the table', async () => {
  for (const [boidCount, seed] of [
    [1, 1],
    [7, 2],
    [500, 3],
    [2160, 4],
    [40_000, 5],
  ]) {
    const note = `${boidCount} boids, seed ${seed}`
    const scene = create(boidCount, seed)
    const { context, simulation, arena } = scene
    const team = await createTeam(simulation, [])
    for (let step = 0; step < 3; step++) team.step()
    sortInParts(scene, seed)
    const { shape, places, firsts, rowFirsts, ...grid } = gridOf(context)
    const { side, stride } = shape
    const boids = boidsOf(scene)
    assert.is(boids.length, boidCount, note)
    assert.is(rowFirsts[shape.rowCount], boidCount, note)
    const cellOf = ([x, y, z]: number[]) =>
      (Math.floor(z) * side + Math.floor(y)) * stride + Math.floor(x)
    const order = boids
      .map((boid, index) => ({ boid, index, cell: cellOf(boid) }))
      .sort((a, b) => a.cell - b.cell || a.index - b.index)
    for (const [slot, { boid, index, cell }] of order.entries()) {
      assert.is(places[index], slot, note)
      const { x, y, z, velocityX, velocityY, velocityZ } = grid
      const sorted = [x, y, z, velocityX, velocityY, velocityZ].map((column) => column[slot])
      assert.equal(sorted, boid, note)
      const row = Math.floor(cell / stride)
      assert.ok(rowFirsts[row] + firsts[cell] <= slot, note)
      assert.ok(slot < rowFirsts[row] + firsts[cell + 1], note)
    }
    context.scratch.dispose()
    await team.close()
    simulation.dispose()
    assert.equal(verify(arena), [])
    assert.equal(blocks(arena), [])
  }
})

test('the space grows with the swarm, and so does the memory', () => {
  const density = (boidCount: number) => {
    const { side, rowCount, stride } = createGridShape(boidCount, 2, 2000)
    assert.is(rowCount, side * side)
    assert.is(stride, side + 1)
    return boidCount / (side * side * side)
  }
  assert.is(createGridShape(1, 2, 2000).side, 3)
  for (const boidCount of [100, 2000, 100_000, 1_000_000]) {
    const there = density(boidCount)
    assert.ok(there <= 2 && there > 1.3, `${boidCount} boids: ${there} in a cell`)
  }
})

test('its arrays lie one behind the other, in the memory that it takes', () => {
  for (const boidCount of [1, 100, 10_000]) {
    const shape = createGridShape(boidCount, 2, 100)
    const byteLength = gridByteLengthOf(shape)
    const grid = new Grid(shape, new ArrayBuffer(64 + byteLength), 64)
    const arrays = Object.values(grid).filter((value) => ArrayBuffer.isView(value))
    assert.is(arrays.length, 13)
    let end = 64
    for (const { byteOffset, byteLength } of arrays) {
      assert.ok(byteOffset >= end && byteOffset % 64 === 0)
      end = byteOffset + byteLength
    }
    assert.ok(end <= 64 + byteLength && end > byteLength - 64)
  }
})

test('parts cover all chunks, whatever their number', () => {
  for (let chunkCount = 1; chunkCount < 600; chunkCount++) {
    const { partCount, chunksPerPart } = createGridShape(chunkCount * 10, 2, 10)
    assert.ok(partCount <= 16 && partCount * chunksPerPart >= chunkCount)
    assert.ok((partCount - 1) * chunksPerPart < chunkCount)
  }
})

test('an arena that is too small: an error, and all is given back', () => {
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  try {
    createSimulation({ pool, boidCount: 20_000, seed: 1 })
    assert.unreachable('expected an ArenaError')
  } catch (error) {
    assert.is((error as { code?: string }).code, 'out-of-memory')
  }
  assert.equal(verify(arena), [])
  assert.equal(blocks(arena), [])
})

if (isMain) test.run()
