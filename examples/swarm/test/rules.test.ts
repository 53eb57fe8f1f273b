// What boids do: as one reads it in the rules, and as one sees it in a swarm.
import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain } from '../../../test/support/threads.ts'
import type { Grid } from '../src/sim/grid.ts'
import { createSimulation, createTeam } from '../src/sim/index.ts'
import * as rules from '../src/sim/rules.ts'
import { gridOf } from '../src/sim/shared-grid.ts'

const test = suite('swarm: rules')

async function create(boidCount: number) {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const pool = arena.openPool()
  const simulation = createSimulation({ pool, boidCount, seed: 1 })
  const { tables } = simulation
  const team = await createTeam(simulation, [])
  return { team, tables, grid: () => gridOf({ arena, tables }) }
}

type Scene = Awaited<ReturnType<typeof create>>
type Vector = readonly number[]

const add = (a: Vector, b: Vector, factor = 1) => a.map((value, i) => value + b[i] * factor)
const squared = (a: Vector) => a.reduce((sum, value) => sum + value * value, 0)
const at = (grid: Grid, slot: number) => [grid.x[slot], grid.y[slot], grid.z[slot]]
const velocityAt = ({ velocityX, velocityY, velocityZ }: Grid, slot: number) => [
  ...[velocityX[slot], velocityY[slot], velocityZ[slot]],
]

/** The velocity that a boid chooses, found by looking at all others. */
function chosen(scene: Scene, slot: number): Vector {
  const { Hawk } = scene.tables
  const grid = scene.grid()
  const own = at(grid, slot)
  let [middle, course, away]: Vector[] = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]
  let count = 0
  for (let other = 0; other < grid.shape.boidCount; other++) {
    const way = add(at(grid, other), own, -1)
    if (squared(way) >= 1) continue
    count++
    middle = add(middle, way)
    course = add(course, velocityAt(grid, other))
    away = add(away, way, squared(way) - 1)
  }
  const velocity = velocityAt(grid, slot)
  let force = add(course, velocity, -count).map((value) => (value / count) * rules.ALIGNMENT)
  force = add(force, middle, rules.COHESION / count)
  force = add(force, away, rules.SEPARATION)
  const { x, y, z, rowCount } = Hawk.chunks[0]
  for (let hawk = 0; hawk < rowCount; hawk++) {
    const way = add(own, [x[hawk], y[hawk], z[hawk]], -1)
    const distance = squared(way)
    if (distance < rules.FEAR_DISTANCE ** 2) force = add(force, way, rules.FEAR / (distance + 0.1))
  }
  const { side } = grid.shape
  force = force.map((value, axis) => {
    const low = Math.max(rules.WALL_DISTANCE - own[axis], 0)
    const high = Math.max(own[axis] - side + rules.WALL_DISTANCE, 0)
    return value + (low - high) * rules.WALL
  })
  const next = add(velocity, force, rules.STEP_SECONDS)
  const speed = Math.sqrt(squared(next))
  const wanted = Math.min(Math.max(speed, rules.SPEED_MIN), rules.SPEED_MAX)
  return next.map((value) => (value / speed) * wanted)
}

function assertNear(given: Vector, expected: Vector, note: string) {
  const distance = Math.sqrt(squared(add(given, expected, -1)))
  assert.ok(distance < 1e-4, `${note}: ${given}, expected ${expected}`)
}

test('each boid chooses as the rules say, whoever is in which cell', async () => {
  const scene = await create(600)
  for (const stepCount of [1, 30, 100]) {
    for (let step = 0; step < stepCount; step++) scene.team.step()
    const grid = scene.grid()
    for (let slot = 0; slot < 600; slot++) {
      const given = [grid.nextX[slot], grid.nextY[slot], grid.nextZ[slot]]
      assertNear(given, chosen(scene, slot), `slot ${slot} after ${stepCount} steps`)
    }
  }
})

test('all on one spot: they part, and nobody is lost', async () => {
  const scene = await create(3000)
  for (const chunk of scene.tables.Boid.chunks) {
    for (const column of [chunk.x, chunk.y, chunk.z]) column.fill(4.5)
  }
  for (let step = 0; step < 60; step++) scene.team.step()
  assertSound(scene, 'after 60 steps')
})

/** All are in the space, as fast as is allowed. */
function assertSound({ tables: { Boid }, grid }: Scene, note: string) {
  const { side } = grid().shape
  for (const chunk of Boid.chunks) {
    for (let row = 0; row < chunk.rowCount; row++) {
      for (const { [row]: value } of [chunk.x, chunk.y, chunk.z]) {
        assert.ok(value > 0 && value < side, `${note}: at ${value}`)
      }
      const velocity = [chunk.velocityX[row], chunk.velocityY[row], chunk.velocityZ[row]]
      const speed = Math.sqrt(squared(velocity))
      const isSlow = speed < rules.SPEED_MIN - 1e-4
      // Only where all pull alike from all sides does nobody know where to go.
      assert.ok(speed < rules.SPEED_MAX + 1e-4 && (!isSlow || speed < 1e-2), `${note}: ${speed}`)
    }
  }
}

/** How many others each boid sees, and how far they have one course: from 0 to 1. */
function flockOf(scene: Scene) {
  const grid = scene.grid()
  let [seenSum, courseSum] = [0, 0]
  const { boidCount } = grid.shape
  for (let slot = 0; slot < boidCount; slot++) {
    let course: Vector = [0, 0, 0]
    let seen = 0
    for (let other = 0; other < boidCount; other++) {
      if (squared(add(at(grid, other), at(grid, slot), -1)) >= 1) continue
      const velocity = velocityAt(grid, other)
      course = add(course, velocity, 1 / Math.sqrt(squared(velocity)))
      seen++
    }
    seenSum += seen - 1
    courseSum += Math.sqrt(squared(course)) / seen
  }
  return { seen: seenSum / boidCount, course: courseSum / boidCount }
}

test('they flock: each sees 8 to 40 others, on one course with it', async () => {
  const scene = await create(1500)
  scene.team.step()
  const before = flockOf(scene)
  assert.ok(before.course < 0.6, `course ${before.course} at first`)
  for (let step = 0; step < 300; step++) scene.team.step()
  assertSound(scene, 'after 300 steps')
  const { seen, course } = flockOf(scene)
  assert.ok(seen > 8 && seen < 40, `${seen} in sight`)
  assert.ok(course > 0.75, `course ${course}`)
})

if (isMain) test.run()
