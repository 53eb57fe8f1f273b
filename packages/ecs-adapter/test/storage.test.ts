import { Arena } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getComponent, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('storage')
test('x', () => {
  const arena = Arena.create({ byteLength: 2 ** 24 })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: 4 })
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  for (let i = 0; i < 100; i++) {
    const e = addEntity(world)
    addComponent(world, e, set(Position, { x: i }))
    assert.equal(getComponent(world, e, Position), { x: i, y: 0 })
  }
  assert.is(Position.x.length, 128)
  assert.is(arena.blocks().length, 12)
  storage.sync()
  assert.is(arena.blocks().length, 2)
  assert.equal(arena.verify(), [])
  storage.dispose()
  assert.equal(arena.verify(), [])
  assert.is(arena.blocks().length, 0)
})
test.run()
