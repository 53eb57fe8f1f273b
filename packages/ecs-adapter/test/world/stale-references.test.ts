import {
  applyCommands,
  type Component,
  createCommands,
  createStorage,
  moveIn,
  moveOut,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createWorld,
  getComponent,
  IsA,
  observe,
  onAdd,
  onRemove,
  Prefab,
  query,
  removeComponent,
  removeEntity,
  set,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  assertSound,
  assertThrows,
  createComponent,
  createRandom,
  type Scene,
  withScene,
} from '../support.ts'

const test = suite('stale references')

const targets = t.list(t.eid, { weak: true })
const schema = { targets, kept: t.list(t.eid), others: targets }

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

test('a reused id means the new entity in lists that get it afterwards', () => {
  const adders: [string, (targets: ReturnType<typeof listOf>, eid: number, id: number) => void][] =
    [
      ['push', (targets, eid, id) => void targets.push(eid, id)],
      ['append', (targets, eid, id) => void targets.append(eid, [id])],
      ['insert', (targets, eid, id) => targets.insert(eid, 0, id)],
      ['set', (targets, eid, id) => targets.replace(eid, [id])],
      ['setAt', (targets, eid, id) => targets.set(eid, 0, id)],
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
    Team.targets.replace(bySet, Team.targets.toArray(source))
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
    const commands = createCommands(storage, pool)
    commands.despawn(gone)
    commands.set(team, Team, { targets: [gone, kept], kept: [] })
    applyCommands(storage, commands)
    storage.sync()
    assert.equal(Team.targets.toArray(team), [kept])
    commands.dispose()
  })
})

test('a sweep during a set leaves prepared room alone', () => {
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

test('a refused sweep leaves every list unchanged, and nothing staged', () => {
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
      () => targets.set(team, 0, heir),
      () => targets.append(team, [team, heir]),
      () => targets.replace(team, [team, heir]),
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
    targets.replace(team, [heir, team])
    assert.equal(targets.toArray(team), [heir, team])
  })
})

const teamOf = ({ storage }: Scene) => storage.components.Team as Component<typeof schema>

/** How the ids of a list, [a removed one, a reused one], get into another list. */
const copies: Record<string, (scene: Scene, list: number[], into: number) => void> = {
  set: (scene, list, into) => teamOf(scene).targets.replace(into, list),
  append: (scene, list, into) => void teamOf(scene).targets.append(into, list),
  push: (scene, list, into) => {
    for (const id of list) teamOf(scene).targets.push(into, id)
  },
  'push, the other one first': (scene, list, into) => {
    for (const id of [...list].reverse()) teamOf(scene).targets.push(into, id)
  },
  insert: (scene, list, into) => {
    for (const id of list) teamOf(scene).targets.insert(into, 0, id)
  },
  setAt: (scene, list, into) => {
    teamOf(scene).targets.resize(into, 2)
    for (const [i, id] of list.entries()) teamOf(scene).targets.set(into, i, id)
  },
  'set of the component': (scene, targets, into) => {
    addComponent(scene.world, into, set(teamOf(scene), { targets }))
  },
  'set of two fields': (scene, [gone, heir], into) => {
    addComponent(scene.world, into, set(teamOf(scene), { others: [gone], targets: [heir] }))
  },
  'set of two fields, the other one first': (scene, [gone, heir], into) => {
    addComponent(scene.world, into, set(teamOf(scene), { others: [heir], targets: [gone, heir] }))
  },
  commands: (scene, targets, into) => {
    const commands = createCommands(scene.storage)
    commands.set(into, 'Team', { targets })
    applyCommands(scene.storage, commands)
    commands.dispose()
  },
  'an observer of the addition': (scene, list, into) => {
    const Team = teamOf(scene)
    removeComponent(scene.world, into, Team)
    observe(scene.world, onAdd(Team), (eid) => Team.targets.replace(eid, list))
    addComponent(scene.world, into, Team)
  },
}

