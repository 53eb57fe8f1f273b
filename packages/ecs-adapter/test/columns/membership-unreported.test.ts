// What bitECS 0.4 does not tell the observers of a query: rows are empty nevertheless, and no live
// entity loses its values.
import { t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  getComponent,
  observe,
  onAdd,
  onRemove,
  Prefab,
  query,
  registerComponent,
  removeComponent,
  removeEntity,
  removeQuery,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createScene, type Scene, withScene } from '../support.ts'
import { walk } from './membership-walk.ts'

const test = suite('membership-unreported')

const createHealth = ({ storage }: Scene) =>
  storage.component('Health', { points: t.i16({ default: 9 }), max: t.u8 })
const EMPTY = { points: 9, max: 0 }

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`seed ${seed}: removed queries and dying entities`, () => walk(seed, { unseen: true }, 300))
}

test('after removeQuery of the component alone, a recycled id has an empty row', () => {
  withScene({}, (scene) => {
    const { world } = scene
    const Health = createHealth(scene)
    query(world, [Health])
    removeQuery(world, [Health])
    const eid = addEntity(world, set(Health, { points: 1, max: 2 }))
    removeEntity(world, eid)
    const heir = addEntity(world)
    assert.is(heir, eid)
    addComponent(world, heir, Health)
    assert.equal(getComponent(world, heir, Health), EMPTY)
  })
})

test('after removeQuery of the component alone, sync and verifyStorage find no misuse', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const Health = createHealth(scene)
    query(world, [Health])
    removeQuery(world, [Health])
    for (let i = 0; i < 10; i++) {
      const eids = Array.from({ length: 5 }, () => addEntity(world, Health))
      for (const eid of eids) removeEntity(world, eid)
      storage.sync()
    }
  })
})

test('after removeQuery, a new query and its observers see empty rows of recycled ids', () => {
  withScene({}, (scene) => {
    const { world } = scene
    const Health = createHealth(scene)
    const eid = addEntity(world, set(Health, { max: 5 }))
    removeQuery(world, [Health])
    removeEntity(world, eid)
    assert.equal([...query(world, [Health])], [])
    const seen: unknown[] = []
    observe(world, onAdd(Health), (one) => seen.push(getComponent(world, one, Health)))
    addEntity(world, Health)
    assert.equal(seen, [EMPTY])
  })
})

test('an observer gives a component to a dying entity: the next has an empty row', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const Health = createHealth(scene)
    const Tag = storage.component('Tag', {})
    const end = observe(world, onRemove(Tag), (eid) => {
      addComponent(world, eid, set(Health, { points: 1, max: 1 }))
    })
    const eid = addEntity(world, Tag)
    removeEntity(world, eid)
    end()
    const heir = addEntity(world, Health)
    assert.is(heir, eid)
    assert.equal(getComponent(world, heir, Health), EMPTY)
  })
})

test('a prefab that was none in between gets the defaults again', () => {
  withScene({}, (scene) => {
    const { world } = scene
    const Health = createHealth(scene)
    const eid = addPrefab(world)
    addComponent(world, eid, set(Health, { points: 1, max: 1 }))
    removeComponent(world, eid, Prefab)
    removeComponent(world, eid, Health)
    addComponent(world, eid, Prefab)
    addComponent(world, eid, Health)
    assert.equal(getComponent(world, eid, Health), EMPTY)
  })
})

test('one that stays because an observer threw, and becomes a prefab, keeps its values', () => {
  withScene({}, (scene) => {
    const { world, storage } = scene
    const Health = createHealth(scene)
    const Tag = storage.component('Tag', {})
    const end = observe(world, onRemove(Tag), () => {
      throw new Error('stay')
    })
    const eid = addEntity(world, set(Health, { points: 1, max: 1 }), Tag)
    const other = addEntity(world, Health)
    assert.throws(() => removeEntity(world, eid), 'stay')
    end()
    addComponent(world, eid, Prefab)
    removeComponent(world, other, Health)
    assert.equal(getComponent(world, eid, Health), { points: 1, max: 1 })
  })
})

test('an entity that an observer of its addition makes a prefab keeps its values', () => {
  for (const given of [undefined, { points: 50 }]) {
    withScene({}, (scene) => {
      const { world } = scene
      const Health = createHealth(scene)
      const other = addEntity(world, Health)
      const end = observe(world, onAdd(Health), (eid) => {
        Health.max[eid] = 7
        addComponent(world, eid, Prefab)
      })
      const eid = addEntity(world)
      addComponent(world, eid, given === undefined ? Health : set(Health, given))
      end()
      Health.points[eid] = 50
      removeComponent(world, other, Health)
      assert.equal(getComponent(world, eid, Health), { points: 50, max: 7 })
    })
  }
})

test('a prefab with the id of an entity whose addition failed gets the defaults', () => {
  withScene({}, (scene) => {
    const { world } = scene
    const Health = createHealth(scene)
    addPrefab(world)
    const end = observe(world, onAdd(Health), (eid) => {
      Health.points[eid] = 1
      throw new Error('no')
    })
    const eid = addEntity(world)
    assert.throws(() => addComponent(world, eid, Health), 'no')
    end()
    removeEntity(world, eid)
    assert.is(addPrefab(world), eid)
    addComponent(world, eid, Health)
    assert.equal(getComponent(world, eid, Health), EMPTY)
  })
})

test('registerComponent of a component that is there: rows are still empty', () => {
  const scene = createScene()
  const { world } = scene
  const Health = createHealth(scene)
  const eid = addEntity(world, set(Health, { points: 1, max: 2 }))
  registerComponent(world, Health)
  removeEntity(world, eid)
  const heir = addEntity(world, Health)
  assert.is(heir, eid)
  assert.equal([Health.points[heir], Health.max[heir]], [9, 0])
})

test.run()
