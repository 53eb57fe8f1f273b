// List and text fields as users have them: by entity.
import { Arena, blocks } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createEntityIndex,
  createWorld,
  removeEntity,
  set,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  assertSound,
  assertThrows,
  buffers,
  createScene,
  type Scene,
  watch,
  withScene,
} from '../support.ts'

const test = suite('list-column')

const schema = { points: t.list(t.f32), label: t.text, kind: t.text({ interned: true }) }

function createPath({ world, storage }: Scene) {
  const Path = storage.component('Path', schema)
  const eid = addEntity(world, Path)
  return { Path, eid, ...Path }
}

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: a list does what an array does`, () => {
    withScene({ shared }, (scene) => {
      const { points, eid } = createPath(scene)
      assert.is(points.length(eid), 0)
      assert.is(points.capacity(eid), 0)
      assert.is(points.offset(eid), 0)
      assert.is(points.pop(eid), undefined)
      assert.equal(points.toArray(eid), [])
      assert.is(points.push(eid, 1.5), 1)
      assert.is(points.push(eid, 2.5), 2)
      assert.is(points.append(eid, [3.5, 4.5]), 4)
      points.insert(eid, 0, 0.5)
      points.insert(eid, 5, 5.5)
      assert.equal(points.toArray(eid), [0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
      assert.is(points.removeAt(eid, 1), 1.5)
      assert.is(points.swapRemoveAt(eid, 0), 0.5)
      assert.equal(points.toArray(eid), [5.5, 2.5, 3.5, 4.5])
      assert.is(points.swapRemoveAt(eid, 3), 4.5)
      assert.is(points.pop(eid), 3.5)
      points.set(eid, 1, 9)
      assert.is(points.get(eid, 1), 9)
      assert.is(points.indexOf(eid, 9), 1)
      assert.is(points.indexOf(eid, 8), -1)
      points.push(eid, Number.NaN)
      assert.is(points.indexOf(eid, Number.NaN), 2)
      points.resize(eid, 2)
      points.resize(eid, 4)
      assert.equal(points.toArray(eid), [5.5, 9, 0, 0])
      points.replace(eid, Float32Array.of(1, 2, 3))
      const seen: number[][] = []
      points.forEach(eid, (...args) => seen.push(args))
      assert.equal(seen, [
        [1, 0, eid],
        [2, 1, eid],
        [3, 2, eid],
      ])
      const view = points.view(eid)
      assert.instance(view, Float32Array)
      assert.is(view.buffer, scene.arena.buffer)
      assert.is(view.byteOffset, points.offset(eid))
      assert.equal([...view], [1, 2, 3])
      view[0] = 7
      assert.is(points.get(eid, 0), 7)
      const first = points.offset(eid) >> 2
      assert.equal([...scene.arena.f32.subarray(first, first + 3)], [7, 2, 3])
      points.clear(eid)
      assert.is(points.length(eid), 0)
      assert.is(points.view(eid).length, 0)
      points.clear(eid)
    })
  })

  test(`${name}: a text is set, read, compared and cleared`, () => {
    withScene({ shared }, (scene) => {
      const { label, kind, eid } = createPath(scene)
      const other = addEntity(scene.world, scene.storage.components.Path)
      for (const field of [label, kind]) {
        assert.is(field.get(eid), '')
        assert.is(field.offset(eid), 0)
        assert.is(field.equals(eid, ''), true)
        for (const text of ['gate', 'Größe 🙂', '', '\0', 'x'.repeat(5000), 'gate']) {
          field.set(eid, text)
          assert.is(field.get(eid), text)
          assert.is(field.equals(eid, text), true)
          assert.is(field.equals(eid, `${text}!`), false)
          assert.equal([...field.view(eid)], [...new TextEncoder().encode(text)])
          assert.is(field.byteLength(eid), field.view(eid).length)
          assertSound(scene.arena)
        }
        field.set(other, 'gate')
        assert.is(field.offset(eid) === field.offset(other), field === kind)
        field.clear(eid)
        field.clear(eid)
        assert.is(field.get(eid), '')
        assert.is(field.get(other), 'gate')
      }
    })
  })
}

test('resize keeps the room; clear and pop give it back', () => {
  withScene({}, (scene) => {
    const { points, eid } = createPath(scene)
    points.reserve(eid, 1000)
    const capacity = points.capacity(eid)
    assert.ok(capacity >= 1000)
    const offset = points.offset(eid)
    for (let i = 0; i < capacity; i++) points.push(eid, i)
    points.resize(eid, 0)
    for (let i = 0; i < capacity; i++) points.push(eid, i)
    assert.is(points.offset(eid), offset)
    while (points.length(eid) > 10) points.pop(eid)
    assert.ok(points.capacity(eid) <= 16, `${points.capacity(eid)}`)
    points.clear(eid)
    assert.is(points.capacity(eid), 0)
  })
})

test('set and append take the list itself, and views of others', () => {
  withScene({}, (scene) => {
    const { points, eid } = createPath(scene)
    points.replace(eid, [1, 2, 3])
    for (let i = 0; i < 8; i++) points.append(eid, points.view(eid))
    assert.is(points.length(eid), 768)
    assert.ok(points.toArray(eid).every((value, i) => value === 1 + (i % 3)))
    points.replace(eid, points.view(eid).subarray(1, 4))
    assert.equal(points.toArray(eid), [2, 3, 1])
    assertSound(scene.arena)
  })
})

test('forEach visits as an Array does, whatever its callback does to the list', () => {
  withScene({}, (scene) => {
    const { points, eid } = createPath(scene)
    const changes: Record<string, [(array: number[]) => void, () => void]> = {
      push: [(array) => array.push(9), () => points.push(eid, 9)],
      append: [(array) => array.push(...array), () => points.append(eid, points.view(eid))],
      insert: [(array) => array.unshift(9), () => points.insert(eid, 0, 9)],
      setAt: [(array) => array.splice(-1, 1, 9), () => points.set(eid, points.length(eid) - 1, 9)],
      pop: [(array) => array.pop(), () => points.pop(eid)],
      remove: [(array) => array.shift(), () => points.removeAt(eid, 0)],
      clear: [(array) => array.splice(0), () => points.clear(eid)],
      set: [
        (array) => array.splice(0, 9, 5, 6, 7, 8, 9),
        () => points.replace(eid, [5, 6, 7, 8, 9]),
      ],
      resize: [(array) => array.push(0), () => points.resize(eid, points.length(eid) + 1)],
      reserve: [() => {}, () => points.reserve(eid, 5000)],
    }
    for (const [name, [changeArray, changeList]] of Object.entries(changes)) {
      const array = [1, 2, 3, 4]
      points.replace(eid, array)
      const expected: number[][] = []
      array.forEach((value, i) => {
        expected.push([value, i])
        changeArray(array)
      })
      const seen: number[][] = []
      points.forEach(eid, (value, i) => {
        seen.push([value, i])
        assert.ok(seen.length < 100, `${name}: it has no end`)
        changeList()
      })
      assert.equal(seen, expected, name)
      assert.equal(points.toArray(eid), array, name)
      assertSound(scene.arena)
    }
  })
})

test('lists of every type store as their typed arrays do', () => {
  withScene({}, ({ world, storage }) => {
    const lists = storage.component('Lists', {
      a: t.list(t.i8),
      b: t.list(t.u16),
      c: t.list(t.f64),
      d: t.list(t.eid),
    })
    const eid = addEntity(world, lists)
    const values = [0, -1, 300, 70_000, 1.7, 2 ** 31, 2 ** 32 + 5, Number.NaN, 0.1]
    for (const list of Object.values(lists)) {
      list.replace(eid, values)
      const view = list.view(eid)
      const expected = (view.constructor as Float64ArrayConstructor).from(values)
      assert.equal(list.toArray(eid), [...expected])
      list.clear(eid)
      for (const value of values) list.push(eid, value)
      assert.equal(list.toArray(eid), [...expected])
    }
  })
})

test('misuse is refused, named, and without effect', () => {
  withScene({}, (scene) => {
    const { points, label, kind, eid } = createPath(scene)
    points.replace(eid, [1, 2])
    label.set(eid, 'gate')
    kind.set(eid, 'wood')
    const numbers: unknown[] = ['1', null, undefined, {}, 5n, true, [1]]
    for (const value of numbers as number[]) {
      const calls = [
        () => points.push(eid, value),
        () => points.set(eid, 0, value),
        () => points.insert(eid, 0, value),
        () => points.replace(eid, [1, value]),
        () => points.append(eid, [value]),
      ]
      for (const call of calls) assertThrows(call, 'invalid-argument', 'Path.points', 'a number')
    }
    for (const values of [undefined, null, 5, 'ab', {}, new Set([1])] as unknown[]) {
      for (const call of [points.replace, points.append]) {
        const wrong = () => call.call(points, eid, values as number[])
        assertThrows(wrong, 'invalid-argument', 'Path.points', 'array')
      }
    }
    for (const index of [-1, 2, 1.5, Number.NaN, '0', null, undefined, 0n, 2 ** 32] as number[]) {
      assertThrows(() => points.get(eid, index), 'invalid-argument', 'an index of', 'below 2')
      assertThrows(() => points.set(eid, index, 1), 'invalid-argument', 'Path.points', 'below 2')
      assertThrows(() => points.removeAt(eid, index), 'invalid-argument', 'index')
      assertThrows(() => points.swapRemoveAt(eid, index), 'invalid-argument', 'index')
      if (index === 2) continue
      assertThrows(() => points.insert(eid, index, 1), 'invalid-argument', 'below 3')
    }
    for (const count of [-1, 1.5, Number.NaN, '5', null, undefined, 2 ** 53] as number[]) {
      assertThrows(() => points.resize(eid, count), 'invalid-argument', 'Path.points')
      assertThrows(() => points.reserve(eid, count), 'invalid-argument', 'Path.points')
    }
    for (const text of [undefined, null, 5, {}, ['gate'], Symbol('s')] as string[]) {
      assertThrows(() => label.set(eid, text), 'invalid-argument', 'Path.label', 'a string')
      assertThrows(() => kind.set(eid, text), 'invalid-argument', 'Path.kind', 'a string')
      assert.is(label.equals(eid, text), false)
    }
    const badEids = ['1', null, undefined, {}, 1.5, Number.NaN, 5n, 2 ** 33] as number[]
    for (const bad of badEids) {
      const calls = [
        () => points.push(bad, 1),
        () => points.length(bad),
        () => points.get(bad, 0),
        () => points.clear(bad),
        () => label.set(bad, 'x'),
        () => label.get(bad),
      ]
      for (const call of calls) assertThrows(call, 'invalid-argument', 'an entity id')
    }
    assert.equal(points.toArray(eid), [1, 2])
    assert.is(label.get(eid), 'gate')
    assert.is(kind.get(eid), 'wood')
    points.clear(eid)
    assertThrows(() => points.removeAt(eid, 0), 'invalid-argument', 'empty')
  })
})

test('an entity beyond the rows reads as empty, and cannot be written', () => {
  withScene({ capacity: 4 }, (scene) => {
    const { points, label } = createPath(scene)
    const far = 100_000
    assert.is(points.length(far), 0)
    assertThrows(() => points.get(far, 0), 'invalid-argument', 'Path.points', 'is empty')
    assert.is(points.pop(far), undefined)
    assert.equal(points.toArray(far), [])
    assert.is(label.get(far), '')
    points.clear(far)
    label.clear(far)
    assertThrows(() => points.push(far, 1), 'invalid-argument', '100000', 'add the component')
    assertThrows(() => points.reserve(far, 1), 'invalid-argument', '100000')
    assertThrows(() => label.set(far, 'x'), 'invalid-argument', '100000')
  })
})

test('ids with versions find their rows', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  withScene({ world, capacity: 2 }, ({ arena, storage }) => {
    const Path = storage.component('Path', schema)
    for (let life = 0; life < 300; life++) {
      const eids = [1, 2, 3].map(() => addEntity(world, Path))
      for (const eid of eids) {
        assert.is(Path.points.length(eid), 0)
        assert.is(Path.label.get(eid), '')
        Path.points.push(eid, storage.indexOf(eid))
        Path.label.set(eid, `${eid}`)
      }
      for (const eid of eids) {
        assert.equal(Path.points.toArray(eid), [storage.indexOf(eid)])
        assert.is(Path.label.get(eid), `${eid}`)
      }
      for (const eid of eids.reverse()) removeEntity(world, eid)
      if (life % 3 === 0) storage.sync()
    }
    assertSound(arena)
  })
})

test('out of memory: every method leaves list and text as they were', () => {
  const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 20, capacity: 64 })
  const Path = storage.component('Path', schema)
  const { points, label, kind } = Path
  const eid = addEntity(world, set(Path, { points: [1, 2, 3, 4], label: 'gate', kind: 'wood' }))
  const bare = addEntity(world, Path)
  const fillers: number[] = []
  const byteLengths = arena.stats().classes.map(({ maxByteLength }) => maxByteLength)
  for (const byteLength of byteLengths.filter((length) => length <= 2 ** 16).reverse()) {
    for (let block = pool.tryAlloc(byteLength); block !== 0; block = pool.tryAlloc(byteLength)) {
      fillers.push(block)
    }
  }
  const calls = [
    () => points.push(eid, 5),
    () => points.append(eid, [5]),
    () => points.insert(eid, 1, 5),
    () => points.replace(eid, [9, 9, 9, 9, 9]),
    () => points.resize(eid, 5),
    () => points.reserve(eid, 5),
    () => points.push(bare, 1),
    () => label.set(eid, 'a longer label'),
    () => label.set(bare, 'x'),
    () => kind.set(bare, 'stone'),
    () => addComponent(world, eid, set(Path, { points: [9, 9], label: 'another one', kind: '' })),
    () => addComponent(world, eid, set(Path, { points: [9, 9, 9, 9, 9], label: '' })),
    () => addComponent(world, bare, set(Path, { label: 'x', points: [1] })),
  ]
  for (const call of calls) {
    assertThrows(call, 'out-of-memory')
    assert.equal(points.toArray(eid), [1, 2, 3, 4])
    assert.is(label.get(eid), 'gate')
    assert.is(kind.get(eid), 'wood')
    assert.is(points.length(bare), 0)
    assert.is(label.get(bare), '')
    assertSound(arena)
  }
  // What needs no memory goes on.
  points.replace(eid, [4, 3, 2])
  points.pop(eid)
  points.push(eid, 1)
  kind.set(bare, 'wood')
  assert.equal(points.toArray(eid), [4, 3, 1])
  for (const block of fillers) pool.free(block)
  points.append(eid, [5, 6, 7])
  assert.is(points.length(eid), 6)
  storage.dispose()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('lists go on when a WebAssembly.Memory grows', () => {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 128 })
  const arena = Arena.create({ memory })
  const world = createWorld()
  const storage = watch(arena, createStorage(world, arena.openPool(), { capacity: 16 }))
  const Path = storage.component('Path', schema)
  const eid = addEntity(world, set(Path, { points: [1, 2], label: 'gate', kind: 'wood' }))
  for (const change of [() => Path.points.push(eid, 3), () => Path.points.length(eid)]) {
    memory.grow(1)
    change()
    assert.equal(Path.points.toArray(eid), [1, 2, 3])
  }
  memory.grow(1)
  assert.is(Path.label.get(eid), 'gate')
  memory.grow(1)
  Path.kind.set(eid, 'stone')
  assert.is(Path.kind.get(eid), 'stone')
  memory.grow(1)
  removeEntity(world, eid)
  storage.sync()
  memory.grow(1)
  storage.dispose()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('a disposed storage leaves empty fields that cannot be written', () => {
  const scene = createScene()
  const { points, label, kind, eid } = createPath(scene)
  points.push(eid, 1)
  label.set(eid, 'gate')
  kind.set(eid, 'wood')
  scene.storage.dispose()
  assert.equal(blocks(scene.arena), [])
  assert.is(points.length(eid), 0)
  assert.is(label.get(eid), '')
  assertThrows(() => points.push(eid, 1), 'invalid-argument')
  assertThrows(() => kind.set(eid, 'x'), 'invalid-argument')
  assert.equal(blocks(scene.arena), [])
})

test('list types are checked', () => {
  for (const element of [undefined, null, 'f32', {}, t.text, t.list(t.f32), Float32Array]) {
    assertThrows(() => t.list(element as typeof t.f32), 'invalid-argument', 'element', 't.f32')
  }
  // @ts-expect-error only lists of ids can be weak
  assertThrows(() => t.list(t.u32, { weak: true }), 'invalid-argument', 'weak', 't.u32')
  const wrong = { weak: 'yes' } as unknown as { weak: true }
  assertThrows(() => t.list(t.eid, wrong), 'invalid-argument')
  const { storage } = createScene()
  const copied = { ...t.list(t.f32) }
  assertThrows(() => storage.component('C', { x: copied }), 'invalid-argument', 'field x', 't.list')
})

test.run()
