// Weak ids against a model: an entity is an object there, which lives or not, whatever its id.
import {
  type AnyComponent,
  applyCommands,
  attachStorage,
  createCommands,
  createSparseComponent,
  createStorage,
  createTable,
  moveIn,
  moveOut,
  t,
  type WeakEidField,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createWorld,
  entityExists,
  getComponent,
  hasComponent,
  IsA,
  observe,
  onRemove,
  onSet,
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
  buffers,
  createRandom,
  createScene,
  fillUp,
  withScene,
} from '../support.ts'

const test = suite('weak eid field')

const schema = { target: t.eid({ weak: true }), power: t.f32 }
const indices = {
  plain: () => createWorld(),
  versioned: () => createWorld(createEntityIndex(withVersioning(8))),
}

for (const [name, create] of Object.entries(indices)) {
  test(`${name}: the id of another while it lives, whoever gets the id afterwards`, () => {
    withScene({ world: create() }, ({ world, storage }) => {
      const Aim = storage.component('Aim', schema)
      const [hunter, prey] = [addEntity(world, Aim), addEntity(world)]
      assert.is(Aim.target.get(hunter), 0)
      Aim.target.set(hunter, prey)
      assert.is(Aim.target.get(hunter), prey)
      assert.equal(getComponent(world, hunter, Aim), { target: prey, power: 0 })
      removeEntity(world, prey)
      assert.is(Aim.target.get(hunter), 0)
      const heir = addEntity(world)
      assert.is(Aim.target.get(hunter), 0)
      assert.equal(getComponent(world, hunter, Aim), { target: 0, power: 0 })
      addComponent(world, hunter, set(Aim, { target: heir }))
      assert.is(Aim.target.get(hunter), heir)
      Aim.target.set(hunter, hunter)
      assert.is(Aim.target.get(hunter), hunter)
      Aim.target.set(hunter, 0)
      assert.is(Aim.target.get(hunter), 0)
      // Nobody has these ids.
      for (const nobody of [heir + 1000, 2 ** 20, -5, 2 ** 31 - 1, -(2 ** 20) - 3]) {
        Aim.target.set(hunter, nobody)
        assert.is(Aim.target.get(hunter), 0, `${nobody}`)
        addComponent(world, hunter, set(Aim, { target: nobody }))
        assert.is(Aim.target.get(hunter), 0, `${nobody}`)
      }
    })
  })
}

test('an old version of an id refers to nobody', () => {
  withScene({ world: indices.versioned() }, ({ world, storage }) => {
    const Aim = storage.component('Aim', schema)
    const [hunter, old] = [addEntity(world, Aim), addEntity(world)]
    removeEntity(world, old)
    const heir = addEntity(world)
    assert.is.not(heir, old)
    Aim.target.set(hunter, old)
    assert.is(Aim.target.get(hunter), 0)
    Aim.target.set(hunter, heir)
    assert.is(Aim.target.get(hunter), heir)
  })
})

test('generations wrap, and a wrong one is never right by then', () => {
  withScene({ capacity: 4 }, ({ world, storage }) => {
    const Aim = storage.component('Aim', schema)
    const hunter = addEntity(world, Aim)
    for (let i = 0; i < 1000; i++) {
      const prey = addEntity(world)
      Aim.target.set(hunter, prey)
      assert.is(Aim.target.get(hunter), prey)
      removeEntity(world, prey)
      addEntity(world)
      assert.is(Aim.target.get(hunter), 0)
    }
    // By force: the generation before the last.
    const prey = addEntity(world)
    const { parts } = storage as unknown as { parts: { memory: Memory } }
    const { firstIndex } = parts.memory.generations
    const at = firstIndex + prey
    storage.pool.arena.f64[at] = (2 ** 21 - 1) * 2 ** 32 + prey
    Aim.target.set(hunter, prey)
    assert.is(Aim.target.get(hunter), prey)
    removeEntity(world, prey)
    assert.ok(Object.is(storage.pool.arena.f64[at], -0))
    assert.is(addEntity(world), prey)
    assert.is(Aim.target.get(hunter), 0)
    Aim.target.set(hunter, prey)
    assert.is(Aim.target.get(hunter), prey)
  })
})
interface Memory {
  generations: { firstIndex: number }
}

