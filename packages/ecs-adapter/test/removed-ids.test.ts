import { t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createWorld,
  IsA,
  observe,
  onRemove,
  removeEntity,
  set,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, createRandom, withScene } from './support.ts'

const test = suite('removed-ids')

const schema = { targets: t.list(t.eid, { dropRemoved: true }), kept: t.list(t.eid) }

test('ids of removed entities leave lists that ask for it, at sync, in order', () => {
  withScene({}, ({ world, storage, arena }) => {
    const Team = storage.component('Team', schema)
    const [a, b, c, d] = [1, 2, 3, 4].map(() => addEntity(world))
    const team = addEntity(world, set(Team, { targets: [a, b, c, b, d, 0], kept: [a, b] }))
    removeEntity(world, b)
    removeEntity(world, d)
    assert.equal(Team.targets.toArray(team), [a, b, c, b, d, 0])
    storage.sync()
    assert.equal(Team.targets.toArray(team), [a, c, 0])
    assert.equal(Team.kept.toArray(team), [a, b])
    removeEntity(world, team)
    storage.sync()
    assertSound(arena)
  })
})

test('an id that is given out again means the new entity where it is listed anew', () => {
  const adders: [string, (targets: ReturnType<typeof listOf>, eid: number, id: number) => void][] =
    [
      ['push', (targets, eid, id) => void targets.push(eid, id)],
      ['append', (targets, eid, id) => void targets.append(eid, [id])],
      ['insert', (targets, eid, id) => targets.insert(eid, 0, id)],
      ['set', (targets, eid, id) => targets.set(eid, [id])],
      ['setAt', (targets, eid, id) => targets.setAt(eid, 0, id)],
    ]
  for (const [name, add] of adders) {
    withScene({}, (scene) => {
      const { world, storage } = scene
      const targets = listOf(scene)
      const other = addEntity(world)
      const before = addEntity(world)
      const team = addEntity(world, set(storage.components.Team, { targets: [other, before] }))
      const watcher = addEntity(world, set(storage.components.Team, { targets: [before, other] }))
      removeEntity(world, before)
      const heir = addEntity(world)
      assert.is(heir, before)
      add(targets, team, heir)
      storage.sync()
      assert.is(targets.indexOf(team, heir) >= 0, true, name)
      assert.equal(targets.toArray(watcher), [other], name)
      storage.sync()
      assert.is(targets.indexOf(team, heir) >= 0, true, name)
    })
  }

  function listOf({ storage }: Parameters<Parameters<typeof withScene>[1]>[0]) {
    return storage.component('Team', schema).targets
  }
})

test('set of a component takes ids that were given out again, too', () => {
  withScene({}, ({ world, storage }) => {
    const Team = storage.component('Team', schema)
    const before = addEntity(world)
    const team = addEntity(world, set(Team, { targets: [before] }))
    removeEntity(world, before)
    const heir = addEntity(world)
    addComponent(world, team, set(Team, { targets: [heir, heir] }))
    storage.sync()
    assert.equal(Team.targets.toArray(team), [heir, heir])
  })
})

test('a removed id that is copied before sync leaves the copies too', () => {
  withScene({}, ({ world, storage, arena }) => {
    const Team = storage.component('Team', schema)
    const [gone, kept] = [addEntity(world), addEntity(world)]
    const source = addEntity(world, set(Team, { targets: [gone, kept] }))
    const bySet = addEntity(world, Team)
    const byPush = addEntity(world, set(Team, { targets: [kept] }))
    removeEntity(world, gone)
    Team.targets.set(bySet, Team.targets.toArray(source))
    Team.targets.push(byPush, gone)
    assert.equal(Team.targets.toArray(bySet), [gone, kept])
    assert.is(addEntity(world), gone)
    storage.sync()
    for (const eid of [source, bySet, byPush]) assert.equal(Team.targets.toArray(eid), [kept])
    assertSound(arena)
  })
})

test('an id that is listed while its entity is being removed goes at sync', () => {
  withScene({}, ({ world, storage }) => {
    const Team = storage.component('Team', schema)
    const Tag = {}
    const team = addEntity(world, Team)
    // Of the queries that bitECS tells one after another, Team's is before that of removed ids.
    for (const component of [Team, Tag]) {
      observe(world, onRemove(component), (eid) => void Team.targets.push(team, eid))
    }
    const dying = addEntity(world, Team, Tag)
    removeEntity(world, dying)
    assert.equal(Team.targets.toArray(team), [dying, dying])
    assert.is(addEntity(world), dying)
    storage.sync()
    assert.equal(Team.targets.toArray(team), [])
  })
})

test('an instance gets no id that was removed before', () => {
  withScene({}, ({ world, storage }) => {
    const Team = storage.component('Team', schema)
    const [gone, other] = [addEntity(world), addEntity(world)]
    const base = addPrefab(world)
    addComponent(world, base, set(Team, { targets: [gone] }))
    const instance = addEntity(world)
    removeEntity(world, gone)
    addComponent(world, instance, IsA(base))
    assert.equal(Team.targets.toArray(instance), [gone], 'as its prefab, until sync')
    storage.sync()
    assert.equal(Team.targets.toArray(instance), [])
    assert.equal(Team.targets.toArray(base), [])
    assert.is(addEntity(world), gone)
    Team.targets.push(instance, gone)
    Team.targets.push(instance, other)
    storage.sync()
    assert.equal(Team.targets.toArray(instance), [gone, other])
  })
})

