import { blocks } from '@ashlar/core'
import { applyCommands, type Commands, CommandsError, createCommands } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createRelation,
  createWorld,
  entityExists,
  getAllEntities,
  getComponent,
  hasComponent,
  IsA,
  observe,
  onAdd,
  onRemove,
  onSet,
  query,
  removeEntity,
  set,
  withAutoRemoveSubject,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows } from '../support.ts'
import { createGame, errorOf } from './scenes.ts'

const test = suite('commands: apply')

test('commands on dead entities are skipped and counted, also if they die during apply', () => {
  const { world, storage, commands, Position, Enemy } = createGame()
  const [dead, doomed] = [addEntity(world), addEntity(world)]
  removeEntity(world, dead)
  const born = commands.spawn()
  commands.despawn(doomed)
  commands.despawn(doomed)
  commands.add(doomed, Position)
  commands.set(doomed, Position, { x: 1 })
  commands.remove(doomed, Position)
  commands.add(dead, Enemy)
  commands.despawn(born)
  commands.add(born, Enemy)
  commands.add(0, Enemy)
  commands.add(12345, Enemy)
  // `born` takes the id of `dead`, which it is not.
  assert.is(applyCommands(storage, commands), 8)
  assert.equal(getAllEntities(world), [])
})

test('an id that is reused before apply is another entity', () => {
  const { world, storage, commands, Position, Enemy } = createGame()
  const old = addEntity(world)
  commands.despawn(old)
  const heir = commands.spawn()
  commands.add(heir, Position, { x: 1, y: 1 })
  commands.set(old, Position, { x: 2, y: 2 })
  commands.add(old, Enemy)
  commands.despawn(old)
  assert.is(applyCommands(storage, commands), 3)
  assert.ok(entityExists(world, old), 'the heir has its id')
  assert.equal(getComponent(world, old, Position), { x: 1, y: 1 })
  assert.not.ok(hasComponent(world, old, Enemy))

  // One that is spawned by an observer is one as well.
  let heirOfObserver = 0
  observe(world, onRemove(Position), () => {
    if (heirOfObserver === 0) heirOfObserver = addEntity(world)
  })
  const victim = addEntity(world)
  addComponent(world, victim, Position)
  const first = addEntity(world)
  commands.despawn(first)
  commands.despawn(victim)
  commands.despawn(first)
  assert.is(applyCommands(storage, commands), 1)
  assert.is(heirOfObserver, first)
  assert.ok(entityExists(world, first))
})

test('versioned ids', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  const { storage, commands, Position, Link } = createGame({ world })
  let eid = addEntity(world)
  for (let i = 0; i < 200; i++) {
    removeEntity(world, eid)
    eid = addEntity(world)
  }
  assert.ok(eid < 0, 'its highest bit is set')
  commands.set(eid, Position, { x: 3 })
  commands.set(eid >>> 0, Link, { to: eid })
  assert.is(applyCommands(storage, commands), 0)
  assert.is(Position.x[storage.indexOf(eid)], 3)
  assert.is(Link.to[storage.indexOf(eid)], eid)
  commands.despawn(eid)
  const heir = commands.spawn()
  commands.set(heir, Position, { x: 4 })
  commands.set(eid, Position, { x: 5 })
  assert.is(applyCommands(storage, commands), 1)
})

test('prefabs: values for one, and instances', () => {
  const { world, storage, commands, Position, Enemy } = createGame()
  const prefab = addPrefab(world)
  addComponent(world, prefab, set(Position, { x: 1, y: 2 }))
  addComponent(world, prefab, Enemy)
  commands.set(prefab, Position, { x: 8, y: 2 })
  const one = commands.spawn(prefab)
  commands.set(one, Position, { y: 9 })
  const two = commands.spawn(prefab)
  commands.despawn(prefab)
  const three = commands.spawn(prefab)
  commands.add(three, Enemy)
  commands.spawn(two)
  assert.is(applyCommands(storage, commands), 2)
  const eids = [...query(world, [Position, Enemy])].sort((a, b) => a - b)
  const [ofTwo, idOne, idTwo] = eids
  assert.equal(eids, [prefab, prefab + 1, prefab + 2]) // the last has the id of the prefab now
  assert.equal(getComponent(world, idOne, Position), { x: 8, y: 9 })
  assert.equal(getComponent(world, idTwo, Position), { x: 8, y: 2 })
  assert.ok(hasComponent(world, ofTwo, IsA(idTwo)))
})

test('relations: entities that are removed with another are skipped', () => {
  const { world, storage, commands, Position } = createGame()
  const ChildOf = createRelation(withAutoRemoveSubject)
  const parent = addEntity(world)
  const child = addEntity(world)
  addComponent(world, child, ChildOf(parent))
  commands.despawn(parent)
  commands.set(child, Position, { x: 1 })
  assert.is(applyCommands(storage, commands), 1)
  assert.equal(getAllEntities(world), [])
})

