// How shots fly: straight on, until they end in walls, in bodies, or of age. Each writes to its own
// rows, and to the damage of whom it hits by Atomics: so all of them may fly at once.
import { createBodyQueries } from './bodies.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import { headingVectors } from './headings.ts'
import { BLOCKS_SHOTS } from './level.ts'
import type { System, View } from './parallel.ts'
import { SHOT_KINDS } from './thing-kinds.ts'

export function createFlight(view: View): System {
  const { arena, commons, components, path, collision, bodies, tables } = view
  const { Position, Velocity, Shot } = components
  const { f32, i32 } = arena
  const queries = createBodyQueries(arena, commons, bodies, path)
  const damages = commons.damages >> 2

  /** Its owner is where it was when it fired: bodies move when all shots have flown. */
  function launch(eid: number): void {
    const { speed } = SHOT_KINDS[Shot.kind[eid]]
    const owner = Shot.by.get(eid)
    const heading = Shot.heading[eid]
    Position.x[eid] = Position.x[owner]
    Position.y[eid] = Position.y[owner]
    Velocity.x[eid] = speed * headingVectors[2 * heading]
    Velocity.y[eid] = speed * headingVectors[2 * heading + 1]
  }

  /** The trail holds the newest positions: a ring, written at the tic modulo its length. */
  function leaveTrail(eid: number): void {
    const { trailLength } = SHOT_KINDS[Shot.kind[eid]]
    const tic = Shot.ticsFlown[eid]
    if (tic < trailLength) Shot.trail.resize(eid, 2 * tic + 2)
    const at = (Shot.trail.offset(eid) >> 2) + 2 * (tic % trailLength)
    f32[at] = Position.x[eid]
    f32[at + 1] = Position.y[eid]
  }

  function hurt(id: number, damage: number): void {
    Atomics.add(tables.Tally.chunks[0].hits, 0, 1)
    Atomics.add(i32, damages + id, damage) // others may shoot at it, too
  }

  /** Whether it goes on. */
  function fly(eid: number): boolean {
    const { damage, ticsToLive } = SHOT_KINDS[Shot.kind[eid]]
    if (Shot.ticsFlown[eid] === 0) launch(eid)
    leaveTrail(eid)
    const { x, y } = Position
    path[FROM_X] = x[eid]
    path[FROM_Y] = y[eid]
    path[TO_X] = x[eid] + Velocity.x[eid]
    path[TO_Y] = y[eid] + Velocity.y[eid]
    const isStopped = collision.clip(BLOCKS_SHOTS)
    const hit = queries.firstHit(Shot.owner[eid])
    if (hit !== 0) hurt(hit, damage)
    if (isStopped || hit !== 0 || ++Shot.ticsFlown[eid] >= ticsToLive) return false
    x[eid] = path[TO_X]
    y[eid] = path[TO_Y]
    Shot.toCell[eid] = collision.cell()
    return true
  }

  return (entities, commands) => {
    for (const eid of entities) if (!fly(eid)) commands.despawn(eid)
  }
}
