// A number that two runs share if they came to the same state, on whatever engine, with however
// many shards. It covers logical values: never offsets, capacities or entity ids, which are the
// arena's and the shards' own affair. Every entity and every cell has a hash, and the sum of all of
// them does not ask for an order.
import { getAllEntities, hasComponent } from 'bitecs'
import { createHash } from 'example-kit/sim'
import type { SceneEvents } from './events.ts'
import type { Level } from './level.ts'
import type { Scene } from './scene.ts'

/** What one shard adds to the checksum. */
export interface Digest {
  /** Of the hashes of its entities and cells, modulo 2^32. */
  readonly hashSum: number
  readonly entityCount: number
  readonly events: Pick<SceneEvents, 'shotsFired' | 'hits' | 'knockouts'>
}

export function digestOf(scene: Scene, ownCells: Iterable<number>): Digest {
  const { world, bodies, shots, events, components } = scene
  const { Position, Place, Body, Actor, Down, Velocity, Shot } = components
  const { start, addInt, addFloat, value } = createHash()
  let hashSum = 0
  const eids = getAllEntities(world)
  for (const eid of eids) {
    start()
    addFloat(Position.x[eid])
    addFloat(Position.y[eid])
    addInt(Place.cell[eid])
    if (hasComponent(world, eid, Body)) {
      for (const column of [Body.id, Body.type, Body.heading, Body.isSolid, Body.health]) {
        addInt(column[eid])
      }
    }
    if (hasComponent(world, eid, Actor)) {
      const { ticsToTurn, ticsToFire, random } = Actor
      addInt(ticsToTurn[eid])
      addInt(ticsToFire[eid])
      addInt(hasComponent(world, eid, Down) ? Down.rows.tics[Down.rows.indexOf(eid)] : 0)
      addInt(random[eid])
    }
    if (hasComponent(world, eid, Shot)) {
      addFloat(Velocity.x[eid])
      addFloat(Velocity.y[eid])
      for (const column of [Shot.owner, Shot.kind, Shot.ticsFlown]) addInt(column[eid])
      for (const value of Shot.trail.toArray(eid)) addFloat(value)
    }
    hashSum = (hashSum + value()) >>> 0
  }
  for (const cell of ownCells) {
    start()
    for (const word of [cell, bodies.count(cell), shots.count(cell)]) addInt(word)
    hashSum = (hashSum + value()) >>> 0
  }
  return { hashSum, entityCount: eids.length, events: { ...events } }
}

/** An unsigned integer of 32 bits, of the digests of all shards. */
export function checksumOf(level: Level, digests: readonly Digest[]): number {
  const { start, addInt, value } = createHash()
  const sum = (of: (digest: Digest) => number) =>
    digests.reduce((total, digest) => (total + of(digest)) >>> 0, 0)
  start()
  addInt(level.lineCount)
  addInt(sum((digest) => digest.hashSum))
  addInt(sum((digest) => digest.entityCount))
  addInt(sum(({ events }) => events.shotsFired))
  addInt(sum(({ events }) => events.hits))
  addInt(sum(({ events }) => events.knockouts))
  return value()
}
