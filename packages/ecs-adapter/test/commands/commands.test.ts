// Commands by themselves: what they write, in which entities, in which order.
import type { Pool } from '@ashlar/core'
import { attachStorage, type Commands, CommandsError, t } from '@ashlar/ecs-adapter'
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
import { assertSound, assertThrows, buffers, createScene, withScene } from '../support.ts'

const test = suite('commands')

function createGame(options: Parameters<typeof createScene>[0] = {}) {
  const scene = createScene({ capacity: 64, ...options })
  return { ...scene, ...componentsOf(scene), commands: scene.storage.commands(scene.pool) }
}

const componentsOf = ({ storage }: Pick<ReturnType<typeof createScene>, 'storage'>) => ({
  Position: storage.component('Position', { x: t.f32, y: t.f64 }),
  Enemy: storage.component('Enemy', {}),
  Link: storage.component('Link', { to: t.eid, weight: t.u8 }),
})

for (const [name, buffer] of Object.entries(buffers)) {
  test(`${name}: spawn, add, set, remove and despawn, and nothing before apply`, () => {
    withScene({ ...buffer, capacity: 4 }, (scene) => {
      const { world, storage, arena } = scene
      const { Position, Enemy } = componentsOf(scene)
      const commands = storage.commands()
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
      assert.is(storage.apply(commands), 0)
      assert.ok(commands.isEmpty)
      assert.ok(!entityExists(world, doomed))
      assert.ok(!hasComponent(world, old, Enemy))
      assert.equal(getComponent(world, old, Position), { x: 0, y: -7 })
      const [eid] = query(world, [Enemy, Position])
      assert.equal(getComponent(world, eid, Position), { x: 1.5, y: 0.1 })
      assert.is(storage.apply(commands), 0)
      assert.is(getAllEntities(world).length, 2)
    })
  })

  test(`${name}: thousands chain blocks, none is dropped, all blocks are freed`, () => {
    withScene({ ...buffer }, (scene) => {
      const { world, storage, arena } = scene
      const { Position } = componentsOf(scene)
      const commands = storage.commands()
      const blockCount = arena.blocks().length
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 3000; i++) {
          commands.add(commands.spawn(), Position, { x: i, y: i / 3 })
          if (i % 500 === 0) assertSound(arena)
        }
        assert.ok(arena.blocks().length > blockCount)
        storage.apply(commands)
        assertSound(arena)
        const eids = [...query(world, [Position])]
        assert.is(eids.length, 3000)
        eids.sort((a, b) => Position.x[a] - Position.x[b])
        eids.forEach((eid, i) => {
          assert.equal(getComponent(world, eid, Position), { x: i, y: i / 3 })
        })
        for (const eid of eids) commands.despawn(eid)
        storage.apply(commands)
        assert.is(query(world, [Position]).length, 0)
        storage.sync()
        assert.is(arena.blocks().length, blockCount)
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
  commands.setField(a, Link, 'to', b)
  commands.set(b, Position, { x: b }) // no id field: a number
  storage.apply(commands)
  const [idA, idB] = [root + 1, root + 2]
  assert.equal(getComponent(world, idA, Link), { to: idB, weight: 44 })
  assert.equal(getComponent(world, idB, Link), { to: root, weight: 0 })
  assert.equal(getComponent(world, root, Link), { to: idA, weight: 0 })
  assert.is(Position.x[idB], b)
  commands.set(root, Link, { to: -1 }) // nobody
  commands.set(root, Position, { x: a })
  storage.apply(commands)
  assert.is(Link.to[root], -1)
  assert.is(Position.x[root], a)
  commands.despawn(a) // of before: it means nothing any more
  assert.is(storage.apply(commands), 1)
  assert.ok(entityExists(world, idA))
})

test('set writes the fields that are given, and adds the component where it is not', () => {
  const { world, storage, commands, Position, Enemy } = createGame()
  const eid = addEntity(world)
  addComponent(world, eid, set(Position, { x: 1, y: 2 }))
  const values = { x: 5 }
  commands.set(eid, Position, values)
  values.x = 6 // it was read
  commands.set(eid, 'Position', { y: undefined })
  commands.setField(eid, Position, 'y', 0.25)
  const other = addEntity(world)
  commands.setField(other, 'Position', 'x', Number.NaN)
  commands.set(other, Enemy, {})
  assert.is(Position.x[eid], 1)
  storage.apply(commands)
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
    commands.setField(eid, Wide, `f${count - 1}`, -1)
    storage.apply(commands)
    const zeros = Object.fromEntries(entries.map(([name]) => [name, 0]))
    const expected = { ...zeros, ...values, [`f${count - 1}`]: -1 }
    assert.equal(getComponent(world, eid, Wide), expected)
  }
})

test('dead ones are skipped and counted, also when they die meanwhile', () => {
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
  assert.is(storage.apply(commands), 8)
  assert.equal(getAllEntities(world), [])
})

test('an id that is used again meanwhile is another entity', () => {
  const { world, storage, commands, Position, Enemy } = createGame()
  const old = addEntity(world)
  commands.despawn(old)
  const heir = commands.spawn()
  commands.add(heir, Position, { x: 1, y: 1 })
  commands.set(old, Position, { x: 2, y: 2 })
  commands.add(old, Enemy)
  commands.despawn(old)
  assert.is(storage.apply(commands), 3)
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
  assert.is(storage.apply(commands), 1)
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
  assert.is(storage.apply(commands), 0)
  assert.is(Position.x[storage.row(eid)], 3)
  assert.is(Link.to[storage.row(eid)], eid)
  commands.despawn(eid)
  const heir = commands.spawn()
  commands.set(heir, Position, { x: 4 })
  commands.set(eid, Position, { x: 5 })
  assert.is(storage.apply(commands), 1)
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
  assert.is(storage.apply(commands), 2)
  const eids = [...query(world, [Position, Enemy])].sort((a, b) => a - b)
  const [ofTwo, idOne, idTwo] = eids
  assert.equal(eids, [prefab, prefab + 1, prefab + 2]) // the last has the id of the prefab now
  assert.equal(getComponent(world, idOne, Position), { x: 8, y: 9 })
  assert.equal(getComponent(world, idTwo, Position), { x: 8, y: 2 })
  assert.ok(hasComponent(world, ofTwo, IsA(idTwo)))
})

test('relations: those who go with another are skipped', () => {
  const { world, storage, commands, Position } = createGame()
  const ChildOf = createRelation(withAutoRemoveSubject)
  const parent = addEntity(world)
  const child = addEntity(world)
  addComponent(world, child, ChildOf(parent))
  commands.despawn(parent)
  commands.set(child, Position, { x: 1 })
  assert.is(storage.apply(commands), 1)
  assert.equal(getAllEntities(world), [])
})

test('observers see each command; what they command comes last, in the same apply', () => {
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
  storage.apply(commands)
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

test('observers may not apply, clear or dispose meanwhile', () => {
  const { world, storage, commands, Enemy } = createGame()
  const calls: (() => void)[] = [
    () => storage.apply(commands),
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
  storage.apply(commands)
  assert.is(count, 1)
  commands.clear()
})

test('a command that throws leaves the others be, and is told of', () => {
  const { world, storage, commands, arena, Position, Enemy } = createGame()
  observe(world, onAdd(Enemy), (eid) => {
    if (eid % 2 === 0) throw new RangeError(`no enemy ${eid}`)
  })
  for (let i = 0; i < 400; i++) {
    const eid = commands.spawn()
    commands.add(eid, Enemy)
    commands.set(eid, Position, { x: i })
  }
  const error = errorOf(() => storage.apply(commands))
  assert.instance(error, CommandsError)
  const { failures, count, code, cause, message } = error as CommandsError
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
  assert.is(storage.apply(commands), 0)
  assertSound(arena)
})

test('memory that runs out while commands are applied', () => {
  const { world, storage, commands, arena, pool } = createGame({ byteLength: 2 ** 20 })
  const Big = storage.component('Big', { value: t.f64 })
  for (let i = 0; i < 200; i++) commands.set(commands.spawn(), Big, { value: i })
  const held = fillUp(pool)
  const error = errorOf(() => storage.apply(commands)) as CommandsError
  assert.is(error.code, 'commands-failed')
  assert.is((error.failures[0].error as { code?: string }).code, 'out-of-memory')
  const owners = query(world, [Big])
  assert.is(owners.length + error.count, 200)
  assert.ok(owners.length >= 63, `${owners.length}`)
  for (const eid of owners) assert.is(Big.value[eid], eid - 1)
  assert.is(getAllEntities(world).length, 200)
  assertSound(arena)
  for (const offset of held) pool.free(offset)
  commands.set(200, Big, { value: 1 })
  storage.apply(commands)
  assert.is(Big.value[200], 1)
})

test('memory that runs out while commands are made: what was allocated is given back', () => {
  let isMade = false
  for (let allowed = 0; !isMade; allowed++) {
    const { arena, pool, storage } = createScene({ byteLength: 2 ** 20 })
    let left = allowed
    const spend = () => {
      if (left-- <= 0) pool.alloc(2 ** 30)
    }
    const tight: Pool = Object.assign(Object.create(pool), {
      alloc(byteLength: number) {
        spend()
        return pool.alloc(byteLength)
      },
      allocArray(...given: Parameters<Pool['allocArray']>) {
        spend()
        return pool.allocArray(...given)
      },
    })
    const before = arena.blocks().length
    try {
      storage.commands(tight)
      isMade = true
    } catch (error) {
      assert.is((error as { code?: string }).code, 'out-of-memory')
      assert.is(arena.blocks().length, before)
      assert.ok(allowed < 2)
    }
    assertSound(arena)
    storage.dispose()
    assert.equal(arena.blocks(), [])
  }
})

test('memory that runs out while commands are given: that one is not there, the others are', () => {
  const { world, storage, commands, arena, pool, Position } = createGame({ byteLength: 2 ** 20 })
  const held = fillUp(pool)
  let count = 0
  const fill = () => {
    for (; count < 1000; count++) commands.spawn()
  }
  assertThrows(fill, 'out-of-memory')
  assert.ok(count > 100)
  assertThrows(() => commands.set(1, Position, { x: 1, y: 1 }), 'out-of-memory')
  assertSound(arena)
  storage.apply(commands)
  assert.is(getAllEntities(world).length, count)
  for (const offset of held) pool.free(offset)
  commands.set(1, Position, { x: 1, y: 1 })
  storage.apply(commands)
  assert.equal(getComponent(world, 1, Position), { x: 1, y: 1 })
})

test('several buffers are applied by place, then by their order', () => {
  const { world, storage, Position } = createGame()
  const log: number[] = []
  observe(world, onSet(Position), (_, { x }) => log.push(x))
  const [a, b, c] = [storage.commands(), storage.commands(), storage.commands()]
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
  storage.apply([a, b, c, a])
  assert.equal(log, [0, 1, 10, 11, 20, 21, 22, 70, 95])
  storage.apply([])
  assert.is(log.length, 9)
})

test('begin begins temporary ids anew; abort takes back what came after it', () => {
  const { world, storage, commands, arena, Position } = createGame()
  const blockCount = arena.blocks().length
  const spawn = (x: number) => commands.set(commands.spawn(), Position, { x })
  commands.begin(0)
  spawn(1)
  commands.begin(5)
  const first = commands.spawn()
  for (let i = 0; i < 1000; i++) spawn(2)
  commands.abort()
  assert.is(arena.blocks().length, blockCount)
  commands.begin(6)
  assert.is(commands.spawn(), first)
  spawn(3)
  storage.apply(commands)
  assert.equal(
    [...query(world, [Position])].map((eid) => Position.x[eid]),
    [1, 3],
  )
  assertSound(arena)
})

test('clear drops all, dispose frees all; the pool may be another, even a closed one', () => {
  const { world, storage, arena, pool, Position } = createGame()
  const other = arena.openPool()
  const commands = storage.commands(other)
  const blockCount = arena.blocks().length
  for (let i = 0; i < 1000; i++) commands.spawn()
  assert.ok(arena.blocks().some(({ slot }) => slot === other.slot))
  commands.clear()
  assert.is(arena.blocks().length, blockCount)
  storage.apply(commands)
  assert.equal(getAllEntities(world), [])
  commands.dispose()
  commands.dispose()
  assert.is(arena.blocks().length, blockCount - 1)
  for (const call of [
    () => commands.spawn(),
    () => commands.set(1, Position, { x: 1 }),
    () => commands.clear(),
    () => commands.begin(1),
    () => storage.apply(commands),
  ]) {
    assertThrows(call, 'commands-disposed')
  }
  assert.ok(commands.isEmpty)
  const left = storage.commands(other)
  for (let i = 0; i < 1000; i++) left.spawn()
  other.close()
  assert.is(storage.apply(left), 0)
  assert.is(getAllEntities(world).length, 1000)
  storage.dispose()
  pool.flush()
  assert.equal(arena.blocks(), [])
  assertSound(arena)
  assertThrows(() => left.spawn(), 'commands-disposed')
})

test('a thread that is attached gives commands; they are applied by their offset', () => {
  const { world, storage, arena, Position } = createGame()
  const pools = [arena.openPool(), arena.openPool()]
  const attached = pools.map((pool) => attachStorage(storage.handle, pool))
  const [a, b] = attached.map((thread) => thread.commands())
  for (let round = 0; round < 3; round++) {
    a.begin(1)
    for (let i = 0; i < 500; i++)
      a.set(a.spawn(), attached[0].components.Position, { x: 2 * i + 1 })
    b.begin(0)
    for (let i = 0; i < 500; i++) b.set(b.spawn(), 'Position', { x: 2 * i })
    assert.is(storage.apply([{ offset: a.offset }, { offset: b.offset }]), 0)
    assert.ok(a.isEmpty && b.isEmpty)
    assert.is(storage.apply([{ offset: a.offset }, { offset: b.offset }]), 0, 'none is left')
    const eids = [...query(world, [Position])].sort((one, other) => one - other)
    assert.equal(
      eids.map((eid) => Position.x[eid]),
      Array.from({ length: 1000 }, (_, i) => (i < 500 ? 2 * i : 2 * (i - 500) + 1)),
    )
    for (const eid of eids.reverse()) a.despawn(eid)
    storage.apply({ offset: a.offset })
    assertSound(arena)
  }
  const Late = storage.component('Late', { value: t.i32 })
  assertThrows(() => a.add(1, 'Late'), 'invalid-argument', 'Late')
  storage.sync()
  attached[0].sync()
  a.set(a.spawn(), 'Late', { value: 7 })
  storage.apply(a)
  assert.is(Late.value[query(world, [Late])[0]], 7)
  for (const commands of [a, b]) commands.dispose()
  for (const thread of attached) thread.detach()
  for (const pool of pools) pool.close()
  storage.dispose()
  assertSound(arena)
})

test('misuse names what was given, and leaves no command behind', () => {
  const { storage, commands, arena, pool, Position } = createGame()
  const foreign = createGame()
  const given = commands as unknown as Record<string, (...args: unknown[]) => unknown>
  const cases: [call: () => unknown, ...words: string[]][] = [
    [() => given.despawn('7'), 'entity', '"7"', 'spawn()'],
    [() => given.despawn(1.5), '1.5'],
    [() => given.despawn(2 ** 32), '4294967296'],
    [() => given.despawn(undefined), 'undefined'],
    [() => given.spawn(null), 'entity', 'null'],
    [() => given.add(1, 'Positon'), '"Positon"', 'Position, Enemy, Link'],
    [() => given.add(1, foreign.Position), 'component'],
    [() => given.remove(1, undefined), 'component', 'undefined'],
    [() => given.set(1, Position), 'Position', 'undefined', 'x, y'],
    [() => given.set(1, 'Enemy', 5), 'Enemy', '5'],
    [() => given.set(1, Position, { x: 1, y: '2' }), 'Position.y', '"2"', 'a number'],
    [() => given.add(1, Position, { x: null }), 'Position.x', 'null'],
    [() => given.setField(1, Position, 'z', 1), 'Position', '"z"', 'x, y'],
    [() => given.setField(1, Position, 'x', '1'), 'Position.x', '"1"'],
    [() => given.setField(1, Position, 'x', undefined), 'Position.x', 'undefined'],
    [() => given.setField(1, 'Enemy', 'x', 1), 'Enemy', '"x"'],
    [() => given.begin(-1), 'place', '-1'],
    [() => given.begin(0.5), 'place', '0.5'],
    [() => given.begin(2 ** 31), 'place'],
    [() => storage.commands({} as never), 'pool', 'openPool'],
    [() => storage.apply(undefined as never), 'commands', 'storage.commands()'],
    [() => storage.apply({ offset: 0 }), 'commands', '0'],
    [() => storage.apply({ offset: Position.x.byteOffset }), 'commands'],
    [() => storage.apply([commands, {} as never]), 'storage.apply()', 'Object', 'commands()'],
    [() => storage.apply({ offset: commands.offset + 16 }), 'commands'],
  ]
  for (const [call, ...words] of cases) {
    assertThrows(call, 'invalid-argument', ...words)
    assert.ok(commands.isEmpty, String(call))
    assertSound(arena)
  }
  let looks = 0
  const unsteady = { get x() { return looks++ === 0 ? 1 : undefined }, y: 1 } // biome-ignore format: short
  assertThrows(() => given.set(1, Position, unsteady), 'invalid-argument', 'stay the same')
  assert.ok(commands.isEmpty)
  commands.despawn(3)
  assert.is(storage.apply(commands), 1)
  assert.is(pool.isOpen, true)
})

test('after reset and dispose of the storage', () => {
  const { world, storage, commands, arena, Position } = createGame()
  const eid = addEntity(world)
  commands.set(eid, Position, { x: 1 })
  storage.reset()
  commands.set(commands.spawn(), Position, { x: 2 })
  assert.is(storage.apply(commands), 1)
  assert.is(Position.x[query(world, [Position])[0]], 2)
  storage.dispose()
  assert.equal(arena.blocks(), [])
  assertThrows(() => commands.spawn(), 'commands-disposed')
  assertThrows(() => storage.commands(), 'storage-disposed')
  assertThrows(() => storage.apply(commands), 'storage-disposed')
})

/** Leaves no room for a block of 16 bytes or more. */
function fillUp(pool: Pool): number[] {
  const held: number[] = []
  for (let byteLength = 2 ** 16; byteLength >= 0; byteLength -= 16) {
    for (;;) {
      const offset = pool.tryAlloc(byteLength)
      if (offset === 0) break
      held.push(offset)
    }
  }
  return held
}

function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('getters of values cannot give commands, and what they throw leaves none behind', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const { Position, Enemy } = componentsOf(scene)
    const commands = storage.commands()
    const [eid, other] = [addEntity(world), addEntity(world)]
    const values = {
      get x() {
        commands.despawn(other)
        return 1
      },
      y: 2,
    }
    assertThrows(() => commands.set(eid, Position, values), 'commands-busy')
    assert.ok(commands.isEmpty)
    commands.add(eid, Enemy)
    assert.is(storage.apply(commands), 0)
    assert.ok(hasComponent(world, eid, Enemy) && entityExists(world, other))
    assertSound(arena)
  })
})

test('getters of values cannot have commands applied', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const { Position } = componentsOf(scene)
    const [commands, others] = [storage.commands(), storage.commands()]
    const eid = addEntity(world)
    commands.spawn()
    for (const source of [commands, others]) {
      let isWriting = false // at the second look: a record is begun
      const values = {
        get x() {
          if (isWriting) storage.apply(source)
          isWriting = true
          return 1
        },
      }
      assertThrows(() => commands.set(eid, Position, values), 'commands-busy')
    }
    assert.is(storage.apply(commands), 0)
    assert.is(getAllEntities(world).length, 2, 'what was spawned is there once')
  })
})