test('commands that remove an entity and then list it leave no id of it', () => {
  withScene({}, ({ world, storage, pool }) => {
    const Team = storage.component('Team', schema)
    const [gone, kept] = [addEntity(world), addEntity(world)]
    const team = addEntity(world, Team)
    const commands = storage.commands(pool)
    commands.despawn(gone)
    commands.set(team, Team, { targets: [gone, kept], kept: [] })
    storage.apply(commands)
    storage.sync()
    assert.equal(Team.targets.toArray(team), [kept])
    commands.dispose()
  })
})

test('a look in mid-set takes no room from a field that has made some', () => {
  withScene({}, ({ world, storage, arena }) => {
    const both = { ones: schema.targets, others: schema.targets }
    const Team = storage.component('Team', both)
    const gone = addEntity(world)
    const team = addEntity(world, set(Team, { ones: [gone] }))
    removeEntity(world, gone)
    const heir = addEntity(world)
    const ones = new Array(5000).fill(team)
    addComponent(world, team, set(Team, { ones, others: [heir] }))
    assert.equal(Team.ones.toArray(team), ones)
    assert.equal(Team.others.toArray(team), [heir])
    assertSound(arena)
  })
})

test('a look that may not be leaves every list as it was, and nothing staged', () => {
  withScene({}, ({ world, storage, arena }) => {
    const Team = storage.component('Team', schema)
    const gone = addEntity(world)
    const team = addEntity(world, set(Team, { targets: [gone], kept: [1] }))
    removeEntity(world, gone)
    const heir = addEntity(world)
    const { targets } = Team
    const writes = [
      () => targets.push(team, heir),
      () => targets.insert(team, 0, heir),
      () => targets.setAt(team, 0, heir),
      () => targets.append(team, [team, heir]),
      () => targets.set(team, [team, heir]),
      () => addComponent(world, team, set(Team, { kept: [2], targets: [heir] })),
    ]
    storage.runs.last = { isDone: () => false } as never
    for (const write of writes) {
      assertThrows(write, 'group-busy', 'out of lists')
      assert.equal(targets.toArray(team), [gone])
      assert.equal(Team.kept.toArray(team), [1])
      assertSound(arena)
    }
    storage.runs.last = undefined
    targets.set(team, [heir, team])
    assert.equal(targets.toArray(team), [heir, team])
  })
})

test('ids with versions: the one that was removed goes, another of its row stays', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  withScene({ world }, ({ storage, arena }) => {
    const Team = storage.component('Team', schema)
    const team = addEntity(world, Team)
    for (let life = 0; life < 300; life++) {
      const one = addEntity(world)
      Team.targets.push(team, one)
      removeEntity(world, one)
      const two = addEntity(world)
      assert.is(storage.row(two), storage.row(one))
      Team.targets.push(team, two)
      if (life % 3 === 0) storage.sync()
      if (life % 3 === 0) assert.equal(Team.targets.toArray(team), [two])
      removeEntity(world, two)
      if (life % 5 === 0) storage.sync()
    }
    storage.sync()
    assert.is(Team.targets.length(team), 0)
    assertSound(arena)
  })
})

test('prefabs, lists of prefabs, and what comes after a reset', () => {
  withScene({}, ({ world, storage }) => {
    const Team = storage.component('Team', schema)
    for (let round = 0; round < 3; round++) {
      const a = addEntity(world)
      const prefab = addPrefab(world)
      const template = addPrefab(world)
      addComponent(world, template, set(Team, { targets: [a, prefab] }))
      removeEntity(world, prefab)
      storage.sync()
      assert.equal(Team.targets.toArray(template), [a])
      removeEntity(world, a)
      storage.reset()
      const first = addEntity(world)
      const team = addEntity(world, set(Team, { targets: [first] }))
      storage.sync()
      assert.equal(Team.targets.toArray(team), [first])
      storage.reset()
    }
  })
})

test('a world that churns: lists hold what is alive, and nothing else', () => {
  for (const seed of [1, 2, 3]) {
    withScene({ capacity: 4 }, ({ world, storage, arena }) => {
      const random = createRandom(seed)
      const Team = storage.component('Team', schema)
      const alive: number[] = []
      const lists = new Map<number, object[]>()
      /** Who an id means now. */
      const persons = new Map<number, object>()
      for (let step = 0; step < 1500; step++) {
        const kind = random(10)
        if (kind < 4 || alive.length < 3) {
          const eid = addEntity(world, Team)
          alive.push(eid)
          lists.set(eid, [])
          persons.set(eid, {})
        } else if (kind < 7) {
          const team = alive[random(alive.length)]
          const id = alive[random(alive.length)]
          Team.targets.push(team, id)
          lists.get(team)!.push(persons.get(id)!)
        } else if (kind < 9) {
          const [eid] = alive.splice(random(alive.length), 1)
          removeEntity(world, eid)
          const person = persons.get(eid)!
          persons.delete(eid)
          lists.delete(eid)
          for (const [team, list] of lists) {
            lists.set(
              team,
              list.filter((one) => one !== person),
            )
          }
        } else {
          storage.sync()
          assertSound(arena)
          for (const [team, list] of lists) {
            const found = Team.targets.toArray(team).map((id) => persons.get(id))
            assert.is(found.length, list.length, `seed ${seed}, step ${step}`)
            assert.ok(
              found.every((person, i) => person === list[i]),
              `seed ${seed}, step ${step}`,
            )
          }
        }
      }
    })
  }
})

test.run()
