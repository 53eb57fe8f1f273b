import { query } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TO_X } from '../src/sim/collision.ts'
import { headingOfDegrees } from '../src/sim/headings.ts'
import { createSimulation } from '../src/sim/index.ts'
import { thingKindOf } from '../src/sim/thing-kinds.ts'
import { createTestArena, tinyMap } from './support/tiny-level.ts'

const test = suite('level: spawn')

async function start(extraActorCount: number, map = tinyMap) {
  const options = { ...createTestArena(), map, seed: 3, extraActorCount }
  return (await createSimulation(options)).scene
}

test('things become entities in their order, where and what they are in the map', async () => {
  const { world, components } = await start(0)
  const { Position, Body, Actor } = components
  const { things } = tinyMap
  assert.is(query(world, [Body]).length, things.count)
  const actors = new Set(query(world, [Actor]))
  for (let i = 0; i < things.count; i++) {
    const eid = i + 1
    const kind = thingKindOf(things.type[i])
    assert.is(Position.x[eid], things.x[i])
    assert.is(Position.y[eid], things.y[i])
    assert.is(Body.type[eid], things.type[i])
    assert.is(Body.heading[eid], headingOfDegrees(things.angle[i]))
    assert.is(Body.radius[eid], kind.radius)
    assert.is(Body.isSolid[eid], Number(kind.isSolid))
    assert.is(Body.health[eid], kind.health)
    assert.is(actors.has(eid), kind.speed > 0)
  }
})

test('who has no shots never fires', async () => {
  const { world, components } = await start(300)
  const { Actor } = components
  for (const eid of query(world, [Actor])) {
    assert.is(Actor.ticsToFire[eid] === -1, Actor.shotKind[eid] === -1, `actor ${eid}`)
  }
})

test('extra actors stand where they fit, and where they can be reached', async () => {
  const { world, components, collision, path } = await start(300)
  const { Position, Body } = components
  let [inDoorOrCell, elsewhere] = [0, 0]
  for (const eid of query(world, [Body])) {
    if (eid <= tinyMap.things.count) continue
    path.set([Position.x[eid], Position.y[eid]], TO_X)
    assert.ok(collision.fits(Body.radius[eid]), `actor ${eid}`)
    // The cell is shut, so whoever is in it was put there for a thing in it.
    const isInCell = path[TO_X] > 1184 && path[TO_X] < 1440 && Position.y[eid] < 224
    if (isInCell) inDoorOrCell++
    else elsewhere++
  }
  assert.ok(inDoorOrCell > 5 && elsewhere > 200, `${inDoorOrCell} and ${elsewhere}`)
})

test('where nothing fits, they stand on a thing', async () => {
  // All things within a pillar of the hall.
  const { things } = tinyMap
  const x = new Int16Array(things.count).fill(184)
  const y = new Int16Array(things.count).fill(152)
  const { world, components } = await start(20, { ...tinyMap, things: { ...things, x, y } })
  for (const eid of query(world, [components.Body])) {
    assert.equal([components.Position.x[eid], components.Position.y[eid]], [184, 152])
  }
})

test.run()
