// Projectiles: actors fire them in volleys, they fly straight on, and die in walls, in bodies, or
// of age. Nobody looks at another's shots, so they move while others look at the bodies.
import { addComponent, addEntity, query, removeEntity } from 'bitecs'
import { FIRE_TICS } from './actors.ts'
import type { BodyQueries } from './bodies.ts'
import { FROM_X, FROM_Y, TO_X, TO_Y } from './collision.ts'
import { HEADING_COUNT, headingVectors } from './headings.ts'
import { BLOCKS_SHOTS } from './level.ts'
import { createMail, SHOT_MAIL } from './mail.ts'
import { randomBelow } from './random.ts'
import type { Scene } from './scene.ts'
import { SHOT_KINDS } from './thing-kinds.ts'

/** Most headings that a shot strays, each way. */
const SPREAD_HEADINGS = 12

export interface ShotSystems {
  /**
   * Spawns the volleys of all actors whose time has come. Columns may move: hoist no views over it.
   */
  fire(): void
  /**
   * Moves all shots by one tic, removes those that hit something or are too old, and sends those that
   * come to a cell of another shard.
   */
  fly(): void
  /** Takes in the shots that others have sent. */
  receive(): void
  /** Gives the trails back, before the storage goes. */
  dispose(): void
}

export function createShotSystems(scene: Scene, queries: BodyQueries): ShotSystems {
  const { world, arena, pool, components, path, collision, shots, events, commons, shard } = scene
  const { Position, Place, Body, Actor, Velocity, Shot } = components
  // One term each: that is the query by which the storage follows the component, so that bitECS
  // has no further one to keep whenever a shot comes or goes.
  const shooterTerms = [Actor]
  const shotTerms = [Shot]
  const { f32, i32 } = arena
  const { shardOf } = commons
  const damages = commons.damages >> 2
  const mail = createMail(scene, SHOT_MAIL, [Position, Velocity, Shot])

  function create(): number {
    const eid = addEntity(world)
    addComponent(world, eid, Position)
    addComponent(world, eid, Velocity)
    addComponent(world, eid, Shot)
    addComponent(world, eid, Place)
    return eid
  }

  function spawn(owner: number, kindIndex: number): void {
    const kind = SHOT_KINDS[kindIndex]
    const strayed = randomBelow(Actor.random, owner, 2 * SPREAD_HEADINGS + 1) - SPREAD_HEADINGS
    const heading = (Body.heading[owner] + strayed) & (HEADING_COUNT - 1)
    const eid = create()
    Position.x[eid] = Position.x[owner]
    Position.y[eid] = Position.y[owner]
    Velocity.x[eid] = kind.speed * headingVectors[2 * heading]
    Velocity.y[eid] = kind.speed * headingVectors[2 * heading + 1]
    Shot.owner[eid] = Body.id[owner]
    Shot.kind[eid] = kindIndex
    Shot.trail[eid] = pool.alloc(8 * kind.trailLength)
    shots.insert(eid, Place.cell[owner])
    events.shotsFired++
  }

  function fire(): void {
    for (const eid of query(world, shooterTerms)) {
      if (Actor.ticsToFire[eid] !== 0 || Actor.ticsDown[eid] > 0) continue
      const kindIndex = Actor.shotKind[eid]
      Actor.ticsToFire[eid] = FIRE_TICS.least + randomBelow(Actor.random, eid, FIRE_TICS.spread)
      for (let i = SHOT_KINDS[kindIndex].shotsPerVolley; i > 0; i--) spawn(eid, kindIndex)
    }
  }

  /** The trail holds the newest positions: a ring, written at the tic modulo its length. */
  function leaveTrail(eid: number): void {
    const { trailLength } = SHOT_KINDS[Shot.kind[eid]]
    const at = (Shot.trail[eid] >> 2) + 2 * (Shot.ticsFlown[eid] % trailLength)
    f32[at] = Position.x[eid]
    f32[at + 1] = Position.y[eid]
    Shot.ticsFlown[eid]++
  }

  function hurt(id: number, damage: number): void {
    events.hits++
    Atomics.add(i32, damages + id, damage) // others may shoot at it, too
  }

  function remove(eid: number): void {
    shots.remove(eid)
    removeEntity(world, eid)
  }

  function move(eid: number, cell: number): void {
    if (shardOf[cell] === shard) {
      shots.move(eid, cell)
      return
    }
    mail.send(eid, shardOf[cell]) // with its trail
    remove(eid)
  }

  function arrive(eid: number): void {
    path[TO_X] = Position.x[eid]
    path[TO_Y] = Position.y[eid]
    shots.insert(eid, collision.cell())
  }

  function fly(): void {
    const { x, y } = Position
    for (const eid of query(world, shotTerms)) {
      const { damage, ticsToLive } = SHOT_KINDS[Shot.kind[eid]]
      leaveTrail(eid)
      path[FROM_X] = x[eid]
      path[FROM_Y] = y[eid]
      path[TO_X] = x[eid] + Velocity.x[eid]
      path[TO_Y] = y[eid] + Velocity.y[eid]
      const isStopped = collision.clip(BLOCKS_SHOTS)
      const hit = queries.firstHit(Shot.owner[eid])
      if (hit !== 0) hurt(hit, damage)
      if (isStopped || hit !== 0 || Shot.ticsFlown[eid] >= ticsToLive) {
        pool.free(Shot.trail[eid])
        remove(eid)
        continue
      }
      x[eid] = path[TO_X]
      y[eid] = path[TO_Y]
      move(eid, collision.cell())
    }
  }

  return {
    fire,
    fly,
    receive: () => mail.receive(create, arrive),
    dispose() {
      for (const eid of query(world, shotTerms)) pool.free(Shot.trail[eid])
    },
  }
}