test('misuse is refused, and changes nothing', () => {
  withScene({}, ({ world, storage }) => {
    const Aim = storage.component('Aim', schema)
    const eid = addEntity(world, Aim)
    Aim.target.set(eid, eid)
    const bad = ['1', null, undefined, {}, 1.5, Number.NaN, 5n, 2 ** 33, true] as never[]
    const commands = createCommands(storage)
    for (const other of bad) {
      assertThrows(() => Aim.target.set(eid, other), 'invalid-argument', 'the id of an entity')
      assertThrows(() => Aim.target.get(other), 'invalid-argument', 'an entity id')
      assertThrows(() => Aim.target.set(other, eid), 'invalid-argument', 'an entity id')
      if (other === undefined) continue
      const given = { target: other }
      const words = ['Aim.target', 'the id of an entity']
      assertThrows(() => addComponent(world, eid, set(Aim, given)), 'invalid-argument', ...words)
      assertThrows(() => commands.set(eid, Aim, given), 'invalid-argument', ...words)
    }
    commands.dispose()
    assertThrows(() => Aim.target.set(100_000, eid), 'invalid-argument', 'Aim.target')
    assert.is(Aim.target.get(100_000), 0)
    assert.is(Aim.target.get(eid), eid)
    for (const weak of [1, 'true', null] as never[]) {
      assertThrows(() => t.eid({ weak }), 'invalid-argument', 'weak of t.eid')
    }
    for (const make of [
      () => createTable(storage, 'T', { x: t.eid({ weak: true }) } as never),
      () => t.list(t.eid({ weak: true }) as never),
    ]) {
      assertThrows(make, 'invalid-argument', 'weak')
    }
  })
})

test('observers, prefabs and copies', () => {
  withScene({}, ({ world, storage }) => {
    const Aim = storage.component('Aim', schema)
    const seen: unknown[] = []
    observe(world, onSet(Aim), (_, values) => seen.push({ ...values }))
    const [prey, doomed] = [addEntity(world), addEntity(world)]
    const prefab = addPrefab(world)
    addComponent(world, prefab, set(Aim, { target: prey, power: 2 }))
    const instance = addEntity(world, IsA(prefab))
    assert.is(Aim.target.get(instance), prey)
    assert.equal(seen, [
      { target: prey, power: 2 },
      { target: prey, power: 2 },
    ])
    removeEntity(world, prey)
    addEntity(world)
    assert.is(Aim.target.get(prefab), 0)
    assert.is(Aim.target.get(addEntity(world, IsA(prefab))), 0)
    // A prefab can be a target, too; its end is noticed like any other.
    Aim.target.set(instance, prefab)
    assert.is(Aim.target.get(instance), prefab)
    Aim.target.set(prefab, prefab)
    removeEntity(world, prefab)
    assert.is(Aim.target.get(instance), 0)

    // In the observers of its removal, an entity can be neither found nor referred to.
    observe(world, onRemove(Aim), (eid) => {
      Aim.target.set(instance, eid)
      seen.push(Aim.target.get(instance))
    })
    addComponent(world, doomed, Aim)
    Aim.target.set(instance, doomed)
    seen.length = 0
    removeEntity(world, doomed)
    assert.equal(seen, [0])
    addEntity(world)
    assert.is(Aim.target.get(instance), 0)
  })
})

test('commands pair an id when recorded, and a temporary one when applied', () => {
  withScene({}, ({ world, storage }) => {
    const Aim = storage.component('Aim', schema)
    const commands = createCommands(storage)
    const [hunter, other, prey] = [addEntity(world, Aim), addEntity(world), addEntity(world)]
    commands.set(hunter, Aim, { target: prey })
    commands.add(other, Aim, { target: hunter, power: 1 })
    removeEntity(world, prey)
    assert.is(addEntity(world), prey)
    assert.is(applyCommands(storage, commands), 0)
    assert.is(Aim.target.get(hunter), 0)
    assert.is(Aim.target.get(other), hunter)

    const child = commands.spawn()
    commands.set(child, Aim, { target: hunter })
    commands.set(hunter, 'Aim', { target: child })
    const failed = commands.spawn(prey + 1000) // there is no such prefab
    commands.set(other, 'Aim', { target: failed })
    assert.is(applyCommands(storage, commands), 1)
    const born = Aim.target.get(hunter)
    assert.ok(born > 0 && hasComponent(world, born, Aim))
    assert.is(Aim.target.get(born), hunter)
    assert.is(Aim.target.get(other), 0)
    commands.dispose()
  })
})

test('moveIn keeps references in the storage, and clears them in another one', () => {
  const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 22 })
  const there = createWorld()
  const other = createStorage(there, pool)
  const [Aim, Far] = [storage.component('Aim', schema), other.component('Aim', schema)]
  const [prey, doomed] = [addEntity(world), addEntity(world)]
  const [one, two, three] = [prey, doomed, prey].map((target) =>
    addEntity(world, set(Aim, { target, power: 3 })),
  )
  for (let i = 0; i < 10; i++) addEntity(there)
  const back = moveIn(storage, moveOut(storage, one))
  assert.is(Aim.target.get(back), prey)
  const packed = moveOut(storage, two)
  removeEntity(world, doomed)
  addEntity(world)
  assert.is(Aim.target.get(moveIn(storage, packed)), 0)
  const far = moveIn(other, moveOut(storage, three))
  assert.equal(getComponent(there, far, Far), { target: 0, power: 3 })
  storage.dispose()
  other.dispose()
  assertSound(arena)
})

