// `set` writes all of its fields or none; and which observers run.
import { Arena, blocks as blocksOf } from '@ashlar/core'
import { createStorage, moveIn, moveOut, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createRelation,
  createWorld,
  getComponent,
  getEntityComponents,
  hasComponent,
  IsA,
  Not,
  Or,
  observe,
  onAdd,
  onRemove,
  onSet,
  Pair,
  query,
  removeComponent,
  removeEntity,
  set,
  type World,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  assertSound,
  assertThrows,
  createComponent,
  createScene,
  fillUp,
  withScene,
} from './support.ts'

const test = suite('set')

const schema = {
  points: t.list(t.f32),
  label: t.text,
  x: t.f32,
  kind: t.text({ interned: true }),
  ids: t.list(t.eid),
}
const FIELDS = Object.keys(schema) as (keyof typeof schema)[]
const empty = { points: [], label: '', x: 0, kind: '', ids: [] }
const valuesOf = (seed: number) => ({
  points: [seed, seed + 0.5],
  label: `label ${seed}`,
  x: seed,
  kind: `kind ${seed}`,
  ids: [seed, seed, seed],
})

/** Values of which one is a getter that does something first. */
function withGetter(values: Record<string, unknown>, field: string, run: () => void): object {
  const { [field]: value, ...rest } = values
  const all = Object.fromEntries(FIELDS.map((name) => [name, rest[name]]))
  return Object.defineProperty(all, field, {
    enumerable: true,
    get: () => {
      run()
      return value
    },
  })
}

/** All that a world tells of a component. */
function logOf(world: World, component: object): string[] {
  const log: string[] = []
  const Other = {}
  observe(world, onAdd(component), (eid) => log.push(`add ${eid}`))
  observe(world, onSet(component), (eid) => void log.push(`set ${eid}`))
  observe(world, onRemove(component), (eid) => log.push(`remove ${eid}`))
  observe(world, onAdd(Or(component, Other)), (eid) => log.push(`add or ${eid}`))
  observe(world, onRemove(Not(component)), (eid) => log.push(`remove not ${eid}`))
  observe(world, onAdd(Not(component)), (eid) => log.push(`add not ${eid}`))
  return log
}

