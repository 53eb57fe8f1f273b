// Fills the scene: an entity for each thing of the map, and as many more actors as are wanted.
import { addComponent, addEntity } from 'bitecs'
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

/** Spawns an entity for each thing, in their order. */
export function spawnThings(scene: Scene, things: MapThings): void {
  for (let i = 0; i < things.count; i++) {
    const kind = thingKindOf(things.type[i])
    scene.path[TO_X] = things.x[i]
    scene.path[TO_Y] = things.y[i]
    spawn(scene, kind, headingOfDegrees(things.angle[i]))
  }
}

/**
 * Spawns actors around the map's things, where they fit and no wall is between. Where no such place
 * is found, or the map has no things, they stand on top of a thing, or at the first vertex.
 */
export function spawnExtraActors(scene: Scene, things: MapThings, count: number): void {
  const { level, random, path } = scene
  for (let i = 0; i < count; i++) {
    const kind = EXTRA_ACTOR_KINDS[random.below(EXTRA_ACTOR_KINDS.length)]
    const anchor = random.below(things.count)
    path[FROM_X] = things.count > 0 ? things.x[anchor] : level.vertices[0]
    path[FROM_Y] = things.count > 0 ? things.y[anchor] : level.vertices[1]
    findPlace(scene, kind.radius)
    spawn(scene, kind, random.below(HEADING_COUNT))
  }
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

/** Spawns a thing where the path ends. */
function spawn(scene: Scene, kind: ThingKind, heading: number): void {
  const { world, path, collision, bodies, random } = scene
  const { Position, Place, Body, Actor } = scene.components
  const eid = addEntity(world)
  addComponent(world, eid, Position)
  addComponent(world, eid, Place)
  addComponent(world, eid, Body)
  Position.x[eid] = path[TO_X]
  Position.y[eid] = path[TO_Y]
  Body.type[eid] = kind.type
  Body.heading[eid] = heading
  Body.radius[eid] = kind.radius
  Body.isSolid[eid] = kind.isSolid ? 1 : 0
  Body.health[eid] = kind.health
  bodies.insert(eid, collision.cell())
  if (kind.speed === 0) return
  addComponent(world, eid, Actor)
  Actor.speed[eid] = kind.speed
  Actor.shotKind[eid] = kind.shot
  Actor.fullHealth[eid] = kind.health
  Actor.ticsToTurn[eid] = random.below(TURN_TICS.spread)
  Actor.ticsToFire[eid] = kind.shot < 0 ? -1 : random.below(FIRE_TICS.spread)
}
