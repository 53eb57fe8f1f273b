import { blocks } from '@ashlar/core'
import {
  applyCommands,
  createCommands,
  createSparseComponent,
  createTable,
  type Schema,
  type Storage,
  StorageError,
  type TableSchema,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, getComponent, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertThrows, createComponent, createScene, scalars, withScene } from '../support.ts'

const test = suite('schema')

const arrays = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  eid: Int32Array,
}

test('every type of t makes a zeroed column of its typed array, in the order given', () => {
  withScene({ capacity: 10 }, ({ storage }) => {
    const All = storage.component('All', scalars)
    assert.equal(Object.keys(All), Object.keys(scalars))
    assert.equal(Object.keys(All).sort(), Object.keys(arrays).sort())
    for (const [name, array] of Object.entries(arrays)) {
      const column = All[name as keyof typeof scalars]
      assert.instance(column, array)
      assert.equal([...column], new Array(10).fill(0))
    }
  })
})

test('a schema without fields is a tag, and takes no memory', () => {
  withScene({}, ({ arena, storage }) => {
    const Enemy = storage.component('Enemy', {})
    assert.equal(Object.keys(Enemy), [])
    assert.is(storage.components.Enemy, Enemy)
    assert.equal(blocks(arena), [])
  })
})

const kinds = {
  component: (storage: Storage, name: string, schema: TableSchema) =>
    storage.component(name, schema),
  'sparse component': (storage: Storage, name: string, schema: TableSchema) =>
    createSparseComponent(storage, name, schema),
  table: (storage: Storage, name: string, schema: TableSchema) =>
    createTable(storage, name, schema, { chunkByteLength: 1024 }),
}

/** Properties of every object: values that omit a field of such a name would inherit one. */
const inherited = Object.getOwnPropertyNames(Object.prototype)

for (const [kind, make] of Object.entries(kinds)) {
  test(`${kind}: a name is any text without lone surrogates`, () => {
    withScene({}, ({ storage, arena }) => {
      const names = ['__proto__', 'toString', 'constructor', '0', 'a b', '日本', '😀', '\0']
      for (const name of names) make(storage, name, { ünïcode: t.u8 })
      const made = kind === 'table' ? storage.tables : storage.components
      assert.equal(Object.keys(made).sort(), [...names].sort())
      const blockCount = blocks(arena).length
      for (const name of ['\ud800', 'a\udc00', '\udc00\ud800', 'a\ud800b']) {
        assertThrows(() => make(storage, name, { x: t.u8 }), 'invalid-argument', 'the name of a')
      }
      assert.is(blocks(arena).length, blockCount)
      assert.equal(Object.keys(made).sort(), [...names].sort())
    })
  })

  test(`${kind}: names that every object has are refused for fields`, () => {
    withScene({}, ({ storage, arena }) => {
      assert.ok(inherited.includes('valueOf') && inherited.includes('__defineGetter__'))
      for (const name of [...inherited, 'data', 'component']) {
        const schema = Object.defineProperty({ x: t.f32 }, name, { value: t.f32, enumerable: true })
        assertThrows(
          () => make(storage, 'C', schema),
          'invalid-argument',
          'a field name',
          '"C"',
          JSON.stringify(name),
        )
      }
      assert.equal(blocks(arena), [])
    })
  })
}

test('values that omit a field leave it as it was, whatever its name', () => {
  withScene({}, ({ storage, world }) => {
    const names = ['then', 'length', 'name', 'toJSON', 'prototype', 'get', 'set', 'ids', 'rowCount']
    const schema = Object.fromEntries(names.map((name) => [name, t.f32]))
    const entity = addEntity(world)
    for (const sparse of [false, true]) {
      const Odd = createComponent(storage, `Odd ${sparse}`, schema, sparse)
      addComponent(world, entity, set(Odd, Object.fromEntries(names.map((name) => [name, 1]))))
      addComponent(world, entity, set(Odd, {}))
      const commands = createCommands(storage)
      commands.set(entity, Odd, {})
      applyCommands(storage, commands)
      commands.dispose()
      assert.equal(
        getComponent(world, entity, Odd),
        Object.fromEntries(names.map((name) => [name, 1])),
      )
    }
  })
})

test('a field name has to be an identifier', () => {
  const { arena, storage } = createScene()
  const bad: [Record<PropertyKey, typeof t.u8>, string][] = [
    [{ '': t.u8 }, '""'],
    [{ 0: t.u8 }, '"0"'],
    [{ 'a-b': t.u8 }, '"a-b"'],
    [{ [Symbol('s')]: t.u8 }, 'Symbol(s)'],
  ]
  for (const [schema, shown] of bad) {
    assertThrows(() => storage.component('C', schema), 'invalid-argument', 'field', '"C"', shown)
  }
  assert.equal(blocks(arena), [])
  assert.equal(Object.keys(storage.components), [])
})

test('a value that is no field type is refused, and named', () => {
  const { arena, storage } = createScene()
  const hostile: unknown[] = [
    ...[undefined, null, 0, 'f32', Float32Array, [], {}, { kind: 'scalar', array: Float32Array }],
    () => t.f32,
    { ...t.f32 },
  ]
  for (const value of hostile) {
    const schema = { x: t.f32, y: value } as { x: typeof t.f32 }
    assertThrows(
      () => storage.component('C', schema),
      'invalid-argument',
      'field y',
      '"C"',
      't.f32',
    )
  }
  for (const schema of [undefined, null, 5, 'xy', [t.f32], () => 1] as unknown[]) {
    assertThrows(
      () => storage.component('C', schema as Schema),
      'invalid-argument',
      'schema',
      '"C"',
    )
  }
  assert.equal(blocks(arena), [])
})

test('an empty name, a taken name, and a name that is no string are refused', () => {
  withScene({}, ({ storage }) => {
    for (const name of ['', 5, null, undefined, {}, Symbol('s')] as unknown[]) {
      assertThrows(
        () => storage.component(name as string, { x: t.f32 }),
        'invalid-argument',
        'name',
      )
    }
    const first = storage.component('Twice', { x: t.f32 })
    assertThrows(() => storage.component('Twice', { x: t.f32 }), 'invalid-argument', '"Twice"')
    assertThrows(() => storage.component('Twice', {}), 'invalid-argument', '"Twice"')
    assert.is(storage.components.Twice, first)
  })
})

test('errors have a class, a code and the name of the package', () => {
  const { storage } = createScene()
  assert.throws(
    () => storage.component('', {}),
    (error: unknown) =>
      error instanceof StorageError &&
      error.name === 'StorageError' &&
      error.message.startsWith('@ashlar/ecs-adapter: the name of a component is "", expected a'),
  )
})

test('columns cannot be overwritten, and their types cannot be changed', () => {
  withScene({}, ({ storage }) => {
    const Position = storage.component('Position', { x: t.f32 })
    const before = Position.x
    assert.throws(() => {
      ;(Position as { x: Float32Array }).x = new Float32Array(1)
    }, TypeError)
    assert.is(Position.x, before)
    assert.throws(() => {
      ;(t as { f32: unknown }).f32 = t.u8
    }, TypeError)
  })
})

test.run()
