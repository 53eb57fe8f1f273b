// Each boid looks at those in sight, at hawks and walls, and chooses its velocity. It goes by rows
// of cells: what is near in space is near in memory.
import type { Grid } from './grid.ts'
import {
  ALIGNMENT,
  COHESION,
  FEAR,
  FEAR_DISTANCE,
  SEPARATION,
  SPEED_MAX,
  SPEED_MIN,
  STEP_SECONDS,
  WALL,
  WALL_DISTANCE,
} from './rules.ts'
import { gridOf } from './shared-grid.ts'
import type { SwarmContext, Tables } from './tables.ts'

type Hawks = Tables['Hawk']['chunks'][number]

/** Of this thread. A cell's boids look into a slice of slots of each of up to nine rows. */
const starts = new Int32Array(9)
const ends = new Int32Array(9)
/** Slots of those that a boid sees; has room for all in the slices. */
let seen = new Int32Array(1024)
/**
 * On the boid whose turn it is. In memory, as V8 makes an object of each fraction that a function
 * is given.
 */
const force = new Float64Array(3)
/** How many this thread's boids have seen since its last report. */
const sightings = new Float64Array(1)

export function steer(context: SwarmContext): void {
  const grid = gridOf(context)
  const { shape, firsts, rowFirsts } = grid
  const { side, stride } = shape
  const rows = context.entities
  const hawks = context.tables.Hawk.chunks[0]
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    for (let cell = 0; cell < side; cell++) {
      const start = rowFirsts[row] + firsts[row * stride + cell]
      const end = rowFirsts[row] + firsts[row * stride + cell + 1]
      if (start < end) steerCell(grid, hawks, start, end, findSlices(grid, row, cell))
    }
  }
}

/** On each worker, for what only its own module knows. */
export function report({ tables, workerIndex }: SwarmContext): void {
  tables.Sight.chunks[0].seenCount[workerIndex] += sightings[0]
  sightings[0] = 0
}

/**
 * The slices around a cell: three neighbouring cells of a row are one. Gives how many there are.
 */
function findSlices({ shape, firsts, rowFirsts }: Grid, row: number, cell: number): number {
  const { side, stride } = shape
  const y = row % side
  const z = Math.floor(row / side)
  const from = Math.max(cell - 1, 0)
  const to = Math.min(cell + 2, side)
  let count = 0
  let slotCount = 0
  for (let nearZ = Math.max(z - 1, 0); nearZ <= Math.min(z + 1, side - 1); nearZ++) {
    for (let nearY = Math.max(y - 1, 0); nearY <= Math.min(y + 1, side - 1); nearY++) {
      const near = nearZ * side + nearY
      starts[count] = rowFirsts[near] + firsts[near * stride + from]
      ends[count] = rowFirsts[near] + firsts[near * stride + to]
      slotCount += ends[count] - starts[count]
      if (starts[count] < ends[count]) count++
    }
  }
  if (slotCount >= seen.length) seen = new Int32Array(2 * slotCount)
  return count
}

function steerCell(grid: Grid, hawks: Hawks, start: number, end: number, sliceCount: number): void {
  for (let slot = start; slot < end; slot++) {
    const seenCount = look(grid, slot, sliceCount)
    flock(grid, slot, seenCount)
    sightings[0] += seenCount
    flee(grid, slot, hawks)
    avoidWalls(grid.x, slot, 0, grid.shape.side)
    avoidWalls(grid.y, slot, 1, grid.shape.side)
    avoidWalls(grid.z, slot, 2, grid.shape.side)
    choose(grid, slot)
  }
}

/**
 * Writes down who is in sight: nearer than 1, where squares are truncated to 0. A fifth of them
 * are, in an order that no processor foresees: with a branch for each a step takes 1.3 times as
 * long.
 */
