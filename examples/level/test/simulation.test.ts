import { Arena, ArenaError, blocks, verify } from '@ashlar/core'
import { CommandsError, RunError, verifyStorage } from '@ashlar/ecs-adapter'
import { query } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TO_X } from '../src/sim/collision.ts'
import { createSimulation, type Simulation } from '../src/sim/index.ts'
import type { Scene } from '../src/sim/scene.ts'
import { SHOT_KINDS } from '../src/sim/thing-kinds.ts'
import { tinyMap } from './support/tiny-level.ts'

const test = suite('level: simulation')

async function start(seed = 1, extraActorCount = 60) {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const pool = arena.openPool()
  const simulation = await createSimulation({ arena, pool, map: tinyMap, seed, extraActorCount })
  return { arena, pool, simulation }
}

function run(simulation: Simulation, steps: number): string {
  for (let step = 0; step < steps; step++) simulation.step()
  return simulation.checksum().toString(16)
}

// These constants are what makes engines comparable: all of them run this file.
test('the checksums of the tiny level are these, on every engine', async () => {
  assert.is(run((await start(1, 0)).simulation, 0), '4d972a85')
  assert.is(run((await start(1, 0)).simulation, 700), '671c625e')
  assert.is(run((await start(1, 60)).simulation, 700), '318f9ace')
  assert.is(run((await start(2, 60)).simulation, 700), '7f10f2ab')
})

test('the same seed gives the same checksum, in one go or in parts', async () => {
  const { simulation } = await start(7)
  run(simulation, 100)
  assert.is(run(simulation, 100), run((await start(7)).simulation, 200))
})

test('another seed, step or number of actors gives another checksum', async () => {
  const sums = [
    run((await start(1)).simulation, 100),
    run((await start(2)).simulation, 100),
    run((await start(1)).simulation, 101),
    run((await start(1, 61)).simulation, 100),
  ]
  assert.is(new Set(sums).size, sums.length)
})

test('the checksum depends neither on the history of the arena nor on its buffer', async () => {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20, shared: false })
  const pool = arena.openPool()
  const held = Array.from({ length: 3000 }, (_, i) => pool.alloc(16 + (i % 700)))
  for (const [index, offset] of held.entries()) if (index % 3 > 0) pool.free(offset)
  const options = { arena, pool, map: tinyMap, seed: 1, extraActorCount: 60 }
  assert.is(run(await createSimulation(options), 300), run((await start(1)).simulation, 300))
})

test('the checksum does not change the state', async () => {
  const { simulation } = await start()
  run(simulation, 50)
  assert.is(simulation.checksum(), simulation.checksum())
  assert.is(run(simulation, 50), run((await start()).simulation, 100))
})

test('every thing is an entity, and so is every extra actor', async () => {
  const { simulation } = await start(1, 60)
  assert.is(simulation.entityCount(), tinyMap.things.count + 60)
  assert.is(simulation.shotCount(), 0)
  const { world, components } = simulation.scene
  assert.is(query(world, [components.Actor]).length, 21 + 60)
})

test('it happens a lot, and goes on', async () => {
  const { simulation } = await start(1, 200)
  const { events, pool } = simulation.scene
  run(simulation, 700)
  const { shotsFired, hits, knockouts } = events
  assert.ok(shotsFired > 5000 && hits > 1000 && knockouts > 50, JSON.stringify(events))
  assert.ok(pool.counts.reallocs > 1000, JSON.stringify(pool.counts))
  run(simulation, 700)
  assert.ok(events.shotsFired > 1.5 * shotsFired, 'shots go on')
  assert.ok(events.knockouts > 1.5 * knockouts, 'those who fell got up again')
})

/** Even-odd rule over the lines without a left side. */
function isInsideMap(scene: Scene, x: number, y: number): boolean {
  const { vertices, lineVertices, lineSectors, lineCount } = scene.level
  let isInside = false
  for (let line = 0; line < lineCount; line++) {
    if (lineSectors[2 * line + 1] >= 0) continue
    const [start, end] = lineVertices.subarray(2 * line, 2 * line + 2)
    const [x1, y1] = vertices.subarray(2 * start)
    const [x2, y2] = vertices.subarray(2 * end)
    if (y1 > y === y2 > y) continue
    if (x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) isInside = !isInside
  }
  return isInside
}

test('nobody walks through walls, and no shot flies through them', async () => {
  const { simulation } = await start(3, 100)
  const { world, components, collision, path } = simulation.scene
  const { Position, Body, Actor, Shot } = components
  for (let step = 0; step < 1000; step++) {
    simulation.step()
    for (const eid of query(world, [Actor])) {
      path.set([Position.x[eid], Position.y[eid]], TO_X)
      assert.ok(collision.fits(Body.radius[eid]), `actor ${eid} in step ${step}`)
    }
    for (const eid of query(world, [Shot])) {
      const [x, y] = [Position.x[eid], Position.y[eid]]
      assert.ok(isInsideMap(simulation.scene, x, y), `shot at ${x}, ${y} in step ${step}`)
    }
  }
})

test('actors get about: through passage and ramp, not through door and window', async () => {
  const { simulation } = await start(5, 100)
  const { world, components } = simulation.scene
  const { Position, Actor, Body } = components
  const seenTypes = new Set<number>()
  for (let step = 0; step < 3000; step++) {
    simulation.step()
    if (step % 20 !== 0) continue
    for (const eid of query(world, [Actor])) {
      const [x, y] = [Position.x[eid], Position.y[eid]]
      const isInPassage = x > 660 && x < 750 && y > 320 && y < 448
      const isOnRamp = x > 896 && x < 1024 && y > 640 && y < 704
      if (isInPassage) seenTypes.add(1)
      if (isOnRamp) seenTypes.add(2)
      const isInDoor = x > 1216 && x < 1344 && y > 226 && y < 254
      const isOnSill = x > 192 && x < 384 && y > 640 && y < 645
      assert.not.ok(isInDoor || isOnSill, `a ${Body.type[eid]} at ${x}, ${y} in step ${step}`)
    }
  }
  assert.equal([...seenTypes].sort(), [1, 2])
})

