// What a random walk over the membership of entities meets rarely, see `membership.test.ts`.
import { Arena } from '@ashlar/core'
import { type Component, createSparseComponent, createStorage, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addComponents,
  addEntity,
  addPrefab,
  asBuffer,
  commitRemovals,
  createEntityIndex,
  createRelation,
  createWorld,
  getComponent,
  getRelationTargets,
  hasComponent,
  IsA,
  makeExclusive,
  Not,
  noCommit,
  observe,
  onAdd,
  onRemove,
  Pair,
  Prefab,
  query,
  registerComponent,
  registerQuery,
  removeComponent,
  removeEntity,
  set,
  withStore,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Scene, withScene } from '../support.ts'

const test = suite('membership-cases')

const schema = { points: t.i16({ default: 9 }), max: t.u8 }
const FULL = { points: 1, max: 2 }
const EMPTY = { points: 9, max: 0 }

/** A new world with a component `Health`, and what the columns hold of an entity. */
function withHealth(
  body: (
    scene: Scene & {
      Health: Component<typeof schema>
      valuesOf: (eid: number) => unknown
    },
  ) => void,
  options: Parameters<typeof withScene>[0] = { capacity: 2 },
): void {
  withScene(options, (scene) => {
    const Health = scene.storage.component('Health', schema)
    const valuesOf = (eid: number) => {
      const row = scene.storage.indexOf(eid)
      return { points: Health.points[row], max: Health.max[row] }
    }
    body({ ...scene, Health, valuesOf })
  })
}

test('observers of any query see an empty row, and what an earlier one wrote', () => {
  withHealth(({ world, Health, valuesOf }) => {
    const [Tag, Other] = [{}, {}]
    const seen: unknown[] = []
    const see = (eid: number) => void seen.push(valuesOf(eid))
    observe(world, onAdd(Tag, Health), see)
    observe(world, onAdd(Health, Not(Other)), see)
    observe(world, onRemove(Not(Health)), see)
    const dead = addEntity(world, Tag, set(Health, FULL))
    removeEntity(world, dead)
    seen.length = 0
    observe(world, onAdd(Health, Not(Other)), (eid) => {
      Health.max[eid] = 5
    })
    observe(world, onAdd(Health), see)
    const eid = addEntity(world, Tag, Health)
    assert.is(eid, dead)
    assert.equal(seen.slice(0, 2), [EMPTY, EMPTY])
    assert.is(seen.length, 4)
    assert.equal(valuesOf(eid), { points: 9, max: 5 })
  })
})

test('observers of a query that an entity enters by a loss see its last values', () => {
  withHealth(({ world, Health, valuesOf }) => {
    const seen: unknown[] = []
    observe(world, onAdd(Not(Health)), (eid) => seen.push(valuesOf(eid)))
    const eid = addEntity(world, set(Health, FULL))
    seen.length = 0
    commitRemovals(world) // until then, bitECS has the entity in the query
    removeComponent(world, eid, Health)
    assert.equal([seen, valuesOf(eid)], [[FULL], FULL])
  })
})

test('whatever comes between a loss and the next addition, the row is empty then', () => {
  withHealth(({ world, storage, Health, valuesOf }) => {
    const betweens = [
      () => commitRemovals(world),
      () => query(world, [Health], noCommit),
      () => query(world, [Health], asBuffer),
      () => registerQuery(world, [Health]),
      () => storage.sync(),
    ]
    const eid = addEntity(world, set(Health, FULL))
    for (const between of betweens) {
      removeComponent(world, eid, Health)
      between()
      assert.equal(valuesOf(eid), FULL)
      addComponent(world, eid, Health)
      assert.equal(valuesOf(eid), EMPTY)
      assert.equal([...query(world, [Health])], [eid])
      addComponent(world, eid, set(Health, FULL))
    }
  })
})

test('observers that take the component off and add it again leave an empty row', () => {
  withHealth(({ world, Health, valuesOf }) => {
    const Tag = {}
    let depth = 0
    observe(world, onAdd(Health), (eid) => {
      if (depth++ > 0) return
      addComponent(world, eid, set(Health, FULL))
      removeComponent(world, eid, Health)
      assert.equal(valuesOf(eid), FULL)
      addComponent(world, eid, Health)
    })
    observe(world, onAdd(Tag), (eid) => addComponent(world, eid, Health))
    const eid = addEntity(world, Tag)
    assert.equal([depth, valuesOf(eid)], [2, EMPTY])
  })
})

test('an observer that throws leaves an empty row, which the next addition clears', () => {
  withHealth(({ world, Health, valuesOf }) => {
    const end = observe(world, onAdd(Health), () => {
      throw new Error('boom')
    })
    const eid = addEntity(world)
    assert.throws(() => addComponent(world, eid, set(Health, FULL)), 'boom')
    assert.equal([hasComponent(world, eid, Health), valuesOf(eid)], [true, EMPTY])
    end()
    addComponent(world, eid, set(Health, FULL))
    assert.equal(valuesOf(eid), FULL)
    removeComponent(world, eid, Health)
    addComponent(world, eid, Health)
    assert.equal(valuesOf(eid), EMPTY)
  })
})

