// Actors wander: straight on, along what is in the way, or off in another direction. Those that
// were hit too often lie down for a while. All decide by how things stood after the last step, then
// all move: whose turn comes first does not matter.
import { addComponent, addEntity, query, removeEntity } from 'bitecs'
import type { BodyQueries } from './bodies.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import { HEADING_COUNT, headingVectors } from './headings.ts'
import { ACTOR_MAIL, createMail } from './mail.ts'
import { randomBelow } from './random.ts'
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

export interface ActorSystems {
  /** Every actor looks around and decides where it will be. Nothing moves. */
  decide(): void
  /** Sends those that will be in a cell of another shard; nothing about them may change after it. */
  depart(): void
  /** Moves those that stay, takes in those that come, and has all take their damage. */
  move(): void
}

export function createActorSystems(scene: Scene, queries: BodyQueries): ActorSystems {
  const { world, components, path, collision, bodies, shots, events, arena, commons, shard } = scene
  const { Position, Body, Actor, Place } = components
  const { shardOf, shardCount } = commons
  const { i32 } = arena
  const damages = commons.damages >> 2
  const terms = [Actor] // each of them has the other three, too
  const mail = createMail(scene, ACTOR_MAIL, [Position, Body, Actor])

  /** Whether the actor can be where the path ends; if so, it will be. */
  function tryMove(eid: number): boolean {
    const { toX, toY, toCell } = Actor
    if (path[TO_X] === toX[eid] && path[TO_Y] === toY[eid]) return false
    const radius = Body.radius[eid]
    if (!collision.fits(radius) || queries.isCrowded(Body.id[eid], radius)) return false
    toX[eid] = path[TO_X]
    toY[eid] = path[TO_Y]
    toCell[eid] = collision.cell()
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
    Body.heading[eid] = randomBelow(Actor.random, eid, HEADING_COUNT)
  }

  function turn(eid: number): void {
    const change = randomBelow(Actor.random, eid, 2 * TURN_HEADINGS + 1) - TURN_HEADINGS
    Body.heading[eid] += change // a u8 wraps as a circle does
    Actor.ticsToTurn[eid] = TURN_TICS.least + randomBelow(Actor.random, eid, TURN_TICS.spread)
  }

  function lie(eid: number): void {
    if (--Actor.ticsDown[eid] > 0) return
    Body.health[eid] = Actor.fullHealth[eid]
    Body.isSolid[eid] = 1
  }

  /** Shots from anywhere have added to the damage: a sum, so that their order does not matter. */
  function hurt(eid: number): void {
    const damage = i32[damages + Body.id[eid]]
    if (damage === 0) return
    i32[damages + Body.id[eid]] = 0
    Body.health[eid] = Math.max(Body.health[eid] - damage, 0)
    if (Body.health[eid] > 0) return
    events.knockouts++
    Actor.ticsDown[eid] = DOWN_TICS
    Body.isSolid[eid] = 0
  }

  function leave(eid: number): void {
    bodies.remove(eid)
    removeEntity(world, eid)
  }

  function create(): number {
    const eid = addEntity(world)
    addComponent(world, eid, Position)
    addComponent(world, eid, Place)
    addComponent(world, eid, Body)
    addComponent(world, eid, Actor)
    return eid
  }

  function arrive(eid: number): void {
    bodies.insert(eid, Actor.toCell[eid])
    settle(eid)
  }

  function settle(eid: number): void {
    Position.x[eid] = Actor.toX[eid]
    Position.y[eid] = Actor.toY[eid]
    hurt(eid)
  }

  return {
    decide() {
      for (const eid of query(world, terms)) {
        if (Actor.ticsDown[eid] > 0) continue
        if (--Actor.ticsToTurn[eid] <= 0) turn(eid)
        if (Actor.ticsToFire[eid] > 0) Actor.ticsToFire[eid]--
        walk(eid)
      }
    },
    depart() {
      if (shardCount === 1) return
      for (const eid of query(world, terms)) {
        const to = shardOf[Actor.toCell[eid]]
        if (to !== shard) mail.send(eid, to)
      }
    },
    move() {
      for (const eid of query(world, terms)) {
        if (shardOf[Actor.toCell[eid]] !== shard) {
          leave(eid)
          continue
        }
        if (Actor.ticsDown[eid] > 0) {
          lie(eid)
          continue
        }
        bodies.move(eid, Actor.toCell[eid])
        settle(eid)
      }
      mail.receive(create, arrive)
    },
  }
}