test('observers see each command; their own commands come last, in the same apply', () => {
  const { world, storage, commands, Position, Enemy } = createGame()
  const log: string[] = []
  observe(world, onAdd(Enemy), (eid) => {
    log.push(`add ${eid}`)
    const bullet = commands.spawn()
    commands.set(bullet, Position, { x: eid })
    if (eid < 4) commands.add(commands.spawn(), Enemy)
  })
  observe(world, onSet(Position), (eid, values) => log.push(`set ${eid} ${JSON.stringify(values)}`))
  const first = commands.spawn()
  commands.add(first, Enemy)
  commands.set(first, Position, { y: 2 })
  applyCommands(storage, commands)
  assert.equal(log, [
    'add 1',
    'set 1 {"y":2}',
    'set 2 {"x":1}',
    'add 3',
    'set 4 {"x":3}',
    'add 5',
    'set 6 {"x":5}',
  ])
  assert.ok(commands.isEmpty)
})

test('observers may not apply, clear or dispose during apply', () => {
  const { world, storage, commands, Enemy } = createGame()
  const calls: (() => void)[] = [
    () => applyCommands(storage, commands),
    () => commands.clear(),
    () => commands.begin(0),
    () => commands.abort(),
    () => commands.dispose(),
    () => storage.dispose(),
  ]
  let count = 0
  observe(world, onAdd(Enemy), () => {
    for (const call of calls) assertThrows(call, 'commands-busy')
    count++
  })
  commands.add(commands.spawn(), Enemy)
  applyCommands(storage, commands)
  assert.is(count, 1)
  commands.clear()
})

test('a command that throws is reported, and all others are applied', () => {
  const { world, storage, commands, arena, Position, Enemy } = createGame()
  observe(world, onAdd(Enemy), (eid) => {
    if (eid % 2 === 0) throw new RangeError(`no enemy ${eid}`)
  })
  for (let i = 0; i < 400; i++) {
    const eid = commands.spawn()
    commands.add(eid, Enemy)
    commands.set(eid, Position, { x: i })
  }
  const error = errorOf(() => applyCommands(storage, commands))
  assert.instance(error, CommandsError)
  const { failures, failedCommandCount: count, code, cause, message } = error as CommandsError
  assert.is(code, 'commands-failed')
  assert.is(count, 200)
  assert.is(failures.length, 100)
  assert.is(failures[0].command, 'add')
  assert.is(failures[0].eid, 2)
  assert.is(failures[0].component, 'Enemy')
  assert.is(failures[0].error, cause)
  assert.ok(message.includes('200 of the commands') && message.includes('no enemy 2'), message)
  assert.is(query(world, [Position]).length, 400)
  assert.ok(commands.isEmpty)
  assert.is(applyCommands(storage, commands), 0)
  assertSound(arena)
})

test('several buffers are applied by place, then by their order', () => {
  const { world, storage, Position } = createGame()
  const log: number[] = []
  observe(world, onSet(Position), (_, { x }) => log.push(x))
  const [a, b, c] = [createCommands(storage), createCommands(storage), createCommands(storage)]
  const eid = addEntity(world)
  const write = (commands: Commands, ...xs: number[]) => {
    for (const x of xs) commands.set(eid, Position, { x })
  }
  a.begin(20)
  write(a, 20, 21)
  a.begin(30) // nothing
  a.begin(70)
  write(a, 70)
  b.begin(10)
  write(b, 10, 11)
  b.begin(20)
  write(b, 22)
  write(c, 0, 1)
  b.begin(90)
  write(b, 91)
  b.abort()
  b.begin(95)
  write(b, 95)
  applyCommands(storage, [a, b, c, a])
  assert.equal(log, [0, 1, 10, 11, 20, 21, 22, 70, 95])
  applyCommands(storage, [])
  assert.is(log.length, 9)
})

test('after reset and dispose of the storage', () => {
  const { world, storage, commands, arena, Position } = createGame()
  const eid = addEntity(world)
  commands.set(eid, Position, { x: 1 })
  storage.reset()
  commands.set(commands.spawn(), Position, { x: 2 })
  assert.is(applyCommands(storage, commands), 1)
  assert.is(Position.x[query(world, [Position])[0]], 2)
  storage.dispose()
  assert.equal(blocks(arena), [])
  assertThrows(() => commands.spawn(), 'commands-disposed')
  assertThrows(() => createCommands(storage), 'storage-disposed')
  assertThrows(() => applyCommands(storage, commands), 'storage-disposed')
})

test.run()