test('cell lists, columns and blocks agree after every step', async () => {
  const { arena, simulation } = await start(9, 80)
  const { scene } = simulation
  const { world, components, bodies, shots, collision, path, pool } = scene
  const { Position, Place, Body, Shot } = components
  const cellCount = scene.commons.shardOf.length
  const ownBlockCount = blocks(arena).length - (pool.counts.allocs - pool.counts.frees)
  for (let step = 0; step < 200; step++) {
    simulation.step()
    for (const [lists, component] of [
      [bodies, Body],
      [shots, Shot],
    ] as const) {
      let listedCount = 0
      for (let cell = 0; cell < cellCount; cell++) listedCount += lists.count(cell)
      const eids = query(world, [component])
      assert.is(listedCount, eids.length, `step ${step}`)
      for (const eid of eids) {
        path.set([Position.x[eid], Position.y[eid]], TO_X)
        assert.is(Place.cell[eid], collision.cell(), `step ${step}, entity ${eid}`)
        assert.is(lists.at(Place.cell[eid], Place.slot[eid]), eid)
      }
    }
    assert.equal(verify(arena), [], `step ${step}`)
    assert.equal(verifyStorage(scene.storage), [], `step ${step}`)
    const { allocs, frees } = pool.counts
    // Columns grow once or twice, and what they grew out of is freed: never fewer blocks.
    assert.ok(blocks(arena).length >= ownBlockCount + allocs - frees, `step ${step}`)
  }
})

test('trails end where the shot was before', async () => {
  const { simulation } = await start(4, 20)
  const { world, components } = simulation.scene
  const { Position, Velocity, Shot } = components
  run(simulation, 120)
  const shots = query(world, [Shot])
  assert.ok(shots.length > 20)
  for (const eid of shots) {
    if (Shot.ticsFlown[eid] === 0) continue
    const { [Shot.kind[eid]]: kind } = SHOT_KINDS
    const tic = Shot.ticsFlown[eid]
    const trail = Shot.trail.toArray(eid)
    assert.is(trail.length, 2 * Math.min(tic, kind.trailLength))
    const last = 2 * ((tic - 1) % kind.trailLength)
    assert.ok(Math.abs(trail[last] + Velocity.x[eid] - Position.x[eid]) < 1e-3)
    assert.ok(Math.abs(trail[last + 1] + Velocity.y[eid] - Position.y[eid]) < 1e-3)
  }
})

test('dispose empties the arena, and the next simulation in it is the same', async () => {
  const { arena, pool, simulation } = await start(1)
  const blockCounts: number[] = []
  const first = run(simulation, 200)
  await simulation.dispose()
  for (let round = 0; round < 3; round++) {
    assert.equal(blocks(arena), [])
    assert.equal(verify(arena), [])
    const options = { arena, pool, map: tinyMap, seed: 1, extraActorCount: 60 }
    const again = await createSimulation(options)
    assert.is(run(again, 200), first)
    blockCounts.push(arena.stats().committedByteLength)
    await again.dispose()
  }
  assert.is(blockCounts[2], blockCounts[1], 'nothing leaks from map to map')
})

/** A run fails by what a system threw, and by what its commands threw. */
function errorsIn(error: unknown): unknown[] {
  if (error instanceof CommandsError) return error.failures.map((failure) => failure.error)
  if (!(error instanceof RunError)) return [error]
  const { cause, commandsError } = error
  return [cause, ...(commandsError === undefined ? [] : errorsIn(commandsError))]
}

/** What a system threw comes as an error of the same name and message. */
const isOutOfMemory = (error: unknown) =>
  error instanceof ArenaError
    ? error.code === 'out-of-memory'
    : error instanceof Error && error.name === 'ArenaError' && /no room/.test(error.message)

test('an arena that is too small: an error, and nothing left behind', async () => {
  let [failed, ran] = [0, 0]
  for (let spans = 4; spans < 40; spans++) {
    const arena = Arena.create({ byteLength: spans * 2 ** 16 })
    const pool = arena.openPool()
    try {
      const options = { arena, pool, map: tinyMap, seed: 1, extraActorCount: 1200 }
      const simulation = await createSimulation(options)
      try {
        run(simulation, 10)
        ran++
      } finally {
        await simulation.dispose()
      }
    } catch (error) {
      failed++
      assert.ok(errorsIn(error).every(isOutOfMemory), `${error}`)
    }
    assert.equal(blocks(arena), [], `${spans} spans`)
    assert.equal(verify(arena), [])
  }
  assert.ok(failed > 5 && ran > 5, `${failed} failed, ${ran} ran`)
})

test('a map without things, and extra actors in it', async () => {
  const [empty, flags] = [new Int16Array(0), new Uint16Array(0)]
  const none = { count: 0, x: empty, y: empty, angle: empty, type: empty, flags }
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const pool = arena.openPool()
  for (const extraActorCount of [0, 5]) {
    const map = { ...tinyMap, things: none }
    const simulation = await createSimulation({ arena, pool, map, seed: 1, extraActorCount })
    run(simulation, 200)
    assert.is(simulation.entityCount() - simulation.shotCount(), extraActorCount)
    await simulation.dispose()
    assert.equal(blocks(arena), [])
  }
})

test.run()