test('a list that gives another length at each look, or none, leaves no command behind', () => {
  withScene({}, ({ world, storage, arena }) => {
    const Path = storage.component('Path', { points: t.list(t.f32) })
    const commands = storage.commands()
    const eid = addEntity(world)
    commands.set(eid, Path, { points: [1] })
    const odd = [-5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 'abc', 5n, Symbol()]
    for (const [first, then] of [[1, 5000], [5000, 1], ...odd.map((one) => [one, one])]) {
      const lying = () => {
        let looks = 0
        const length = () => (looks++ === 0 ? first : then)
        return new Proxy([1], { get: (_, key) => (key === 'length' ? length() : 1) })
      }
      assertThrows(() => commands.set(eid, Path, { points: lying() }), 'invalid-argument')
      assertThrows(() => commands.setField(eid, Path, 'points', lying()), 'invalid-argument')
      assertSound(arena)
    }
    assert.is(storage.apply(commands), 0)
    assert.equal(Path.points.toArray(eid), [1])
  })
})

test('abort keeps the place', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const { Position } = componentsOf(scene)
    const [first, second] = [storage.commands(), storage.commands()]
    const eid = addEntity(world)
    first.begin(7)
    first.despawn(eid)
    first.abort()
    first.set(eid, Position, { x: 7 })
    second.begin(5)
    second.set(eid, Position, { x: 5 })
    storage.apply([first, second])
    assert.is(Position.x[eid], 7)
  })
})

test.run()
