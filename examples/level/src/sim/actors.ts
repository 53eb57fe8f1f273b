// Actors wander: straight on, along what is in the way, or off in another direction. Those that
// were hit too often lie down for a while.
import { query } from 'bitecs'
import type { BodyQueries } from './bodies.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import { HEADING_COUNT, headingVectors } from './headings.ts'
import type { Scene } from './scene.ts'

/** Tics between two turns, between two volleys, and on the floor. */
export const TURN_TICS = { least: 8, spread: 64 } as const
export const FIRE_TICS = { least: 35, spread: 70 } as const
export const DOWN_TICS = 105

/** Most headings that a turn at will changes, each way: an eighth of a circle. */
const TURN_HEADINGS = HEADING_COUNT / 8

/** With more shots than this in its cell, an actor runs. */
const CALM_SHOT_COUNT = 3
export const RUN_FACTOR = 2

/** The system that moves all actors by one tic. */
export function createActorSystem(scene: Scene, queries: BodyQueries): () => void {
  const { world, components, random, path, collision, bodies, shots } = scene
  const { Position, Body, Actor, Place } = components
  const terms = [Actor] // each of them has the other three, too

  /** Whether the actor can be where the path ends; if so, it is. */
  function tryMove(eid: number): boolean {
    const { x, y } = Position
    if (path[TO_X] === x[eid] && path[TO_Y] === y[eid]) return false
    if (!collision.fits(Body.radius[eid]) || queries.isCrowded(eid)) return false
    x[eid] = path[TO_X]
    y[eid] = path[TO_Y]
    bodies.move(eid, collision.cell())
    return true
  }

  function walk(eid: number): void {
    const isHurried = shots.count(Place.cell[eid]) > CALM_SHOT_COUNT
    const speed = Actor.speed[eid] * (isHurried ? RUN_FACTOR : 1)
    const heading = Body.heading[eid]
    const fromX = Position.x[eid]
    const fromY = Position.y[eid]
    path[FROM_X] = fromX
    path[FROM_Y] = fromY
    path[TO_X] = fromX + speed * headingVectors[2 * heading]
    path[TO_Y] = fromY + speed * headingVectors[2 * heading + 1]
    if (tryMove(eid)) return
    const slideY = path[TO_Y]
    path[TO_Y] = fromY
    if (tryMove(eid)) return
    path[TO_X] = fromX
    path[TO_Y] = slideY
    if (tryMove(eid)) return
    Body.heading[eid] = random.below(HEADING_COUNT)
  }

  function turn(eid: number): void {
    const change = random.below(2 * TURN_HEADINGS + 1) - TURN_HEADINGS
    Body.heading[eid] += change // a u8 wraps as a circle does
    Actor.ticsToTurn[eid] = TURN_TICS.least + random.below(TURN_TICS.spread)
  }

  function lie(eid: number): void {
    if (--Actor.ticsDown[eid] > 0) return
    Body.health[eid] = Actor.fullHealth[eid]
    Body.isSolid[eid] = 1
  }

  return () => {
    for (const eid of query(world, terms)) {
      if (Actor.ticsDown[eid] > 0) {
        lie(eid)
        continue
      }
      if (--Actor.ticsToTurn[eid] <= 0) turn(eid)
      if (Actor.ticsToFire[eid] > 0) Actor.ticsToFire[eid]--
      walk(eid)
    }
  }
}
