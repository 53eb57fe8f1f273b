// Actors wander: straight on, along what is in the way, or off in another direction. Those that
// were hit too often lie down for a while. All decide by how things stood after the last step (see
// think.ts), then all move: whose turn comes first does not matter.
import { addComponent, Not, query, removeComponent } from 'bitecs'
import type { Components } from './components.ts'
import type { Scene } from './scene.ts'

/** Tics between two turns, between two volleys, and on the floor. */
export const TURN_TICS = { least: 8, spread: 64 } as const
export const FIRE_TICS = { least: 35, spread: 70 } as const
export const DOWN_TICS = 105

export const RUN_FACTOR = 2

/** Terms of a query: all actors that are not on the floor. */
export const standing = ({ Actor, Down }: Components) => [Actor, Not(Down)]

export interface ActorSystems {
  /**
   * Moves those that stay, which take their damage, and sends those that leave; some of those on
   * the floor get up.
   */
  move(): void
  /** Has one that was sent here enter its cell, and take its damage. */
  arrive(eid: number): void
}

export function createActorSystems(scene: Scene): ActorSystems {
  const { world, components, bodies, events, arena, commons, shard, mail } = scene
  const { Position, Body, Actor, Down } = components
  const { shardOf } = commons
  const { i32 } = arena
  const damages = commons.damages >> 2
  const terms = standing(components) // each of them has a position, a place and a body, too

  function getUp(): void {
    const { count, entities, tics } = Down.rows
    for (let row = 0; row < count; row++) {
      if (--tics[row] > 0) continue
      const eid = entities[row]
      Body.health[eid] = Actor.fullHealth[eid]
      Body.isSolid[eid] = 1
      removeComponent(world, eid, Down) // its row is there until the storage syncs
    }
  }

  /** Shots from anywhere have added to the damage: a sum, so that their order does not matter. */
  function hurt(eid: number): void {
    const damage = i32[damages + Body.id[eid]]
    if (damage === 0) return
    i32[damages + Body.id[eid]] = 0
    Body.health[eid] = Math.max(Body.health[eid] - damage, 0)
    if (Body.health[eid] > 0) return
    events.knockouts++
    Body.isSolid[eid] = 0
    addComponent(world, eid, Down)
    Down.rows.tics[Down.rows.indexOf(eid)] = DOWN_TICS
  }

  function settle(eid: number): void {
    Position.x[eid] = Actor.toX[eid]
    Position.y[eid] = Actor.toY[eid]
    hurt(eid)
  }

  return {
    move() {
      getUp()
      for (const eid of query(world, terms)) {
        const to = shardOf[Actor.toCell[eid]]
        if (to !== shard) {
          bodies.remove(eid)
          mail.send(eid, to)
          continue
        }
        bodies.move(eid, Actor.toCell[eid])
        settle(eid)
      }
    },
    arrive(eid) {
      bodies.insert(eid, Actor.toCell[eid])
      settle(eid)
    },
  }
}
