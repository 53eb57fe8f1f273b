import { blocks } from '@ashlar/core'
import { applyCommands, attachStorage, createCommands, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  entityExists,
  getAllEntities,
  getComponent,
  hasComponent,
  query,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, buffers, withScene } from '../support.ts'
import { componentsOf, createGame } from './scenes.ts'

const test = suite('commands')

for (const [name, buffer] of Object.entries(buffers)) {
  test(`${name}: spawn, add, set, remove and despawn, and nothing before apply`, () => {
    withScene({ ...buffer, capacity: 4 }, (scene) => {
      const { world, storage, arena } = scene
      const { Position, Enemy } = componentsOf(scene)
      const commands = createCommands(storage)
      assert.ok(commands.isEmpty)
      const old = addEntity(world)
      const doomed = addEntity(world)
      addComponent(world, old, Enemy)
      const born = commands.spawn()
      assert.ok(born < 0)
      commands.add(born, Position)
      commands.set(born, Position, { x: 1.5, y: 0.1 })
      commands.add(born, 'Enemy')
      commands.add(old, Position, { y: -7 })
      commands.remove(old, Enemy)
      commands.despawn(doomed)
      assert.not.ok(commands.isEmpty)
      assert.equal(getAllEntities(world), [old, doomed])
      assertSound(arena)
      assert.is(applyCommands(storage, commands), 0)
      assert.ok(commands.isEmpty)
      assert.ok(!entityExists(world, doomed))
      assert.ok(!hasComponent(world, old, Enemy))
      assert.equal(getComponent(world, old, Position), { x: 0, y: -7 })
      const [eid] = query(world, [Enemy, Position])
      assert.equal(getComponent(world, eid, Position), { x: 1.5, y: 0.1 })
      assert.is(applyCommands(storage, commands), 0)
      assert.is(getAllEntities(world).length, 2)
    })
  })

  test(`${name}: thousands of commands add blocks; none is dropped, all blocks are freed`, () => {
    withScene({ ...buffer }, (scene) => {
      const { world, storage, arena } = scene
      const { Position } = componentsOf(scene)
      const commands = createCommands(storage)
      const blockCount = blocks(arena).length
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 3000; i++) {
          commands.add(commands.spawn(), Position, { x: i, y: i / 3 })
          if (i % 500 === 0) assertSound(arena)
        }
        assert.ok(blocks(arena).length > blockCount)
        applyCommands(storage, commands)
        assertSound(arena)
        const eids = [...query(world, [Position])]
        assert.is(eids.length, 3000)
        eids.sort((a, b) => Position.x[a] - Position.x[b])
        eids.forEach((eid, i) => {
          assert.equal(getComponent(world, eid, Position), { x: i, y: i / 3 })
        })
        for (const eid of eids) commands.despawn(eid)
        applyCommands(storage, commands)
        assert.is(query(world, [Position]).length, 0)
        storage.sync()
        assert.is(blocks(arena).length, blockCount)
      }
    })
  })
}

test('temporary ids are entities to later commands, and values of id fields', () => {
  const { world, storage, commands, Link, Position } = createGame()
  const root = addEntity(world)
  const a = commands.spawn()
  const b = commands.spawn()
  assert.is.not(a, b)
  commands.set(a, Link, { to: b, weight: 300 })
  commands.set(b, Link, { to: root })
  commands.set(root, Link, { to: a })
  commands.set(a, Link, { to: b })
  commands.set(b, Position, { x: b }) // no id field: a number
  applyCommands(storage, commands)
  const [idA, idB] = [root + 1, root + 2]
  assert.equal(getComponent(world, idA, Link), { to: idB, weight: 44 })
  assert.equal(getComponent(world, idB, Link), { to: root, weight: 0 })
  assert.equal(getComponent(world, root, Link), { to: idA, weight: 0 })
  assert.is(Position.x[idB], b)
  commands.set(root, Link, { to: -1 }) // nobody
  commands.set(root, Position, { x: a })
  applyCommands(storage, commands)
  assert.is(Link.to[root], -1)
  assert.is(Position.x[root], a)
  commands.despawn(a) // of before: it means nothing any more
  assert.is(applyCommands(storage, commands), 1)
  assert.ok(entityExists(world, idA))
})

test('set writes the given fields, and adds a missing component', () => {
  const { world, storage, commands, Position, Enemy } = createGame()
  const eid = addEntity(world)
  addComponent(world, eid, set(Position, { x: 1, y: 2 }))
  const values = { x: 5 }
  commands.set(eid, Position, values)
  values.x = 6 // it was read
  commands.set(eid, 'Position', { y: undefined })
  commands.set(eid, Position, { y: 0.25 })
  const other = addEntity(world)
  commands.set(other, 'Position', { x: Number.NaN })
  commands.set(other, Enemy, {})
  assert.is(Position.x[eid], 1)
  applyCommands(storage, commands)
  assert.equal(getComponent(world, eid, Position), { x: 5, y: 0.25 })
  assert.equal(getComponent(world, other, Position), { x: Number.NaN, y: 0 })
  assert.ok(hasComponent(world, other, Enemy))
})