function look({ x, y, z }: Grid, slot: number, sliceCount: number): number {
  const ownX = x[slot]
  const ownY = y[slot]
  const ownZ = z[slot]
  const slots = seen
  let count = 0
  for (let slice = 0; slice < sliceCount; slice++) {
    const end = ends[slice]
    for (let other = starts[slice]; other < end; other++) {
      const dx = x[other] - ownX
      const dy = y[other] - ownY
      const dz = z[other] - ownZ
      slots[count] = other
      count += (((dx * dx + dy * dy + dz * dz) | 0) - 1) >>> 31
    }
  }
  return count
}

/** Sets the force: alignment, cohesion, separation. */
function flock(
  { x, y, z, velocityX, velocityY, velocityZ }: Grid,
  slot: number,
  seenCount: number,
): void {
  const ownX = x[slot]
  const ownY = y[slot]
  const ownZ = z[slot]
  let sumX = 0
  let sumY = 0
  let sumZ = 0
  let courseX = 0
  let courseY = 0
  let courseZ = 0
  let awayX = 0
  let awayY = 0
  let awayZ = 0
  for (let i = 0; i < seenCount; i++) {
    const other = seen[i]
    const dx = x[other] - ownX
    const dy = y[other] - ownY
    const dz = z[other] - ownZ
    const nearness = 1 - (dx * dx + dy * dy + dz * dz)
    sumX += dx
    sumY += dy
    sumZ += dz
    courseX += velocityX[other]
    courseY += velocityY[other]
    courseZ += velocityZ[other]
    awayX -= dx * nearness
    awayY -= dy * nearness
    awayZ -= dz * nearness
  }
  const part = 1 / seenCount // it has seen itself, in the middle of its sight
  const alignment = part * ALIGNMENT
  const cohesion = part * COHESION
  force[0] = courseX * alignment - velocityX[slot] * ALIGNMENT
  force[1] = courseY * alignment - velocityY[slot] * ALIGNMENT
  force[2] = courseZ * alignment - velocityZ[slot] * ALIGNMENT
  force[0] += sumX * cohesion + awayX * SEPARATION
  force[1] += sumY * cohesion + awayY * SEPARATION
  force[2] += sumZ * cohesion + awayZ * SEPARATION
}

function flee({ x, y, z }: Grid, slot: number, hawks: Hawks): void {
  const { x: hawkX, y: hawkY, z: hawkZ, rowCount } = hawks
  for (let hawk = 0; hawk < rowCount; hawk++) {
    const dx = x[slot] - hawkX[hawk]
    const dy = y[slot] - hawkY[hawk]
    const dz = z[slot] - hawkZ[hawk]
    const squared = dx * dx + dy * dy + dz * dz
    if (squared >= FEAR_DISTANCE * FEAR_DISTANCE) continue
    const fear = FEAR / (squared + 0.1)
    force[0] += dx * fear
    force[1] += dy * fear
    force[2] += dz * fear
  }
}

/** Away from the walls at 0 and at `side`, the more the nearer. */
function avoidWalls(positions: Float32Array, slot: number, axis: number, side: number): void {
  const at = positions[slot]
  if (at < WALL_DISTANCE) force[axis] += (WALL_DISTANCE - at) * WALL
  if (at > side - WALL_DISTANCE) force[axis] -= (at - side + WALL_DISTANCE) * WALL
}

/** As the force will have it, but neither too slow nor too fast. */
function choose(grid: Grid, slot: number): void {
  const velocityX = grid.velocityX[slot] + force[0] * STEP_SECONDS
  const velocityY = grid.velocityY[slot] + force[1] * STEP_SECONDS
  const velocityZ = grid.velocityZ[slot] + force[2] * STEP_SECONDS
  const speed = Math.sqrt(velocityX * velocityX + velocityY * velocityY + velocityZ * velocityZ)
  const factor = Math.min(Math.max(speed, SPEED_MIN), SPEED_MAX) / Math.max(speed, SPEED_MIN / 1000)
  grid.nextX[slot] = velocityX * factor
  grid.nextY[slot] = velocityY * factor
  grid.nextZ[slot] = velocityZ * factor
}
