import { type Schema, StorageError, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertThrows, createScene, scalars, withScene } from './support.ts'

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
    assert.equal(Object.keys(All), Object.keys(arrays))
    for (const [name, array] of Object.entries(arrays)) {
      const column = All[name as keyof typeof All]
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
    assert.equal(arena.blocks(), [])
  })
})

test('names that JavaScript treats in ways of its own are ordinary names', () => {
  withScene({}, ({ storage }) => {
    for (const name of ['__proto__', 'toString', 'constructor', '0', 'a b']) {
      const component = storage.component(name, {
        constructor: t.u8,
        toString: t.u8,
        ünïcode: t.u8,
      })
      assert.is(storage.components[name], component)
      assert.instance(component.ünïcode, Uint8Array)
      assert.instance(component.constructor, Uint8Array)
    }
  })
})

test('field names that confuse bitECS, or are no identifiers, are refused', () => {
  const { arena, storage } = createScene()
  const ownProto = Object.defineProperty({}, '__proto__', { value: t.u8, enumerable: true })
  const bad: [Record<PropertyKey, typeof t.u8>, string][] = [
    [{ data: t.u8 }, '"data"'],
    [{ x: t.u8, component: t.u8 }, '"component"'],
    [ownProto, '"__proto__"'],
    [{ '': t.u8 }, '""'],
    [{ 0: t.u8 }, '"0"'],
    [{ 'a-b': t.u8 }, '"a-b"'],
    [{ [Symbol('s')]: t.u8 }, 'Symbol(s)'],
  ]
  for (const [schema, shown] of bad) {
    assertThrows(() => storage.component('C', schema), 'invalid-argument', 'field', '"C"', shown)
  }
  assert.equal(arena.blocks(), [])
  assert.equal(Object.keys(storage.components), [])
})

test('what is no field type is refused, and named', () => {
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
  assert.equal(arena.blocks(), [])
})

test('a name that is empty, no string, or taken is refused', () => {
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