for (const [name, copy] of Object.entries(copies)) {
  for (const sparse of [false, true]) {
    const kind = sparse ? 'sparse' : 'flat'
    test(`${kind}: an id without an owner is written with a reused one: ${name}`, () => {
      withScene({}, (scene) => {
        const { world, storage, arena } = scene
        const Team = createComponent(storage, 'Team', schema, sparse)
        const [source, into, gone, before] = [1, 2, 3, 4].map(() => addEntity(world))
        addComponent(world, source, set(Team, { targets: [gone, before] }))
        addComponent(world, into, Team)
        removeEntity(world, gone)
        removeEntity(world, before)
        const heir = addEntity(world)
        assert.is(heir, before)
        copy(scene, Team.targets.toArray(source), into)
        for (let i = 0; i < 2; i++) {
          storage.sync()
          assert.equal(Team.targets.toArray(source), [])
          assert.equal(Team.targets.toArray(into).filter(Boolean), [heir])
          assert.not.ok(Team.others.toArray(into).includes(gone))
          assertSound(arena)
        }
      })
    })
  }
}

test('an instance inherits no reused id, and keeps no id without an owner', () => {
  for (const sparse of [false, true]) {
    withScene({}, ({ world, storage }) => {
      const Team = createComponent(storage, 'Team', schema, sparse)
      const base = addPrefab(world)
      const [gone, before, kept] = [1, 2, 3].map(() => addEntity(world))
      addComponent(world, base, set(Team, { targets: [gone, before, kept], others: [before] }))
      const derived = addPrefab(world)
      addComponent(world, derived, IsA(base))
      removeEntity(world, gone)
      removeEntity(world, before)
      const instance = addEntity(world)
      assert.is(instance, before)
      addComponent(world, instance, IsA(derived))
      const byCommand = createCommands(storage)
      byCommand.spawn(base)
      applyCommands(storage, byCommand)
      for (let i = 0; i < 2; i++) {
        storage.sync()
        for (const eid of [base, derived, ...query(world, [Team])]) {
          assert.equal(getComponent(world, eid, Team), { targets: [kept], kept: [], others: [] })
        }
      }
      assert.is(query(world, [Team]).length, 2)
    })
  }
})

test('the id of a prefab that is removed goes, whenever the prefab was made', () => {
  withScene({}, ({ world, storage }) => {
    const early = addPrefab(world)
    const becomes = addEntity(world)
    const was = addPrefab(world)
    const Team = storage.component('Team', schema)
    const late = addPrefab(world)
    addComponent(world, becomes, Prefab)
    removeComponent(world, was, Prefab)
    const prefabs = [early, becomes, was, late]
    const other = createStorage(world, storage.pool)
    const Group = other.component('Group', { members: schema.targets })
    const team = addEntity(
      world,
      set(Team, { targets: [...prefabs] }),
      set(Group, { members: prefabs }),
    )
    for (const prefab of prefabs) {
      removeEntity(world, prefab)
      storage.sync()
      other.sync()
      const left = prefabs.slice(prefabs.indexOf(prefab) + 1)
      assert.equal(Team.targets.toArray(team), left)
      assert.equal(Group.members.toArray(team), left)
    }
    other.dispose()
  })
})

test('an index means the same element before and after a sweep', () => {
  withScene({}, ({ world, storage }) => {
    const Team = storage.component('Team', schema)
    const [a, b, c, team] = [1, 2, 3, 4].map(() => addEntity(world))
    addComponent(world, team, Team)
    const { targets } = Team
    for (let at = 0; at <= 4; at++) {
      for (const method of ['insert', 'set'] as const) {
        const dying = addEntity(world)
        const before = [dying, a, b, dying, c]
        targets.replace(team, before)
        removeEntity(world, dying)
        const heir = addEntity(world)
        assert.is(heir, dying)
        targets[method](team, at, heir)
        storage.sync()
        const twin: (number | string)[] = [...before]
        twin.splice(at, method === 'insert' ? 0 : 1, 'heir')
        const expected = twin.filter((id) => id !== dying).map((id) => (id === 'heir' ? heir : id))
        assert.equal(targets.toArray(team), expected, `${method} at ${at}`)
        removeEntity(world, heir)
        storage.sync()
      }
    }
    assertThrows(() => targets.set(team, 3, a), 'invalid-argument', 'an index')
  })
})