test('a reset ends all references, also those in commands', () => {
  withScene({}, ({ world, storage }) => {
    const Aim = storage.component('Aim', schema)
    const commands = createCommands(storage)
    const eids = [1, 2, 3].map(() => addEntity(world, Aim))
    storage.reset()
    const again = [1, 2, 3].map(() => addEntity(world, Aim))
    assert.equal(again, eids)
    for (const eid of eids) assert.is(Aim.target.get(eid), 0)
    Aim.target.set(eids[0], eids[1])
    assert.is(Aim.target.get(eids[0]), eids[1])
    commands.dispose()
  })
})

test('an entity that stays, as an observer of its removal threw, keeps its references', () => {
  withScene({}, ({ world, storage }) => {
    const Aim = storage.component('Aim', schema)
    const [hunter, prey] = [addEntity(world, Aim), addEntity(world, Aim)]
    Aim.target.set(hunter, prey)
    let isThrowing = true
    observe(world, onRemove(Aim), () => {
      if (isThrowing) throw new Error('mine')
    })
    for (let i = 0; i < 3; i++) {
      assert.throws(() => moveOut(storage, prey), 'mine')
      assert.is(Aim.target.get(hunter), prey)
    }
    isThrowing = false
    const packed = moveOut(storage, prey)
    assert.is(Aim.target.get(hunter), 0)
    moveIn(storage, packed)
    assert.is(Aim.target.get(hunter), 0)
  })
})

test('where memory is out, entities come, and refer to nobody until there is memory', () => {
  const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 20, capacity: 16 })
  const Aim = storage.component('Aim', schema)
  const hunter = addEntity(world, Aim)
  const held = fillUp(pool)
  const eids = Array.from({ length: 5000 }, () => addEntity(world))
  const last = eids[eids.length - 1]
  assertThrows(() => Aim.target.set(hunter, last), 'out-of-memory')
  assert.is(Aim.target.get(hunter), 0)
  Aim.target.set(hunter, eids[0])
  assert.is(Aim.target.get(hunter), eids[0])
  for (const block of held) pool.free(block)
  Aim.target.set(hunter, last)
  assert.is(Aim.target.get(hunter), last)
  storage.sync()
  removeEntity(world, last)
  assert.is(Aim.target.get(hunter), 0)
  storage.dispose()
  assertSound(arena)
})

for (const [name, { shared }] of Object.entries(buffers)) {
  if (!shared) continue
  test(`${name}: attached threads read and write references`, () => {
    withScene({ shared, byteLength: 2 ** 23 }, ({ arena, world, storage }) => {
      const Aim = storage.component('Aim', schema)
      const Rare = createSparseComponent(storage, 'Rare', schema)
      const hunter = addEntity(world, Aim, Rare)
      const prey = addEntity(world)
      Aim.target.set(hunter, prey)
      const pool = arena.openPool()
      const attached = attachStorage(storage.handle, pool)
      const there = attached.components as { Aim: typeof Aim; Rare: typeof Rare }
      assert.is(there.Aim.target.get(hunter), prey)
      there.Rare.target.set(hunter, prey)
      assert.is(Rare.target.get(hunter), prey)
      there.Aim.target.set(hunter, 12345) // nobody
      assert.is(Aim.target.get(hunter), 0)
      removeEntity(world, prey)
      assert.is(there.Rare.target.get(hunter), 0) // without a sync
      // The generations move.
      const eids = Array.from({ length: 5000 }, () => addEntity(world))
      storage.sync()
      attached.sync()
      there.Aim.target.set(hunter, eids[4999])
      assert.is(Aim.target.get(hunter), eids[4999])
      assert.is(there.Rare.target.get(hunter), 0)
      const commands = createCommands(attached)
      commands.set(hunter, 'Rare', { target: eids[0] })
      commands.set(hunter, 'Aim', { target: eids[1] })
      removeEntity(world, eids[1])
      addEntity(world)
      applyCommands(storage, commands)
      assert.is(Rare.target.get(hunter), eids[0])
      assert.is(Aim.target.get(hunter), 0)
      commands.dispose()
      assertThrows(() => there.Rare.target.set(eids[0], hunter), 'invalid-argument', 'Rare.target')
      attached.detach()
      pool.close()
    })
  })
}

interface Being {
  eid: number
  isAlive: boolean
  isLost: boolean
  target: Being | undefined
}