for (const sparse of [false, true]) {
  const testKind = (name: string, body: () => void) =>
    test(`${sparse ? 'sparse' : 'flat'}: ${name}`, body)

  testKind('each value is read once, and each element of a list', () => {
    withScene({}, ({ world, storage }) => {
      const Path = createComponent(storage, 'Path', schema, sparse)
      const [fresh, own, prefab] = [addEntity(world), addEntity(world), addPrefab(world)]
      addComponent(world, own, Path)
      const reads: string[] = []
      const counted = (target: object, name: string): object =>
        new Proxy(target, {
          get(_, key) {
            if (typeof key === 'string') reads.push(`${name}${key}`)
            const value = Reflect.get(target, key)
            return Array.isArray(value) ? counted(value, `${String(key)}.`) : value
          },
        })
      for (const eid of [fresh, own, prefab]) {
        reads.length = 0
        addComponent(world, eid, set(Path, counted(valuesOf(3), '')))
        const lists = [
          'points.length',
          'points.0',
          'points.1',
          'ids.length',
          'ids.0',
          'ids.1',
          'ids.2',
        ]
        assert.equal(reads.sort(), [...FIELDS, ...lists].sort())
        assert.equal(getComponent(world, eid, Path), valuesOf(3))
      }
    })
  })

  testKind('a value that cannot be read or taken: nothing is written, and nobody is told', () => {
    withScene({}, ({ arena, world, storage }) => {
      const Path = createComponent(storage, 'Path', schema, sparse)
      const own = addEntity(world)
      addComponent(world, own, set(Path, valuesOf(1)))
      const fresh = addEntity(world)
      const without = [...query(world, [Not(Path)])]
      const log = logOf(world, Path)
      const blocks = blocksOf(arena)
      const fail = () => {
        throw new Error('no value')
      }
      for (const field of FIELDS) {
        const wrong: object[] = [
          withGetter(valuesOf(2), field, fail),
          { ...valuesOf(2), [field]: Symbol('odd') },
          { ...valuesOf(2), [field]: null },
        ]
        if (Array.isArray(empty[field]))
          wrong.push({ ...valuesOf(2), [field]: [1, withGetter({}, 'x', fail)] })
        for (const values of wrong) {
          for (const eid of [own, fresh]) {
            assert.throws(() => addComponent(world, eid, set(Path, values)), /no value|expected/)
          }
          assert.equal(getComponent(world, own, Path), valuesOf(1))
          assert.not.ok(hasComponent(world, fresh, Path))
          assert.equal(getEntityComponents(world, fresh), [])
          assert.equal([...query(world, [Path])], [own])
          assert.equal([...query(world, [Not(Path)])], without)
          assert.equal(log, [])
        }
      }
      if (!sparse) assert.equal(blocksOf(arena), blocks)
      storage.sync()
      assert.equal(blocksOf(arena), blocks)
      addComponent(world, fresh, set(Path, valuesOf(5)))
      assert.equal(getComponent(world, fresh, Path), valuesOf(5))
    })
  })

  testKind('getters that set values themselves: of others, and of the same entity', () => {
    withScene({ capacity: 2 }, ({ arena, world, storage }) => {
      const Path = createComponent(storage, 'Path', schema, sparse)
      for (const field of FIELDS) {
        for (const isNew of [true, false]) {
          const [outer, inner, deepest] = [addEntity(world), addEntity(world), addEntity(world)]
          if (!isNew) for (const eid of [outer, inner, deepest]) addComponent(world, eid, Path)
          const deep = () => addComponent(world, deepest, set(Path, valuesOf(30)))
          const nested = withGetter(valuesOf(20), field, deep)
          const values = withGetter(valuesOf(10), field, () =>
            addComponent(world, inner, set(Path, nested)),
          )
          addComponent(world, outer, set(Path, values))
          assert.equal(getComponent(world, outer, Path), valuesOf(10))
          assert.equal(getComponent(world, inner, Path), valuesOf(20))
          assert.equal(getComponent(world, deepest, Path), valuesOf(30))

          const same = addEntity(world)
          if (!isNew) addComponent(world, same, Path)
          const { [field]: _, ...others } = valuesOf(40)
          const twice = withGetter({ [field]: valuesOf(50)[field] }, field, () => {
            addComponent(world, same, set(Path, others))
          })
          addComponent(world, same, set(Path, twice))
          assert.equal(getComponent(world, same, Path), { ...others, [field]: valuesOf(50)[field] })
          assertSound(arena)
        }
      }
    })
  })

  testKind('elements that set values themselves, in lists that outgrow the staging', () => {
    withScene({}, ({ world, storage }) => {
      const Path = createComponent(storage, 'Path', schema, sparse)
      const [outer, inner] = [addEntity(world), addEntity(world)]
      const long = Array.from({ length: 70_000 }, (_, i) => i)
      const isLong = (list: number[]) =>
        list.length === long.length && list.every((x, i) => x === i)
      for (const at of [0, 1, long.length - 1]) {
        const list = new Proxy(long, {
          get(target, key) {
            if (key === String(at))
              addComponent(world, inner, set(Path, { points: long, ids: [at] }))
            return Reflect.get(target, key)
          },
        })
        addComponent(world, outer, set(Path, { points: list }))
        assert.ok(isLong(Path.points.toArray(outer)))
        assert.ok(isLong(Path.points.toArray(inner)))
        Path.points.replace(outer, [])
        Path.points.append(outer, list)
        assert.ok(isLong(Path.points.toArray(outer)))
        for (const eid of [outer, inner]) removeComponent(world, eid, Path)
      }
    })
  })

  testKind('a getter that grows the memory', () => {
    for (const field of FIELDS) {
      for (const isNew of [true, false]) {
        const memory = new WebAssembly.Memory({ initial: 64, maximum: 256 })
        const arena = Arena.create({ memory })
        const world = createWorld()
        const storage = createStorage(world, arena.openPool(), { capacity: 2 })
        const Path = createComponent(storage, 'Path', schema, sparse)
        const eid = addEntity(world)
        if (!isNew) addComponent(world, eid, Path)
        const values = withGetter(valuesOf(6), field, () => memory.grow(1))
        addComponent(world, eid, set(Path, values))
        assert.equal(getComponent(world, eid, Path), valuesOf(6))
        storage.sync()
        assert.equal(getComponent(world, eid, Path), valuesOf(6))
        assertSound(arena)
        storage.dispose()
        assert.equal(blocksOf(arena), [])
      }
    }
  })

  testKind(
    'a getter that takes the component away, or the entity, leaves nothing of the values',
    () => {
      withScene({}, ({ arena, world, storage }) => {
        const Path = createComponent(storage, 'Path', schema, sparse)
        const takeAway: Record<string, (eid: number) => void> = {
          component: (eid) => removeComponent(world, eid, Path),
          entity: (eid) => removeEntity(world, eid),
          heir: (eid) => {
            removeEntity(world, eid)
            addComponent(world, addEntity(world), set(Path, valuesOf(7)))
          },
          pack: (eid) => moveIn(storage, moveOut(storage, eid)),
        }
        for (const field of FIELDS) {
          for (const [name, take] of Object.entries(takeAway)) {
            for (const isNew of [true, false]) {
              const eid = addEntity(world)
              if (!isNew) addComponent(world, eid, Path)
              const values = withGetter(valuesOf(8), field, () => take(eid))
              try {
                addComponent(world, eid, set(Path, values))
              } catch (error) {
                assert.match((error as Error).message, /no row|does not exist/)
              }
              if (isNew && name === 'heir')
                assert.equal(getComponent(world, eid, Path), valuesOf(7))
              for (const one of query(world, [Path])) removeEntity(world, one)
              storage.sync()
              assertSound(arena)
            }
          }
        }
        for (const one of query(world, [Not(Path)])) removeEntity(world, one)
        storage.sync()
        const row = addEntity(world)
        addComponent(world, row, Path)
        assert.equal(getComponent(world, row, Path), empty)
      })
    },
  )

  testKind('out of memory at any step: no component, nobody told, and nothing left behind', () => {
    const big = new Float32Array(2 ** 18)
    const large: Record<string, object> = {
      points: { ...valuesOf(1), points: big },
      ids: { ...valuesOf(1), ids: big },
      label: { ...valuesOf(1), label: 'x'.repeat(2 ** 20) },
      kind: { ...valuesOf(1), kind: 'ü'.repeat(2 ** 19) },
    }
    for (const [field, values] of Object.entries(large)) {
      withScene({ byteLength: 2 ** 19 }, ({ arena, world, storage }) => {
        const Path = createComponent(storage, 'Path', schema, sparse)
        const log = logOf(world, Path)
        const [own, fresh] = [addEntity(world), addEntity(world)]
        addComponent(world, own, set(Path, valuesOf(2)))
        const without = [...query(world, [Not(Path)])]
        log.length = 0
        for (let i = 0; i < 3; i++) {
          for (const eid of [own, fresh]) {
            assertThrows(() => addComponent(world, eid, set(Path, values)), 'out-of-memory')
          }
          assert.equal(getComponent(world, own, Path), valuesOf(2), field)
          assert.not.ok(hasComponent(world, fresh, Path))
          assert.equal(getEntityComponents(world, fresh), [])
          assert.equal([...query(world, [Path])], [own])
          assert.equal([...query(world, [Not(Path)])], without)
          assert.equal(log, [])
          assertSound(arena)
          if (i === 1) storage.sync()
        }
        addComponent(world, fresh, set(Path, valuesOf(3)))
        const told = ['add', 'add or', 'remove not', 'set'].map((what) => `${what} ${fresh}`)
        assert.equal(log.sort(), told)
        assert.equal(getComponent(world, fresh, Path), valuesOf(3))
      })
    }
  })

  testKind('out of memory with ever more room: all of the values or none', () => {
    let madeCount = 0
    for (let spare = 0; spare < 12; spare++) {
      const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 19 })
      const Path = createComponent(storage, 'Path', schema, sparse)
      const log = logOf(world, Path)
      const fill = fillUp(pool)
      for (const [i, block] of fill.entries()) if (i % 12 < spare) pool.free(block)
      for (let i = 0; i < 40; i++) {
        const eid = addEntity(world)
        log.length = 0
        try {
          addComponent(world, eid, set(Path, valuesOf(i)))
          assert.equal(getComponent(world, eid, Path), valuesOf(i))
          assert.is(log.length, 4)
          madeCount++
        } catch (error) {
          assert.is((error as { code?: string }).code, 'out-of-memory')
          assert.not.ok(hasComponent(world, eid, Path))
          assert.equal(log, [])
        }
        if (i % 10 === 0) assertSound(arena)
      }
      storage.dispose()
      for (const [i, block] of fill.entries()) if (i % 12 >= spare) pool.free(block)
      assertSound(arena)
      assert.equal(blocksOf(arena), [])
    }
    assert.ok(madeCount > 0)
  })

  testKind(
    'onAdd observers find the row empty, then the values are written, then onSet is told',
    () => {
      withScene({}, ({ world, storage }) => {
        const Path = createComponent(storage, 'Path', schema, sparse)
        const seen: unknown[] = []
        observe(world, onAdd(Path), (eid) => {
          seen.push(getComponent(world, eid, Path), [...query(world, [Path])].includes(eid))
          Path.points.replace(eid, [1, 2, 3, 4, 5])
          Path.label.set(eid, 'of the observer')
          Path.ids.push(eid, 9)
        })
        observe(
          world,
          onSet(Path),
          (eid, given) => void seen.push(given, getComponent(world, eid, Path)),
        )
        const eid = addEntity(world)
        const given = { points: [], label: 'given', x: 4 }
        addComponent(world, eid, set(Path, given))
        assert.equal(seen, [empty, true, given, { ...empty, ...given, ids: [9] }])
        const plain = addEntity(world)
        addComponent(world, plain, Path)
        assert.equal(seen.slice(4), [empty, true])
      })
    },
  )

  testKind('onAdd observers that use up memory, sync, set, remove or throw', () => {
    const actions: Record<
      string,
      (scene: Parameters<Parameters<typeof withScene>[1]>[0], eid: number) => void
    > = {
      sync: ({ storage }) => storage.sync(),
      fill: ({ pool }) => {
        for (const block of fillUp(pool)) held.push(block)
      },
      set: ({ world, storage }, eid) =>
        addComponent(world, eid, set(storage.components.Path, valuesOf(70))),
      others: ({ world, storage }) => {
        for (let i = 0; i < 300; i++)
          addComponent(world, addEntity(world), set(storage.components.Other, { l: [i] }))
      },
      again: ({ world, storage }, eid) => {
        removeComponent(world, eid, storage.components.Path)
        if (againCount++ === 0) addComponent(world, eid, set(storage.components.Path, valuesOf(71)))
      },
      remove: ({ world, storage }, eid) => removeComponent(world, eid, storage.components.Path),
      die: ({ world }, eid) => removeEntity(world, eid),
      throw: () => {
        throw new Error('thrown')
      },
    }
    const held: number[] = []
    let againCount = 0
    for (const [name, act] of Object.entries(actions)) {
      withScene({ byteLength: 2 ** 21, capacity: 16 }, (scene) => {
        const { arena, pool, world, storage } = scene
        const Path = createComponent(storage, 'Path', schema, sparse)
        createComponent(storage, 'Other', { l: t.list(t.u8) }, sparse)
        againCount = 0
        observe(world, onAdd(Path), (eid) => act(scene, eid))
        const eid = addEntity(world)
        const isThrown = name === 'throw' || name === 'die' // which bitECS itself does not stand
        const add = () => addComponent(world, eid, set(Path, valuesOf(7)))
        if (isThrown) assert.throws(add)
        else add()
        const isGone = ['remove', 'die', 'again'].includes(name)
        if (!isGone && !isThrown) assert.equal(getComponent(world, eid, Path), valuesOf(7), name)
        if (isGone) assert.not.ok(hasComponent(world, eid, Path), name)
        for (const block of held.splice(0)) pool.free(block)
        storage.sync()
        assertSound(arena)
      })
    }
  })

  testKind('instances of a prefab that find no memory are told of, and have no values', () => {
    const { pool, world, storage } = createScene({ byteLength: 2 ** 19 })
    const Path = createComponent(storage, 'Path', schema, sparse)
    const prefab = addPrefab(world)
    addComponent(world, prefab, set(Path, { points: new Array(2 ** 15).fill(1) }))
    addComponent(world, addEntity(world), Path)
    const instance = addEntity(world)
    fillUp(pool)
    assertThrows(() => addComponent(world, instance, IsA(prefab)), 'out-of-memory')
    if (hasComponent(world, instance, Path))
      assert.equal(getComponent(world, instance, Path), empty)
  })

  testKind('the data of a relation', () => {
    withScene({}, ({ world, storage, arena }) => {
      const Path = createComponent(storage, 'Path', schema, sparse)
      const Likes = createRelation({ store: () => Path })
      const [a, b] = [addEntity(world), addEntity(world)]
      const log = logOf(world, Path)
      addComponent(world, a, Pair(Likes, b))
      assert.equal([...query(world, [Pair(Likes, b)])], [a])
      assert.equal(getComponent(world, a, Pair(Likes, b)), empty)
      addComponent(world, b, set(Pair(Likes, b), valuesOf(1)))
      assert.equal(getComponent(world, b, Pair(Likes, b)), valuesOf(1))
      assert.equal(log.filter((line) => line.startsWith('add ')).length, 4)
      removeEntity(world, a)
      removeEntity(world, b)
      storage.sync()
      assertSound(arena)
    })
  })
}

test('a nested set of a component of scalars is one of its own', () => {
  withScene({}, ({ world, storage }) => {
    const Position = storage.component('Position', { x: t.f32, y: t.f32 })
    const [outer, inner] = [addEntity(world), addEntity(world)]
    addComponent(
      world,
      outer,
      set(Position, {
        x: 1,
        get y() {
          addComponent(world, inner, set(Position, { x: 3, y: 4 }))
          return 2
        },
      }),
    )
    assert.equal(getComponent(world, outer, Position), { x: 1, y: 2 })
    assert.equal(getComponent(world, inner, Position), { x: 3, y: 4 })
  })
})

test.run()
