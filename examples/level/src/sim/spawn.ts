// Fills the scene: an entity for each thing of the map, and as many more actors as are wanted.
// Every shard works all of them out, with the same dice, and keeps those that are in its cells.
import { addComponent, addEntity, set } from 'bitecs'
import { randomBelow, randomStateOf } from 'example-kit/sim'
import { FIRE_TICS, TURN_TICS } from './actors.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import { HEADING_COUNT, headingOfDegrees } from './headings.ts'
import { BLOCKS_ACTORS } from './level.ts'
import type { Scene } from './scene.ts'
import { EXTRA_ACTOR_KINDS, type ThingKind, thingKindOf } from './thing-kinds.ts'
import type { MapThings } from './wad-map.ts'

/** How far from a thing an extra actor is put at most, in map units on each axis. */
const EXTRA_DISTANCE_MAX = 256
const EXTRA_TRIES = 16

/** Spawns an entity for each thing, in their order, and extra actors. */
export function spawnAll(scene: Scene, things: MapThings, extraCount: number, seed: number): void {
  for (let i = 0; i < things.count; i++) {
    scene.path[TO_X] = things.x[i]
    scene.path[TO_Y] = things.y[i]
    spawn(scene, i + 1, thingKindOf(things.type[i]), headingOfDegrees(things.angle[i]), seed)
  }
  for (let i = 0; i < extraCount; i++) spawnExtra(scene, things, things.count + i + 1, seed)
}

/**
 * Spawns an actor near one of the map's things, where it fits and no wall is between. Where no such
 * place is found, or the map has no things, it stands on top of the thing, or at the first vertex.
 */
function spawnExtra(scene: Scene, things: MapThings, id: number, seed: number): void {
  const { level, random, path } = scene
  const kind = EXTRA_ACTOR_KINDS[random.below(EXTRA_ACTOR_KINDS.length)]
  const anchor = random.below(things.count)
  path[FROM_X] = things.count > 0 ? things.x[anchor] : level.vertices[0]
  path[FROM_Y] = things.count > 0 ? things.y[anchor] : level.vertices[1]
  findPlace(scene, kind.radius)
  spawn(scene, id, kind, random.below(HEADING_COUNT), seed)
}

/** Ends the path near its start, at a place where an actor fits; at its start if there is none. */
function findPlace({ random, path, collision }: Scene, radius: number): void {
  const stray = () => random.below(2 * EXTRA_DISTANCE_MAX + 1) - EXTRA_DISTANCE_MAX
  for (let tries = EXTRA_TRIES; tries > 0; tries--) {
    path[TO_X] = path[FROM_X] + stray()
    path[TO_Y] = path[FROM_Y] + stray()
    if (!collision.clip(BLOCKS_ACTORS) && collision.fits(radius)) return
  }
  path[TO_X] = path[FROM_X]
  path[TO_Y] = path[FROM_Y]
}

/** Spawns the body with this id where the path ends, if that is in a cell of this shard. */
function spawn(scene: Scene, id: number, kind: ThingKind, heading: number, seed: number): void {
  const { world, path, collision, bodies, commons, shard } = scene
  const { Position, Place, Body, Actor } = scene.components
  const cell = collision.cell()
  if (commons.shardOf[cell] !== shard) return
  const eid = addEntity(world)
  const { type, radius, isSolid, health } = kind
  addComponent(world, eid, set(Position, { x: path[TO_X], y: path[TO_Y] }))
  addComponent(world, eid, Place)
  addComponent(world, eid, set(Body, { id, type, heading, radius, isSolid, health }))
  bodies.insert(eid, cell)
  if (kind.speed === 0) return
  addComponent(world, eid, Actor)
  Actor.speed[eid] = kind.speed
  Actor.shotKind[eid] = kind.shot
  Actor.fullHealth[eid] = kind.health
  Actor.random[eid] = randomStateOf(seed, id)
  Actor.ticsToTurn[eid] = randomBelow(Actor.random, eid, TURN_TICS.spread)
  Actor.ticsToFire[eid] = kind.shot < 0 ? -1 : randomBelow(Actor.random, eid, FIRE_TICS.spread)
  Actor.toX[eid] = path[TO_X]
  Actor.toY[eid] = path[TO_Y]
  Actor.toCell[eid] = cell
}
