import { query } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checksumOf, createSimulation } from '../src/sim/index.ts'
import { createTestArena, tinyMap } from './support/tiny-level.ts'

const test = suite('level: checksum')

/** A tiny level in full swing, the same each time. */
async function start() {
  const options = { ...createTestArena(), map: tinyMap, seed: 1, extraActorCount: 50 }
  const simulation = await createSimulation(options)
  for (let step = 0; step < 100; step++) simulation.step()
  return simulation
}

test('every logical value counts, of any entity, by its last bit', async () => {
  const simulation = await start()
  const { world, components, arena } = simulation.scene
  const { Position, Place, Body, Actor, Down, Velocity, Shot } = components
  const before = simulation.checksum()
  const groups = [
    [Body, [Position.x, Position.y, Place.cell]],
    [Body, [Body.id, Body.type, Body.heading, Body.isSolid, Body.health]],
    [Actor, [Actor.ticsToTurn, Actor.ticsToFire, Actor.random]],
    [Shot, [Position.x, Velocity.x, Velocity.y, Shot.owner, Shot.ticsFlown]],
  ] as const
  for (const [index, [component, columns]] of groups.entries()) {
    for (const eid of [query(world, [component])[0], query(world, [component]).at(-1)!]) {
      for (const [columnIndex, column] of columns.entries()) {
        const bits = new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
        const at = eid * column.BYTES_PER_ELEMENT
        bits[at] ^= 1
        const changed = simulation.checksum()
        bits[at] ^= 1
        assert.is.not(changed, before, `group ${index}, column ${columnIndex}, entity ${eid}`)
      }
    }
  }
  const [fallen] = query(world, [Down])
  const { tics } = Down.rows
  tics[Down.rows.indexOf(fallen)] ^= 1
  assert.is.not(simulation.checksum(), before, 'tics on the floor')
  tics[Down.rows.indexOf(fallen)] ^= 1
  const flying = query(world, [Shot]).find((eid) => Shot.ticsFlown[eid] > 0)!
  arena.u8[Shot.trail.offset(flying)] ^= 1
  assert.is.not(simulation.checksum(), before, 'trail')
  arena.u8[Shot.trail.offset(flying)] ^= 1
  const [{ shotsFired, hits }] = simulation.scene.tables.Tally.chunks
  for (const counted of [shotsFired, hits]) {
    counted[0]++
    assert.is.not(simulation.checksum(), before, 'events')
    counted[0]--
  }
  assert.is(simulation.checksum(), before)
})

test('offsets and capacities do not count', async () => {
  const simulation = await start()
  const before = simulation.checksum()
  const { world, components, bodies } = simulation.scene
  // The same trail in another block, and lists that grew and shrank meanwhile.
  const eid = query(world, [components.Shot])[0]
  const { trail } = components.Shot
  const offset = trail.offset(eid)
  trail.reserve(eid, 1000)
  assert.is.not(trail.offset(eid), offset)
  const other = query(world, [components.Body])[0]
  bodies.remove(other)
  bodies.insert(other, components.Place.cell[other])
  assert.is(simulation.checksum(), before)
})

test('digests of shards add up, in any order', async () => {
  const { level } = (await start()).scene
  const events = { shotsFired: 5, hits: 3, knockouts: 1 }
  const one = { hashSum: 0xfffffff0, entityCount: 7, events }
  const other = { hashSum: 0x20, entityCount: 2, events: { ...events, hits: 4 } }
  const both = {
    hashSum: 0x10,
    entityCount: 9,
    events: { shotsFired: 10, hits: 7, knockouts: 2 },
  }
  const expected = checksumOf(level, [both])
  assert.is(checksumOf(level, [one, other]), expected)
  assert.is(checksumOf(level, [other, one]), expected)
  for (const changed of [
    { ...both, hashSum: 0x11 },
    { ...both, entityCount: 8 },
    { ...both, events: { ...both.events, shotsFired: 9 } },
    { ...both, events: { ...both.events, hits: 8 } },
    { ...both, events: { ...both.events, knockouts: 3 } },
  ]) {
    assert.is.not(checksumOf(level, [changed]), expected, JSON.stringify(changed))
  }
})

test('is an unsigned integer of 32 bits', async () => {
  const checksum = (await start()).checksum()
  assert.ok(Number.isInteger(checksum) && checksum >= 0 && checksum < 2 ** 32)
})

test.run()