test('components of more than 32 fields', () => {
  const { world, storage, commands } = createGame()
  for (const count of [31, 32, 33, 64, 65]) {
    const entries = Array.from({ length: count }, (_, i) => [`f${i}`, t.f64] as const)
    const Wide = storage.component(`Wide${count}`, Object.fromEntries(entries))
    const eid = addEntity(world)
    const given = entries.filter((_, i) => i % 3 === 0 || i > count - 3)
    const values = Object.fromEntries(given.map(([name], i) => [name, i + 0.5]))
    commands.set(eid, Wide, values)
    commands.set(eid, Wide, { [`f${count - 1}`]: -1 })
    applyCommands(storage, commands)
    const zeros = Object.fromEntries(entries.map(([name]) => [name, 0]))
    const expected = { ...zeros, ...values, [`f${count - 1}`]: -1 }
    assert.equal(getComponent(world, eid, Wide), expected)
  }
})

test('begin restarts temporary ids; abort drops the commands after it', () => {
  const { world, storage, commands, arena, Position } = createGame()
  const blockCount = blocks(arena).length
  const spawn = (x: number) => commands.set(commands.spawn(), Position, { x })
  commands.begin(0)
  spawn(1)
  commands.begin(5)
  const first = commands.spawn()
  for (let i = 0; i < 1000; i++) spawn(2)
  commands.abort()
  assert.is(blocks(arena).length, blockCount)
  commands.begin(6)
  assert.is(commands.spawn(), first)
  spawn(3)
  applyCommands(storage, commands)
  assert.equal(
    [...query(world, [Position])].map((eid) => Position.x[eid]),
    [1, 3],
  )
  assertSound(arena)
})

test('clear drops all, dispose frees all, also with another pool or a closed one', () => {
  const { world, storage, arena, pool, Position } = createGame()
  const other = arena.openPool()
  const commands = createCommands(storage, other)
  const blockCount = blocks(arena).length
  for (let i = 0; i < 1000; i++) commands.spawn()
  assert.ok(blocks(arena).some(({ slot }) => slot === other.slot))
  commands.clear()
  assert.is(blocks(arena).length, blockCount)
  applyCommands(storage, commands)
  assert.equal(getAllEntities(world), [])
  commands.dispose()
  commands.dispose()
  assert.is(blocks(arena).length, blockCount - 1)
  for (const call of [
    () => commands.spawn(),
    () => commands.set(1, Position, { x: 1 }),
    () => commands.clear(),
    () => commands.begin(1),
    () => applyCommands(storage, commands),
  ]) {
    assertThrows(call, 'commands-disposed')
  }
  assert.ok(commands.isEmpty)
  const left = createCommands(storage, other)
  for (let i = 0; i < 1000; i++) left.spawn()
  other.close()
  assert.is(applyCommands(storage, left), 0)
  assert.is(getAllEntities(world).length, 1000)
  storage.dispose()
  pool.flush()
  assert.equal(blocks(arena), [])
  assertSound(arena)
  assertThrows(() => left.spawn(), 'commands-disposed')
})

test('an attached thread records commands, which are applied by their offset', () => {
  const { world, storage, arena, Position } = createGame()
  const pools = [arena.openPool(), arena.openPool()]
  const attached = pools.map((pool) => attachStorage(storage.handle, pool))
  const [a, b] = attached.map((thread) => createCommands(thread))
  for (let round = 0; round < 3; round++) {
    a.begin(1)
    for (let i = 0; i < 500; i++)
      a.set(a.spawn(), attached[0].components.Position, { x: 2 * i + 1 })
    b.begin(0)
    for (let i = 0; i < 500; i++) b.set(b.spawn(), 'Position', { x: 2 * i })
    assert.is(applyCommands(storage, [{ offset: a.offset }, { offset: b.offset }]), 0)
    assert.ok(a.isEmpty && b.isEmpty)
    assert.is(
      applyCommands(storage, [{ offset: a.offset }, { offset: b.offset }]),
      0,
      'none is left',
    )
    const eids = [...query(world, [Position])].sort((one, other) => one - other)
    assert.equal(
      eids.map((eid) => Position.x[eid]),
      Array.from({ length: 1000 }, (_, i) => (i < 500 ? 2 * i : 2 * (i - 500) + 1)),
    )
    for (const eid of eids.reverse()) a.despawn(eid)
    applyCommands(storage, { offset: a.offset })
    assertSound(arena)
  }
  const Late = storage.component('Late', { value: t.i32 })
  assertThrows(() => a.add(1, 'Late'), 'invalid-argument', 'Late')
  storage.sync()
  attached[0].sync()
  a.set(a.spawn(), 'Late', { value: 7 })
  applyCommands(storage, a)
  assert.is(Late.value[query(world, [Late])[0]], 7)
  for (const commands of [a, b]) commands.dispose()
  for (const thread of attached) thread.detach()
  for (const pool of pools) pool.close()
  storage.dispose()
  assertSound(arena)
})

test('abort keeps the place', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const { Position } = componentsOf(scene)
    const [first, second] = [createCommands(storage), createCommands(storage)]
    const eid = addEntity(world)
    first.begin(7)
    first.despawn(eid)
    first.abort()
    first.set(eid, Position, { x: 7 })
    second.begin(5)
    second.set(eid, Position, { x: 5 })
    applyCommands(storage, [first, second])
    assert.is(Position.x[eid], 7)
  })
})

test.run()
