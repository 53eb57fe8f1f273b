// What errors say: what was given, by its name, and what to do.
import { applyCommands, createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeJson, refuseLoss } from '../src/base/json.ts'
import { createScene } from './support.ts'

const test = suite('messages')
// biome-ignore lint/suspicious/noExplicitAny: what no type allows is given on purpose
const odd = (value: unknown) => value as any

test('a wrong value is shown as it was given', () => {
  const { pool, storage } = createScene({ byteLength: 2 ** 20 })
  assert.throws(() => applyCommands(storage, odd(5)), /applyCommands\(\) is 5, expected/)
  assert.throws(
    () => applyCommands(storage, [{ offset: 16 }]),
    /the offset of commands is 16, expected/,
  )
  assert.throws(() => createStorage([], pool), /the array of worlds is empty/)
  assert.throws(() => t.list(odd(t.text)), /element type of a list is "t\.text"/)
  assert.throws(() => encodeJson({ big: 1n }, refuseLoss), /big is 1n/)
  assert.throws(
    () => t.list(t.f32, odd({ weak: true })),
    /list of t\.f32 is true, expected false, or true for a list of t\.eid/,
  )
})

test('a list or text without a row is named, also when its storage is disposed of', () => {
  const { world, storage } = createScene({ byteLength: 2 ** 20, capacity: 4 })
  const Path = storage.component('Path', { points: t.list(t.f32), label: t.text })
  const eid = addEntity(world)
  assert.throws(() => Path.points.push(9999, 1), /entity 9999 has no row for Path\.points/)
  assert.throws(() => Path.label.set(9999, 'gate'), /entity 9999 has no row for Path\.label/)
  addComponent(world, eid, Path)
  storage.dispose()
  assert.throws(() => Path.points.push(eid, 1), /or the storage is disposed of/)
})

test.run()