test('pack leaves removed ids behind; an unpacked entity keeps its ids', () => {
  for (const sparse of [false, true]) {
    withScene({}, ({ world, storage, arena }) => {
      const Team = createComponent(storage, 'Team', schema, sparse)
      const [a, b, c, d] = [1, 2, 3, 4].map(() => addEntity(world))
      const holder = addEntity(
        world,
        set(Team, { targets: [a, b, c, 777], others: [b], kept: [b] }),
      )
      const other = addEntity(world, set(Team, { targets: [a, c, d] }))
      removeEntity(world, b)
      const packed = moveOut(storage, holder)
      removeEntity(world, c) // after it was packed
      removeEntity(world, d)
      const values = { targets: [a, c, 777], others: [], kept: [b] }
      const stop = observe(world, onAdd(Team), () => removeEntity(world, a))
      const unpacked = moveIn(storage, packed)
      stop()
      for (let i = 0; i < 3; i++) {
        assert.equal(Team.targets.toArray(unpacked), values.targets)
        assert.equal(Team.others.toArray(unpacked), values.others)
        assert.equal(Team.kept.toArray(unpacked), values.kept)
        storage.sync()
      }
      assert.equal(Team.targets.toArray(other), [])
      const again = moveIn(storage, moveOut(storage, unpacked))
      storage.sync()
      assert.equal(getComponent(world, again, Team), values)
      assertSound(arena)
    })
  }
})

test('if a sweep is refused, an entity stays packed', () => {
  withScene({}, ({ world, storage, arena }) => {
    const Team = storage.component('Team', schema)
    const gone = addEntity(world)
    const packed = moveOut(storage, addEntity(world, set(Team, { targets: [gone] })))
    removeEntity(world, gone)
    const stop = observe(world, onAdd(Team), () => {
      storage.runs.last = { isDone: () => false } as never
    })
    assertThrows(() => moveIn(storage, packed), 'group-busy')
    stop()
    storage.runs.last = undefined
    assert.equal([...query(world, [Team])], [])
    assert.equal(Team.targets.toArray(moveIn(storage, packed)), [gone])
    assertSound(arena)
  })
})

test('removals while systems run wait for the next sync, also of several versions of an id', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  withScene({ world }, ({ storage }) => {
    const Team = storage.component('Team', schema)
    const team = addEntity(world, Team)
    const ids = [1, 2, 3, 4].map(() => {
      const eid = addEntity(world)
      Team.targets.push(team, eid)
      storage.runs.last = { isDone: () => false } as never
      removeEntity(world, eid)
      storage.runs.last = undefined
      return eid
    })
    assert.is(new Set(ids.map(storage.indexOf)).size, 1)
    assert.equal(Team.targets.toArray(team), ids)
    const heir = addEntity(world)
    Team.targets.replace(team, [...ids, heir])
    storage.sync()
    assert.equal(Team.targets.toArray(team), [heir])
  })
})

test('an unpacked entity keeps its ids, also several removed versions of one id', () => {
  const world = createWorld(createEntityIndex(withVersioning(8)))
  withScene({ world }, ({ storage, arena }) => {
    const Team = storage.component('Team', schema)
    const other = addEntity(world, Team)
    const ids = [1, 2, 3].map(() => {
      const eid = addEntity(world)
      removeEntity(world, eid)
      return eid
    })
    storage.sync()
    const packed = moveOut(storage, addEntity(world, set(Team, { targets: ids })))
    // The same ids once more, as in another world: bitECS gives versions out again.
    const seen = new Set<number>()
    while (!ids.every((id) => seen.has(id))) {
      const eid = addEntity(world)
      removeEntity(world, eid)
      seen.add(eid)
      if (seen.size === 1) Team.targets.replace(other, ids.slice(0, 1))
    }
    const unpacked = moveIn(storage, packed)
    storage.sync()
    assert.equal(Team.targets.toArray(unpacked), ids)
    assertSound(arena)
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
      assert.is(storage.indexOf(two), storage.indexOf(one))
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

test('prefabs, lists of prefabs, and entities after a reset', () => {
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

test('a world that churns: lists hold living entities only', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    withScene({ capacity: 4 }, ({ world, storage, arena }) => {
      const random = createRandom(seed)
      const Team = storage.component('Team', schema)
      const alive: number[] = []
      const lists = new Map<number, object[]>()
      /** Who an id means now. */
      const persons = new Map<number, object>()
      for (let step = 0; step < 1500; step++) {
        const kind = random(12)
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
        } else if (kind < 11) {
          // An id that is given out again means who has it now, where it is written.
          const team = alive[random(alive.length)]
          const ids = Team.targets.toArray(alive[random(alive.length)])
          Team.targets.replace(team, ids)
          const listed = ids.map((id) => persons.get(id)).filter((person) => person !== undefined)
          lists.set(team, listed)
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
