// A number that two runs share if they came to the same state, on whatever engine. It covers
// logical values, in the order of entity ids and of cells; never offsets or capacities, which are
// the arena's own affair.
import { getAllEntities, hasComponent } from 'bitecs'
import type { Scene } from './scene.ts'
import { SHOT_KINDS } from './thing-kinds.ts'

/** FNV-1a over 32-bit words instead of bytes; a float counts with its bits. */
function createHash() {
  const floats = new Float32Array(1)
  const bits = new Int32Array(floats.buffer)
  let hash = 0x811c9dc5 | 0
  const addInt = (value: number) => {
    hash = Math.imul(hash ^ value, 0x01000193)
    // Products carry upwards only; this brings upper bits down, or the lower half would miss them.
    hash ^= hash >>> 15
  }
  const addFloat = (value: number) => {
    floats[0] = value
    addInt(bits[0])
  }
  return { addInt, addFloat, value: () => hash >>> 0 }
}

/** An unsigned integer of 32 bits. */
export function checksumOf(scene: Scene): number {
  const { world, arena, level, bodies, shots, events, components } = scene
  const { Position, Place, Body, Actor, Velocity, Shot } = components
  const { addInt, addFloat, value } = createHash()
  const eids = getAllEntities(world).toSorted((a, b) => a - b)
  addInt(eids.length)
  for (const eid of eids) {
    addInt(eid)
    addFloat(Position.x[eid])
    addFloat(Position.y[eid])
    addInt(Place.cell[eid])
    if (hasComponent(world, eid, Body)) {
      for (const column of [Body.type, Body.heading, Body.isSolid, Body.health]) addInt(column[eid])
    }
    if (hasComponent(world, eid, Actor)) {
      for (const column of [Actor.ticsToTurn, Actor.ticsToFire, Actor.ticsDown]) addInt(column[eid])
    }
    if (hasComponent(world, eid, Shot)) {
      addFloat(Velocity.x[eid])
      addFloat(Velocity.y[eid])
      for (const column of [Shot.owner, Shot.kind, Shot.ticsFlown]) addInt(column[eid])
      const pointCount = Math.min(Shot.ticsFlown[eid], SHOT_KINDS[Shot.kind[eid]].trailLength)
      const trail = Shot.trail[eid] >> 2
      for (let i = 0; i < 2 * pointCount; i++) addFloat(arena.f32[trail + i])
    }
  }
  for (let cell = 0; cell < bodies.cellCount; cell++) {
    addInt(bodies.count(cell))
    addInt(shots.count(cell))
  }
  addInt(level.lineCount)
  for (const count of [events.shotsFired, events.hits, events.knockouts]) addInt(count)
  return value()
}
