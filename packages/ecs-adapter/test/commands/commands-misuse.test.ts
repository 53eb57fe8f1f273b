// Commands when memory runs out, and when callers give wrong values.

import type { Pool } from '@ashlar/core'
import { blocks } from '@ashlar/core'
import { applyCommands, type CommandsError, createCommands, t } from '@ashlar/ecs-adapter'
import { addEntity, entityExists, getAllEntities, getComponent, hasComponent, query } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, createScene, withScene } from '../support.ts'
import { componentsOf, createGame, errorOf } from './scenes.ts'

const test = suite('commands: misuse')

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

test('out of memory during apply', () => {
  const { world, storage, commands, arena, pool } = createGame({ byteLength: 2 ** 20 })
  const Big = storage.component('Big', { value: t.f64 })
  for (let i = 0; i < 200; i++) commands.set(commands.spawn(), Big, { value: i })
  const held = fillUp(pool)
  const error = errorOf(() => applyCommands(storage, commands)) as CommandsError
  assert.is(error.code, 'commands-failed')
  assert.is((error.failures[0].error as { code?: string }).code, 'out-of-memory')
  const owners = query(world, [Big])
  assert.is(owners.length + error.failedCommandCount, 200)
  assert.ok(owners.length >= 63, `${owners.length}`)
  for (const eid of owners) assert.is(Big.value[eid], eid - 1)
  assert.is(getAllEntities(world).length, 200)
  assertSound(arena)
  for (const offset of held) pool.free(offset)
  commands.set(200, Big, { value: 1 })
  applyCommands(storage, commands)
  assert.is(Big.value[200], 1)
})

test('out of memory in createCommands(): every allocated block is freed', () => {
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
    const before = blocks(arena).length
    try {
      createCommands(storage, tight)
      isMade = true
    } catch (error) {
      assert.is((error as { code?: string }).code, 'out-of-memory')
      assert.is(blocks(arena).length, before)
      assert.ok(allowed < 2)
    }
    assertSound(arena)
    storage.dispose()
    assert.equal(blocks(arena), [])
  }
})

test('out of memory while recording: that command is missing, earlier ones are there', () => {
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
  applyCommands(storage, commands)
  assert.is(getAllEntities(world).length, count)
  for (const offset of held) pool.free(offset)
  commands.set(1, Position, { x: 1, y: 1 })
  applyCommands(storage, commands)
  assert.equal(getComponent(world, 1, Position), { x: 1, y: 1 })
})

test('misuse: the error names the value, and no command is left', () => {
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
    [() => given.set(1, Position, { z: 1 }), 'Position', '"z"', 'x, y'],
    [() => given.set(1, 'Enemy', { x: 1 }), 'Enemy', '"x"'],
    [() => given.begin(-1), 'sort key', '-1'],
    [() => given.begin(0.5), 'sort key', '0.5'],
    [() => given.begin(2 ** 31), 'sort key'],
    [() => createCommands(storage, {} as never), 'pool', 'openPool'],
    [() => applyCommands(storage, undefined as never), 'applyCommands()', 'createCommands()'],
    [() => applyCommands(storage, { offset: 0 }), 'commands', '0'],
    [() => applyCommands(storage, { offset: Position.x.byteOffset }), 'commands'],
    [
      () => applyCommands(storage, [commands, {} as never]),
      'applyCommands()',
      'Object',
      'createCommands()',
    ],
    [() => applyCommands(storage, { offset: commands.offset + 16 }), 'commands'],
  ]
  for (const [call, ...words] of cases) {
    assertThrows(call, 'invalid-argument', ...words)
    assert.ok(commands.isEmpty, String(call))
    assertSound(arena)
  }
  let looks = 0
  const unsteady = {
    get x() {
      return looks++ === 0 ? 1 : undefined
    },
    y: 1,
  }
  commands.set(commands.spawn(), Position, unsteady as { x: number })
  commands.despawn(3)
  assert.is(applyCommands(storage, commands), 1)
  assert.equal([looks, Position.x[1], Position.y[1]], [1, 1, 1], 'it is read once')
  assert.is(pool.isOpen, true)
})

test('getters of values cannot record commands; if they throw, no command is left', () => {
  withScene({}, (scene) => {
    const { world, storage, arena } = scene
    const { Position, Enemy } = componentsOf(scene)
    const commands = createCommands(storage)
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
    assert.is(applyCommands(storage, commands), 0)
    assert.ok(hasComponent(world, eid, Enemy) && entityExists(world, other))
    assertSound(arena)
  })
})

test('getters of values cannot call apply', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const { Position } = componentsOf(scene)
    const [commands, others] = [createCommands(storage), createCommands(storage)]
    const eid = addEntity(world)
    commands.spawn()
    for (const source of [commands, others]) {
      const values = {
        get x() {
          applyCommands(storage, source)
          return 1
        },
      }
      assertThrows(() => commands.set(eid, Position, values), 'commands-busy')
    }
    assert.is(applyCommands(storage, commands), 0)
    assert.is(getAllEntities(world).length, 2, 'what was spawned is there once')
  })
})

test('a list whose length changes is read once; one without a length is refused', () => {
  withScene({}, ({ world, storage, arena }) => {
    const Path = storage.component('Path', { points: t.list(t.f32) })
    const commands = createCommands(storage)
    const eid = addEntity(world)
    commands.set(eid, Path, { points: [1] })
    const odd = [-5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 'abc', 5n, Symbol()]
    for (const [first, then] of [[1, 5000], [5000, 1], ...odd.map((one) => [one, one])]) {
      const lying = () => {
        let looks = 0
        const length = () => (looks++ === 0 ? first : then)
        return new Proxy([1], { get: (_, key) => (key === 'length' ? length() : 1) })
      }
      const setLying = () => commands.set(eid, Path, { points: lying() })
      if (typeof first !== 'number' || first !== first >>> 0) {
        assertThrows(setLying, 'invalid-argument')
      } else {
        setLying()
        assert.is(applyCommands(storage, commands), 0)
        assert.equal(Path.points.toArray(eid), new Array(first).fill(1))
      }
      assertSound(arena)
    }
    assert.ok(commands.isEmpty)
  })
})

test('a buffer whose chain was overwritten holds up no other one', () => {
  const { world, storage, commands, arena, Position } = createGame()
  const other = createCommands(storage)
  for (let i = 0; i < 400; i++) commands.set(addEntity(world), Position, { x: i })
  other.spawn()
  arena.i32[commands.offset >> 2] = 8 // no block is there
  assertThrows(() => applyCommands(storage, [commands, other]), 'corrupt')
  const count = getAllEntities(world).length
  assert.is(applyCommands(storage, other), 0)
  assert.is(getAllEntities(world).length, count + 1)
  applyCommands(storage, commands)
})

test.run()