test('a cascade frees ids that observers use at once: their rows are empty', () => {
  withHealth(({ world, Health, valuesOf }) => {
    const ChildOf = createRelation({ autoRemoveSubject: true })
    const parent = addEntity(world, set(Health, FULL))
    const child = addEntity(world, set(Health, FULL), Pair(ChildOf, parent))
    const grandchild = addEntity(world, set(Health, FULL), Pair(ChildOf, child))
    const heirs: number[] = []
    observe(world, onRemove(Health), (eid) => {
      assert.equal(valuesOf(eid), heirs.includes(eid) ? EMPTY : FULL)
      const heir = addEntity(world, Health)
      heirs.push(heir)
      assert.equal(valuesOf(heir), EMPTY)
    })
    removeEntity(world, parent)
    assert.ok([parent, child, grandchild].some((eid) => heirs.includes(eid)))
  })
})

for (const hasPrefabs of [false, true]) {
  const where = hasPrefabs ? 'with prefabs' : 'without prefabs'
  test(`a component that a relation’s store gives has empty rows, ${where}`, () => {
    withHealth(({ world, Health, valuesOf }) => {
      if (hasPrefabs) addPrefab(world)
      const target = addEntity(world)
      const give = (given: unknown) => (given === target ? Health : {})
      const Near = createRelation(withStore(give), makeExclusive)
      const other = addEntity(world)
      const eid = addEntity(world, Pair(Near, other))
      for (let life = 0; life < 3; life++) {
        addComponent(world, eid, Pair(Near, target))
        assert.equal([getRelationTargets(world, eid, Near), valuesOf(eid)], [[target], EMPTY])
        addComponent(world, eid, set(Health, FULL))
        assert.equal(getComponent(world, eid, Health), FULL)
        addComponent(world, eid, Pair(Near, other))
        assert.equal([hasComponent(world, eid, Health), valuesOf(eid)], [false, FULL])
      }
    })
  })
}

test('the next owner of a row may be in another world of the index', () => {
  const index = createEntityIndex()
  const [world, menu] = [createWorld(index), createWorld(index)]
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const storage = createStorage([world, menu], arena.openPool())
  const Health = storage.component('Health', schema)
  const seen: number[] = []
  for (const one of [world, menu]) {
    observe(one, onAdd(Health), (eid) => seen.push(Health.points[eid], Health.max[eid]))
  }
  for (const one of [world, menu, world]) {
    const eid = addEntity(one, set(Health, FULL))
    assert.equal([eid, getComponent(one, eid, Health)], [1, FULL])
    removeEntity(one, eid)
  }
  assert.equal(seen, [9, 0, 9, 0, 9, 0])
})

test('the next owner of a row may have another version', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  withHealth(
    ({ Health, valuesOf }) => {
      for (let life = 0; life < 300; life++) {
        const eid = addEntity(world, Health)
        assert.equal(valuesOf(eid), EMPTY)
        addComponent(world, eid, set(Health, FULL))
        removeEntity(world, eid)
        assert.equal(valuesOf(eid), FULL)
      }
    },
    { world },
  )
})

test('instances inherit by a chain of prefabs, each with its own or the default values', () => {
  withHealth(({ world, storage, Health, valuesOf }) => {
    const Thin = createSparseComponent(storage, 'Thin', { heat: t.f32 })
    const [base, middle, last] = [addPrefab(world), addPrefab(world), addPrefab(world)]
    addComponents(world, base, [set(Health, FULL), set(Thin, { heat: 3 })])
    addComponents(world, middle, [Health, IsA(base)])
    addComponent(world, last, IsA(middle))
    assert.equal([base, middle, last].map(valuesOf), [FULL, EMPTY, EMPTY])
    const instance = addEntity(world, IsA(last))
    assert.equal([valuesOf(instance), getComponent(world, instance, Thin)], [EMPTY, { heat: 3 }])
    removeComponent(world, middle, Health)
    addComponent(world, middle, Health)
    assert.equal(valuesOf(middle), EMPTY)
  })
})

test('an entity that becomes a prefab, and one no longer, keeps its values', () => {
  withHealth(({ world, Health, valuesOf }) => {
    const eid = addEntity(world, set(Health, FULL))
    for (const call of [addComponent, removeComponent]) {
      call(world, eid, Prefab)
      assert.equal(valuesOf(eid), FULL)
      const other = addEntity(world, Health)
      removeEntity(world, other)
      assert.equal(valuesOf(eid), FULL)
    }
    removeComponent(world, eid, Health)
    addComponent(world, eid, Health)
    assert.equal(valuesOf(eid), EMPTY)
  })
})

test('components of the second and third generation of masks have empty rows', () => {
  withHealth(({ world, storage, Health }) => {
    const late = ['A', 'B', 'C'].map((name) => {
      for (let i = 0; i < 25; i++) registerComponent(world, {})
      return storage.component(name, { x: t.f32({ default: 4 }) })
    })
    for (let life = 0; life < 2; life++) {
      const eid = addEntity(world, Health, ...late)
      assert.is(eid, 1)
      for (const component of late) {
        assert.is(component.x[eid], 4)
        component.x[eid] = 5
      }
      assert.equal([...query(world, [Health, late[2], Not({})])], [eid])
      removeEntity(world, eid)
      assert.equal(
        late.map(({ x }) => x[eid]),
        [5, 5, 5],
      )
    }
  })
})

test('after reset, observers that come first see empty rows', () => {
  withHealth(({ world, storage, Health, valuesOf }) => {
    for (let life = 0; life < 3; life++) {
      const seen: unknown[] = []
      observe(world, onAdd(Health), (eid) => seen.push(valuesOf(eid)))
      const eid = addEntity(world, set(Health, FULL))
      removeEntity(world, eid)
      addEntity(world, set(Health, FULL))
      assert.equal([seen, valuesOf(eid)], [[EMPTY, EMPTY], FULL])
      storage.reset()
    }
  })
})

test.run()
