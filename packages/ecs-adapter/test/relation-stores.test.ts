// What a relation's store makes is a component as any other: of prefabs too.
import { blocks } from '@ashlar/core'
import { applyCommands, createCommands, type Storage, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createRelation,
  createWorld,
  getComponent,
  getRelationTargets,
  hasComponent,
  IsA,
  makeExclusive,
  Pair,
  query,
  removeComponent,
  removeEntity,
  set,
  Wildcard,
  type World,
  withAutoRemoveSubject,
  withStore,
  withVersioning,
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

const test = suite('relation stores')

const schema = { amount: t.i32, tags: t.list(t.u8) }

/** A relation each of whose pairs is a component that `make` makes. */
function createRelationOf<C extends object>(make: (name: string) => C) {
  let count = 0
  return createRelation(withStore(() => make(`Contains${count++}`)))
}

const createContains = (storage: Storage) =>
  createRelationOf((name) => storage.component(name, schema))

const worlds = {
  plain: () => createWorld(),
  versioned: () => createWorld(createEntityIndex(withVersioning(8))),
}

for (const [name, createThisWorld] of Object.entries(worlds)) {
  test(`${name} ids: a prefab has columns as soon as it has the pair`, () => {
    withScene({ world: createThisWorld(), capacity: 4 }, ({ world, storage, arena }) => {
      const Contains = createContains(storage)
      const targets = Array.from({ length: 20 }, () => addEntity(world))
      const prefabs = Array.from({ length: 20 }, () => addPrefab(world))
      for (const target of targets.slice(0, 3)) {
        for (const prefab of prefabs) {
          const Pair = Contains(target)
          addComponent(world, prefab, Pair)
          assert.is(Pair.amount[storage.indexOf(prefab)], 0)
          Pair.amount[storage.indexOf(prefab)] = prefab
        }
        while (addEntity(world) % 50 !== 0) {}
        const later = addPrefab(world)
        addComponent(world, later, Contains(target))
        assert.is(Contains(target).amount[storage.indexOf(later)], 0)
        for (const prefab of prefabs) {
          assert.is(Contains(target).amount[storage.indexOf(prefab)], prefab)
        }
      }
      assertSound(arena)
    })
  })
}

/** The state of a world after each step, for components of a storage and others alike. */
function play(world: World, makeStore: () => object, afterEach: () => void): unknown[] {
  const Contains = createRelation(withStore(makeStore), makeExclusive)
  const Holds = createRelation(withStore(makeStore), withAutoRemoveSubject)
  const log: unknown[] = []
  const [gold, iron, chest] = [addEntity(world), addEntity(world), addEntity(world)]
  const prefab = addPrefab(world)
  const note = () => {
    afterEach()
    const entities = [gold, iron, chest, prefab, ...query(world, [IsA(prefab)])]
    log.push(
      [...query(world, [Pair(Contains, Wildcard)])],
      [...query(world, [Contains(gold)])],
      [...query(world, [Pair(Wildcard, gold)])],
      [...query(world, [Holds(chest)])],
      entities.filter((eid) => hasComponent(world, eid, Contains(iron))),
    )
    for (const eid of [chest, prefab]) {
      if (query(world, []).includes(eid)) log.push(getRelationTargets(world, eid, Contains))
    }
  }
  const steps = [
    () => addComponent(world, prefab, Contains(gold)),
    () => addComponent(world, chest, Contains(gold)),
    () => addComponent(world, addEntity(world), IsA(prefab)),
    () => addComponent(world, prefab, Contains(iron)),
    () => addComponent(world, chest, Contains(iron)),
    () => addComponent(world, gold, Holds(chest)),
    () => addComponent(world, addEntity(world), IsA(prefab)),
    () => removeComponent(world, chest, Contains(iron)),
    () => removeEntity(world, chest),
    () => removeEntity(world, iron),
  ]
  for (const step of steps) {
    step()
    note()
  }
  return log
}

test('a prefab gets the defaults of a pair that an entity had first', () => {
  withScene({}, ({ world, storage }) => {
    const schema = { hp: t.u16({ default: 100 }), isOn: t.bool({ default: true }) }
    const Contains = createRelationOf((name) => storage.component(name, schema))
    const target = addEntity(world)
    const Pair = Contains(target)
    for (const eid of [addEntity(world), addPrefab(world), addEntity(world), addPrefab(world)]) {
      addComponent(world, eid, Pair)
      assert.equal(getComponent(world, eid, Pair), { hp: 100, isOn: true }, `${eid}`)
    }
  })
})

test('pairs work as bitECS’s own: queries, targets, exclusive relations, removals', () => {
  const byHand = play(
    createWorld(),
    () => ({ amount: [] }),
    () => {},
  )
  for (const sparse of [false, true]) {
    withScene({}, ({ arena, world, storage }) => {
      let count = 0
      const store = () => createComponent(storage, `Pair${count++}`, { amount: t.i32 }, sparse)
      assert.equal(
        play(world, store, () => assertSound(arena)),
        byHand,
      )
    })
  }
})

test('instances of a prefab begin with the values of its pair, and commands find both', () => {
  for (const sparse of [false, true]) {
    withScene({ capacity: 4 }, ({ world, storage, arena }) => {
      const Contains = createRelationOf((name) => createComponent(storage, name, schema, sparse))
      const gold = addEntity(world)
      while (addEntity(world) < 30) {}
      const prefab = addPrefab(world)
      addComponent(world, prefab, Contains(gold))
      addComponent(world, prefab, set(Contains(gold), { amount: 5, tags: [1] }))
      const instance = addEntity(world)
      addComponent(world, instance, IsA(prefab))
      assert.equal(getComponent(world, instance, Contains(gold)), { amount: 5, tags: [1] })
      const commands = createCommands(storage)
      commands.set(instance, Contains(gold), { amount: 9 })
      commands.set(prefab, Contains(gold), { amount: 6 })
      assert.is(applyCommands(storage, commands), 0)
      assert.equal(getComponent(world, instance, Contains(gold)), { amount: 9, tags: [1] })
      assert.equal(getComponent(world, prefab, Contains(gold)), { amount: 6, tags: [1] })
      removeEntity(world, gold)
      storage.sync()
      assert.not.ok(hasComponent(world, instance, Contains(gold)))
      assert.is(query(world, [Pair(Contains, Wildcard)]).length, 0)
      assertSound(arena)
    })
  }
})

test('a component that was used before a relation’s store gave it out, and after a reset', () => {
  withScene({ capacity: 4 }, ({ world, storage }) => {
    const Amount = storage.component('Amount', { amount: t.i32 })
    addComponent(world, addEntity(world), Amount)
    const Contains = createRelation(withStore(() => Amount))
    for (let round = 0; round < 2; round++) {
      while (addEntity(world) < 40) {}
      const prefab = addPrefab(world)
      addComponent(world, prefab, Contains(1))
      assert.is(Amount.amount[prefab], 0)
      storage.reset()
    }
  })
})

test('a component that was asked before it became a pair is one to bitECS from then on', () => {
  withScene({ capacity: 64 }, ({ world, storage }) => {
    const Amount = storage.component('Amount', { amount: t.i32 })
    const Contains = createRelation(withStore((target) => (target === 1 ? Amount : {})))
    addComponent(world, addEntity(world), Amount)
    for (const eid of [addPrefab(world), addEntity(world), addPrefab(world)]) {
      addComponent(world, eid, Contains(1))
      assert.ok(hasComponent(world, eid, Contains('*')), `entity ${eid}`)
      removeComponent(world, eid, Contains(1))
      assert.not.ok(hasComponent(world, eid, Contains('*')), `entity ${eid}`)
    }
  })
})

test('out of memory on a prefab takes the pair off again', () => {
  const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 20, capacity: 4 })
  const Contains = createContains(storage)
  const gold = addEntity(world)
  addComponent(world, addEntity(world), Contains(gold)) // with what else the relation makes
  while (addEntity(world) < 5000) {}
  const prefab = addPrefab(world)
  const held = fillUp(pool)
  for (let i = 0; i < 2; i++) {
    assertThrows(() => addComponent(world, prefab, Contains(gold)), 'out-of-memory')
    assert.not.ok(hasComponent(world, prefab, Contains(gold)))
    assert.is(Contains(gold).amount.length, 4)
    assertSound(arena)
  }
  for (const offset of held) pool.free(offset)
  addComponent(world, prefab, Contains(gold))
  assert.is(Contains(gold).amount[prefab], 0)
  storage.dispose()
  assert.equal(blocks(arena), [])
})

test.run()
