// Sorts the boids into the grid, by a counting sort in four steps that all threads take part in:
//
//     bin       by chunks: each boid's cell, and how many there are in each cell, part by part
//     count     by rows: where the boids of each cell and part begin, from the row's first
//     sum       in one thread: where the rows begin
//     scatter   by chunks: each boid to its slot
//
// Within a cell the order is that of the table, whichever threads did it. So what adds up what it
// finds there comes to the same, to the last bit.
import { gridOf } from './shared-grid.ts'
import type { SwarmContext } from './tables.ts'

export function bin(context: SwarmContext<'Boid'>): void {
  const { chunks, tables } = context
  const { shape, places, counts } = gridOf(context)
  const { side, stride, rowCount, chunksPerPart } = shape
  for (let i = 0; i < chunks.length; i++) {
    const { x, y, z, rowCount: boidCount, number } = chunks[i]
    const firstBoid = number * tables.Boid.chunkCapacity
    const firstCount = Math.floor(number / chunksPerPart) * rowCount * stride
    if (number % chunksPerPart === 0) {
      counts.fill(0, firstCount, firstCount + rowCount * stride)
    }
    for (let row = 0; row < boidCount; row++) {
      const cell = ((z[row] | 0) * side + (y[row] | 0)) * stride + (x[row] | 0)
      places[firstBoid + row] = cell
      counts[firstCount + cell]++
    }
  }
}

export function count(context: SwarmContext): void {
  const { shape, counts, firsts } = gridOf(context)
  const rows = context.entities
  const { stride, rowCount } = shape
  const partStride = rowCount * stride
  for (let i = 0; i < rows.length; i++) {
    let sum = 0
    const end = (rows[i] + 1) * stride
    for (let cell = end - stride; cell < end; cell++) {
      firsts[cell] = sum // behind the last cell, where nobody is: how many the row has
      for (let at = cell; at < counts.length; at += partStride) {
        const before = sum
        sum += counts[at]
        counts[at] = before
      }
    }
  }
}

export function sum(context: SwarmContext): void {
  const { shape, firsts, rowFirsts } = gridOf(context)
  const { side, stride, rowCount } = shape
  rowFirsts[0] = 0
  for (let row = 0; row < rowCount; row++) {
    rowFirsts[row + 1] = rowFirsts[row] + firsts[row * stride + side]
  }
}

export function scatter(context: SwarmContext<'Boid'>): void {
  const { chunks, tables } = context
  const grid = gridOf(context)
  const { shape, places, counts, rowFirsts } = grid
  const { side, stride, rowCount, chunksPerPart } = shape
  for (let i = 0; i < chunks.length; i++) {
    const { x, y, z, velocityX, velocityY, velocityZ, rowCount: boidCount, number } = chunks[i]
    const firstBoid = number * tables.Boid.chunkCapacity
    const firstCount = Math.floor(number / chunksPerPart) * rowCount * stride
    for (let row = 0; row < boidCount; row++) {
      const rowFirst = rowFirsts[(z[row] | 0) * side + (y[row] | 0)]
      const slot = rowFirst + counts[firstCount + places[firstBoid + row]]++
      places[firstBoid + row] = slot
      grid.x[slot] = x[row]
      grid.y[slot] = y[row]
      grid.z[slot] = z[row]
      grid.velocityX[slot] = velocityX[row]
      grid.velocityY[slot] = velocityY[row]
      grid.velocityZ[slot] = velocityZ[row]
    }
  }
}
