// Components and tables by name: a name that is not there throws, and all else is as in any object.
import { attachStorage, createTable, type StorageError, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createNamed } from '../../src/schema/named.ts'
import { assertThrows, createScene } from '../support.ts'

const test = suite('named')

test('a name that is not there throws, and says which is near', () => {
  const named = createNamed<number>('component')
  assertThrows(() => named.Position, 'invalid-argument', 'There are: none')
  named.Position = 1
  named.Velocity = 2
  assert.is(named.Position, 1)
  assertThrows(
    () => named.Positon,
    'invalid-argument',
    'there is no component "Positon". Did you mean "Position"? There are: Position, Velocity',
  )
  assertThrows(() => named.position, 'invalid-argument', 'Did you mean "Position"?')
  try {
    assert.unreachable(String(named.Health))
  } catch (error) {
    assert.not.match((error as StorageError).message, 'Did you mean')
  }
  delete named.Position
  assertThrows(() => named.Position, 'invalid-argument')
})

test('all else is as in a plain object', async () => {
  const named = createNamed<number>('component')
  named.a = 1
  named.constructorOf = 2
  assert.is('a' in named, true)
  assert.is('b' in named, false)
  assert.is('toString' in named, false)
  assert.equal(Object.keys(named), ['a', 'constructorOf'])
  const keys: string[] = []
  for (const key in named) keys.push(key)
  assert.equal(keys, ['a', 'constructorOf'])
  assert.is(JSON.stringify(named), '{"a":1,"constructorOf":2}')
  assert.equal({ ...named }, { a: 1, constructorOf: 2 })
  assert.equal(structuredClone(named), { a: 1, constructorOf: 2 })
  assert.is(await Promise.resolve(named), named)
  assert.is(String(named), '[object Object]')
  assert.is(Object.hasOwn(named, 'a'), true)
  assert.is(named[Symbol.iterator as never], undefined)
  const odd = ['toString', 'constructor', '__proto__', 'then', 'toJSON', 'valueOf']
  for (const [i, name] of odd.entries()) {
    named[name] = i
    assert.is(named[name], i)
  }
  assert.is(Object.keys(named).length, 2 + odd.length)
})

test('what consoles and test runners ask is undefined', () => {
  const { storage } = createScene()
  storage.component('Position', { x: t.f32 })
  const asked = ['href', 'inspect', 'asymmetricMatch', 'nodeType', 'tagName', '$$typeof', '@@x']
  for (const key of asked) {
    assert.is((storage.components as Record<string, unknown>)[key], undefined, key)
  }
  for (const key of ['hrefs', 'x@@', 'thenPosition']) {
    assertThrows(() => storage.components[key], 'invalid-argument', 'There are: Position')
  }
})

test('components and tables of storages, here and attached', () => {
  const { storage, arena } = createScene()
  storage.component('Position', { x: t.f32 })
  createTable(storage, 'Bullet', { x: t.f32 })
  const attached = attachStorage(storage.handle, arena.openPool())
  for (const { components, tables } of [storage, attached]) {
    assert.ok(components.Position && tables.Bullet)
    assertThrows(() => components.Positon, 'invalid-argument', 'Did you mean "Position"?')
    assertThrows(() => tables.Bulet, 'invalid-argument', 'no table "Bulet". Did you mean "Bullet"?')
  }
  storage.component('toString', { x: t.f32 })
  assert.equal(Object.keys(storage.components), ['Position', 'toString'])
  attached.detach()
})

test.run()
