import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RUN_FACTOR } from '../src/sim/actors.ts'
import { EXTRA_ACTOR_KINDS, SHOT_KINDS, thingKindOf } from '../src/sim/thing-kinds.ts'

const test = suite('level: thing-kinds')
const kinds = Array.from({ length: 65536 }, (_, i) => thingKindOf(i - 32768))

test('every number is some kind, with values that fit their columns', () => {
  for (const [index, kind] of kinds.entries()) {
    assert.is(kind.type, index - 32768)
    assert.ok(kind.radius > 0 && kind.radius <= 255)
    assert.ok(kind.health >= 0 && kind.health <= 32767)
    assert.ok(kind.shot >= -1 && kind.shot < SHOT_KINDS.length)
  }
})

test('actors, obstacles and items', () => {
  assert.is(kinds.filter((kind) => kind.speed > 0).length, 22)
  assert.equal(
    [1, 3004, 3003].map((type) => thingKindOf(type).radius),
    [16, 20, 24],
  )
  assert.ok(thingKindOf(2035).isSolid)
  assert.not.ok(thingKindOf(2014).isSolid)
  assert.not.ok(thingKindOf(31999).isSolid, 'what nobody knows lies on the floor')
})

test('nobody runs so fast as to jump a wall', () => {
  // Clear of a line on one side and on the other, the centre has moved by twice the radius.
  for (const kind of kinds) assert.ok(kind.speed * RUN_FACTOR < 2 * kind.radius, `${kind.type}`)
})

test('extra actors walk, and shoot or do not', () => {
  assert.ok(EXTRA_ACTOR_KINDS.length > 8)
  for (const kind of EXTRA_ACTOR_KINDS) assert.ok(kind.speed > 0 && kind.isSolid)
})

test.run()
