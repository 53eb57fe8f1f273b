// What actors do of their own accord, unless they lie on the floor: they look around, decide where
// to be, and fire. Each writes to its own rows, and looks at bodies as they were after the last
// step: so all of them may think at once.
import type { Commands } from '@ashlar/ecs-adapter'
import { randomBelow } from 'example-kit/sim'
import { FIRE_TICS, RUN_FACTOR, TURN_TICS } from './actors.ts'
import { createBodyQueries } from './bodies.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import type { Components } from './components.ts'
import { HEADING_COUNT, headingVectors } from './headings.ts'
import type { System, View } from './parallel.ts'
import { SHOT_KINDS } from './thing-kinds.ts'

/** Most headings that a turn at will changes, each way: an eighth of a circle. */
const TURN_HEADINGS = HEADING_COUNT / 8

/** With more shots than this in its cell, an actor runs. */
const CALM_SHOT_COUNT = 3

/** Most headings that a shot strays, each way. */
const SPREAD_HEADINGS = 12

export function createThinking(view: View): System {
  const { arena, commons, components, path, collision, bodies, shots, tables } = view
  const { Position, Velocity, Body, Actor, Place } = components
  const queries = createBodyQueries(arena, commons, bodies, path)
  /**
   * What a shot is born with, used again. All fields are there: to miss one costs V8 some garbage.
   */
  const born = { owner: 0, by: 0, kind: 0, heading: 0, ticsFlown: 0, toCell: 0, trail: undefined }

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

  function spawn(owner: number, kind: number, commands: Commands<Components>): void {
    const strayed = randomBelow(Actor.random, owner, 2 * SPREAD_HEADINGS + 1) - SPREAD_HEADINGS
    born.owner = Body.id[owner]
    born.by = owner
    born.kind = kind
    born.heading = (Body.heading[owner] + strayed) & (HEADING_COUNT - 1)
    const shot = commands.spawn()
    commands.add(shot, Position)
    commands.add(shot, Velocity)
    commands.set(shot, 'Shot', born)
  }

  function fire(eid: number, commands: Commands<Components>): void {
    const kind = Actor.shotKind[eid]
    const { shotsPerVolley } = SHOT_KINDS[kind]
    Actor.ticsToFire[eid] = FIRE_TICS.least + randomBelow(Actor.random, eid, FIRE_TICS.spread)
    for (let i = shotsPerVolley; i > 0; i--) spawn(eid, kind, commands)
    Atomics.add(tables.Tally.chunks[0].shotsFired, 0, shotsPerVolley)
  }

  return (entities, commands) => {
    for (const eid of entities) {
      if (--Actor.ticsToTurn[eid] <= 0) turn(eid)
      if (Actor.ticsToFire[eid] > 0) Actor.ticsToFire[eid]--
      walk(eid)
      if (Actor.ticsToFire[eid] === 0) fire(eid, commands)
    }
  }
}
