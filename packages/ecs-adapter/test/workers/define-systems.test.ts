// Systems that a thread has defined, and which of them its groups run.
import { createWorkerGroup, defineSystems } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain } from '../../../../test/support/threads.ts'
import { definedSystems } from '../../src/workers/define-systems.ts'
import { createScene } from '../support.ts'
import { assertRejects } from './game.ts'

const test = suite('define systems')

// One test, as a thread remembers what it has defined.
test('groups run what their thread has defined', async () => {
  for (const bad of [undefined, null, 5, {}, [], { move: 1 }] as never[]) {
    assert.throws(() => defineSystems()(bad), /system/)
  }
  assert.type(definedSystems(), 'string')

  const { storage } = createScene()
  const group = await createWorkerGroup(storage, [])
  const words = ['has defined no systems', 'import the module', '{ systems }']
  await assertRejects(group.run('move', [1]), 'no-workers', ...words)
  assert.throws(() => group.runSync('move', [1]), /has defined no systems/)
  assert.equal(group.systems, [])

  const calls: string[] = []
  const given = { move: () => void calls.push('first'), fly() {} }
  assert.is(defineSystems()(given), given)
  await group.run('move', [1]) // finds what was defined since it was made
  assert.equal(group.systems, ['fly', 'move'])

  // A module that is loaded again has the same names: groups that are made from now on run those.
  defineSystems()({ fly() {}, move: () => void calls.push('second') })
  const next = await createWorkerGroup(storage, [])
  next.runSync('move', [1])
  group.runSync('move', [1])
  assert.equal(calls, ['first', 'second', 'first'])

  // Others leave a doubt, which `systems` ends.
  const others = defineSystems()({ think: () => void calls.push('other') })
  const doubtful = await createWorkerGroup(storage, [])
  const sets = ['2 sets of systems', '"fly", "move"; "think"', '{ systems }']
  await assertRejects(doubtful.run('think', [1]), 'no-workers', ...sets)
  const certain = await createWorkerGroup(storage, [], { systems: others })
  certain.runSync('think', [1])
  assert.is(calls.at(-1), 'other')
  for (const one of [group, next, doubtful, certain]) await one.close()
  storage.dispose()
})

if (isMain) test.run()