/** Steps with entities, their ids reused all the time, and their targets. */
function runModel(seed: number, versioned: boolean, sparse: boolean): void {
  const random = createRandom(seed)
  const world = versioned ? indices.versioned() : indices.plain()
  const { arena, storage } = createScene({ world, capacity: 1 + random(8), byteLength: 2 ** 22 })
  const Aim: { readonly target: WeakEidField } & AnyComponent = sparse
    ? createSparseComponent(storage, 'Aim', schema)
    : storage.component('Aim', schema)
  const commands = createCommands(storage)
  let beings: Being[] = []
  /** What commands are going to write. */
  let pending: [Being, Being | undefined][] = []
  const pick = (): Being | undefined => beings[random(beings.length + 1)]
  const idOf = (being: Being | undefined) => being?.eid ?? 0
  const add = (eid: number, target?: Being): Being => {
    const being = { eid, isAlive: true, isLost: false, target }
    beings.push(being)
    return being
  }
  /** A command for an id that is given out again before would be for the new entity. */
  const settle = (being: Being) => {
    if (pending.some(([one]) => one === being)) apply()
  }
  const kill = (being: Being) => {
    settle(being)
    being.isAlive = false
    beings = beings.filter((one) => one !== being)
    removeEntity(world, being.eid)
  }
  const apply = () => {
    const skippedCount = applyCommands(storage, commands)
    if (!versioned) assert.is(skippedCount, 0)
    for (const [one, target] of pending) one.target = target
    pending = []
  }
  const steps: (() => void)[] = [
    () => add(addEntity(world, Aim)),
    () => {
      const target = pick()
      add(addEntity(world, set(Aim, { target: idOf(target) })), target)
    },
    () => {
      const target = pick()
      const prefab = addPrefab(world)
      addComponent(world, prefab, set(Aim, { target: idOf(target), power: 1 }))
      add(prefab, target)
      add(addEntity(world, IsA(prefab)), target)
    },
    () => {
      const being = pick()
      if (being) kill(being)
    },
    () => {
      const [being, target] = [pick(), pick()]
      if (!being) return
      being.target = target
      if (random(2) === 0) Aim.target.set(being.eid, idOf(target))
      else addComponent(world, being.eid, set(Aim, { target: idOf(target) }))
    },
    () => {
      const [being, target] = [pick(), pick()]
      if (!being) return
      commands.set(being.eid, Aim, { target: idOf(target) })
      pending.push([being, target])
    },
    apply,
    () => {
      const being = pick()
      if (!being) return
      removeComponent(world, being.eid, Aim)
      addComponent(world, being.eid, set(Aim, { target: 0 }))
      being.target = undefined
    },
    () => storage.sync(),
    () => {
      const being = pick()
      if (!being || random(3) > 0) return
      settle(being)
      being.isAlive = false
      beings = beings.filter((one) => one !== being)
      const packed = moveOut(storage, being.eid)
      const more = random(3)
      for (let i = 0; i < more; i++) add(addEntity(world, Aim))
      add(moveIn(storage, packed), being.target)
    },
    () => {
      if (random(30) > 0) return
      apply()
      storage.reset()
      for (const being of beings) being.isAlive = false
      beings = []
    },
  ]
  const log: number[] = []
  for (let step = 0; step < 1000; step++) {
    const often = Math.floor(step / 200) % 2 === 0 ? 1 : 3
    const which = random(3) === 0 ? often : random(steps.length)
    log.push(which)
    try {
      steps[which]()
    } catch (error) {
      // bitECS may lose a versioned id at once.
      if (!versioned || !/does not exist in the world/.test(`${error}`)) throw error
    }
    // bitECS loses some versioned ids from its index.
    for (const being of beings) being.isLost ||= !entityExists(world, being.eid)
    beings = beings.filter(({ isLost }) => !isLost)
    for (const being of beings) {
      if (being.target?.isLost) continue
      const expected = being.target?.isAlive ? being.target.eid : 0
      assert.is(
        Aim.target.get(being.eid),
        expected,
        `seed ${seed}, step ${step}: ${log.slice(-12)}`,
      )
    }
    if (step % 100 === 0) {
      assertSound(arena)
      for (const { eid, target } of beings) {
        if (target?.isLost) continue
        const given = getComponent(world, eid, Aim).target
        assert.is(given, target?.isAlive ? target.eid : 0, `seed ${seed}, step ${step}`)
      }
    }
  }
  commands.dispose()
  storage.dispose()
  assertSound(arena)
}

for (const seed of [1, 2, 3, 4]) {
  for (const versioned of [false, true]) {
    const seeded = `seed ${seed}, ${versioned ? 'versioned' : 'plain'}`
    test(`${seeded}: what get gives is what lives`, () => runModel(seed, versioned, seed % 2 === 0))
  }
}

test.run()
