// Entities that move from one world to another: with everything, once, and nothing lost.
import { Arena, blocks, type Pool } from '@ashlar/core'
import { createStorage, freePacked, moveIn, moveOut, type Storage, t } from '@ashlar/ecs-adapter'
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
  Not,
  Or,
  observe,
  onAdd,
  onRemove,
  onSet,
  query,
  removeComponent,
  removeEntity,
  set,
  type World,
  withVersioning,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  assertSound,
  assertThrows,
  buffers,
  createComponent,
  createRandom,
  watch,
} from '../support.ts'

const test = suite('packing')

const SCHEMA = {
  points: t.list(t.f32),
  label: t.text,
  age: t.u32,
  kind: t.text({ interned: true }),
  targets: t.list(t.eid, { weak: true }),
}

interface PlaceOptions {
  world?: World
  sparse?: boolean
}

/** A world of its own, over a pool of its own. */
function createPlace(arena: Arena, { world = createWorld(), sparse = false }: PlaceOptions = {}) {
  const storage = watch(arena, createStorage(world, arena.openPool(), { capacity: 2 }))
  const Tag = storage.component('Tag', {})
  const Position = createComponent(storage, 'Position', { x: t.f32, y: t.f64 }, sparse)
  const Path = createComponent(storage, 'Path', SCHEMA, sparse)
  const row = 'rows' in Path ? Path.rows.indexOf : storage.indexOf
  const ageOf = (eid: number) => ('rows' in Path ? Path.rows : Path).age[row(eid)]
  return { world, storage, Tag, Position, Path, row, ageOf }
}

/** The same of flat components and of sparse ones. */
function testBoth(name: string, body: (sparse: boolean) => void): void {
  for (const sparse of [false, true]) {
    test(`${sparse ? 'sparse' : 'flat'} components: ${name}`, () => body(sparse))
  }
}

const VALUES = { points: [1, 2.5, -3], label: 'Größe', age: 4e9, kind: 'road', targets: [7, 8] }

/** What is in the arena but for storages: nothing. */
function endAll(arena: Arena, ...storages: Storage[]): void {
  assertSound(arena)
  for (const storage of storages) storage.dispose()
  for (const storage of storages) storage.pool.flush()
  for (const storage of storages) storage.pool.collect()
  assertSound(arena)
  assert.equal(blocks(arena), [])
}

for (const [name, { shared }] of Object.entries(buffers)) {
  testBoth(`${name}: an entity goes with all it has, lists and texts in their blocks`, (sparse) => {
    const arena = Arena.create({ byteLength: 2 ** 22, shared })
    const here = createPlace(arena, { sparse })
    const world = createWorld(createEntityIndex(withVersioning()))
    const there = createPlace(arena, { world, sparse: !sparse })
    removeEntity(there.world, addEntity(there.world)) // so that ids there have versions
    const eid = addEntity(here.world)
    addComponent(here.world, eid, here.Tag)
    addComponent(here.world, eid, set(here.Position, { x: 1.5, y: 0.1 }))
    addComponent(here.world, eid, set(here.Path, VALUES))
    const [list, text] = [here.Path.points.offset(eid), here.Path.label.offset(eid)]
    const packed = moveOut(here.storage, eid)
    assert.not.ok(entityExists(here.world, eid))
    here.storage.sync()
    assertSound(arena)
    const moved = moveIn(there.storage, packed)
    assert.is(moved, 2 ** 24 + 1)
    assert.ok(hasComponent(there.world, moved, there.Tag))
    assert.equal(getComponent(there.world, moved, there.Position), { x: 1.5, y: 0.1 })
    assert.equal(getComponent(there.world, moved, there.Path), VALUES)
    assert.is(there.Path.points.offset(moved), list)
    assert.is(there.Path.label.offset(moved), text)
    there.Path.points.push(moved, 9)
    assertThrows(() => moveIn(there.storage, packed), 'invalid-argument', 'not yet moved in')
    endAll(arena, here.storage, there.storage)
  })
}

testBoth('components of other storages are not packed', (sparse) => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const here = createPlace(arena, { sparse })
  const bare = addEntity(here.world)
  addComponent(here.world, bare, { foreign: [] })
  const prefab = addEntity(here.world)
  addComponent(here.world, prefab, set(here.Path, VALUES))
  const instance = addEntity(here.world)
  addComponent(here.world, instance, IsA(prefab))
  const moved = [bare, instance].map((eid) => moveIn(here.storage, moveOut(here.storage, eid)))
  assert.not.ok(hasComponent(here.world, moved[0], here.Path))
  assert.not.ok(hasComponent(here.world, moved[1], IsA(prefab)))
  assert.equal(getComponent(here.world, moved[1], here.Path), VALUES)
  endAll(arena, here.storage)
})

testBoth('hostile input is refused, and packed entities stay packed', (sparse) => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const here = createPlace(arena, { sparse })
  const { storage, world, Path } = here
  for (const bad of [0, -1, 1.5, '1', undefined, null, 99, Number.NaN]) {
    assertThrows(() => moveOut(storage, bad as number), 'invalid-argument', 'the entity')
  }
  const eid = addEntity(world)
  addComponent(world, eid, set(Path, VALUES))
  const other = storage.pool.alloc(64)
  const packed = moveOut(storage, eid)
  for (const bad of [0, 8, packed + 16, other, '16', undefined, 2 ** 40, -packed]) {
    assertThrows(() => moveIn(storage, bad as number), 'invalid-argument', 'moveOut()')
    assertThrows(() => freePacked(storage.pool, bad as number), 'invalid-argument')
  }
  const strangerWorld = createWorld()
  const stranger = watch(arena, createStorage(strangerWorld, arena.openPool()))
  stranger.component('Path', { points: t.list(t.f64) })
  assertThrows(
    () => moveIn(stranger, packed),
    'invalid-argument',
    'Path(points: list f32',
    'list f64',
  )
  assert.is(query(strangerWorld, []).length, 0)
  // Another thread has overwritten the head, or where the first list lies.
  for (const word of [0, 1, 2, 3, 6, 7].map((word) => (packed >> 2) + word)) {
    for (const value of [-1, 2 ** 31 - 1, 12345]) {
      const before = arena.i32[word]
      arena.i32[word] = value
      assertThrows(() => moveIn(storage, packed), 'invalid-argument')
      assertThrows(() => freePacked(storage.pool, packed), 'invalid-argument')
      arena.i32[word] = before
    }
  }
  storage.pool.free(other)
  freePacked(stranger.pool, packed)
  endAll(arena, storage, stranger)
})

testBoth('observers see scalars, and their edits are kept or replaced', (sparse) => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const here = createPlace(arena, { sparse })
  const there = createPlace(arena, { sparse })
  const { world, Path, Position } = there
  const told: unknown[] = []
  observe(here.world, onRemove(here.Path), (eid) => {
    told.push(here.ageOf(eid), here.Path.points.length(eid), here.Path.kind.get(eid))
  })
  observe(world, onSet(Path), (_eid, values) => told.push(values))
  observe(world, onAdd(Path), (eid) => Path.points.push(eid, 5)) // is replaced, and freed
  let takesAway = false
  observe(world, onSet(Path), (eid) => {
    if (takesAway) removeComponent(world, eid, Path)
  })
  const move = () => {
    const eid = addEntity(here.world)
    addComponent(here.world, eid, set(here.Path, VALUES))
    addComponent(here.world, eid, set(here.Position, { x: 3 }))
    return moveIn(there.storage, moveOut(here.storage, eid))
  }
  const moved = move()
  assert.equal(told, [4e9, 0, 'road', { age: 4e9 }])
  assert.equal(getComponent(world, moved, Path), VALUES)
  takesAway = true
  const bare = move()
  assert.not.ok(hasComponent(world, bare, Path))
  assert.is(getComponent(world, bare, Position)?.x, 3)
  // One that removes the entity before it is whole: bitECS throws, and all stays packed.
  takesAway = false
  const unobserve = observe(world, onAdd(Position), (eid) => removeEntity(world, eid))
  const eid = addEntity(here.world)
  addComponent(here.world, eid, set(here.Path, VALUES))
  addComponent(here.world, eid, set(here.Position, { x: 3 }))
  const packed = moveOut(here.storage, eid)
  assert.throws(() => moveIn(there.storage, packed))
  unobserve()
  assert.equal(getComponent(world, moveIn(there.storage, packed), Path), VALUES)
  for (const { storage } of [here, there]) storage.sync()
  endAll(arena, here.storage, there.storage)
})

testBoth('observers that throw: the entity stays where it was, with all it had', (sparse) => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const here = createPlace(arena, { sparse })
  const there = createPlace(arena, { sparse })
  const eid = addEntity(here.world)
  addComponent(here.world, eid, set(here.Path, VALUES))
  let throws = true
  const fail = () => {
    if (throws) throw new Error('no')
  }
  observe(here.world, onRemove(here.Path), fail)
  observe(there.world, onAdd(there.Position), fail)
  assert.throws(() => moveOut(here.storage, eid), 'no')
  assert.equal(getComponent(here.world, eid, here.Path), VALUES)
  assertSound(arena)
  throws = false
  const other = addEntity(here.world)
  addComponent(here.world, other, set(here.Path, VALUES))
  addComponent(here.world, other, set(here.Position, { y: 0.1 }))
  const packed = moveOut(here.storage, other)
  throws = true
  assert.throws(() => moveIn(there.storage, packed), 'no')
  assert.is(query(there.world, [there.Path]).length, 0)
  there.storage.sync()
  assertSound(arena)
  throws = false
  const moved = moveIn(there.storage, packed)
  assert.equal(getComponent(there.world, moved, there.Path), VALUES)
  assert.equal(getComponent(there.world, moved, there.Position), { x: 0, y: 0.1 })
  here.storage.sync()
  endAll(arena, here.storage, there.storage)
})

testBoth('an entity that stays keeps all, at the next sync too', (sparse) => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const here = createPlace(arena, { sparse })
  const { world, storage, Path, Position } = here
  const sibling = watch(arena, createStorage(world, arena.openPool()))
  const bagSchema = { items: t.list(t.u8), owner: t.text({ interned: true }) }
  const Bag = createComponent(sibling, 'Bag', bagSchema, sparse)
  const Foreign = {}
  const spawn = () => {
    const eid = addEntity(world)
    addComponent(world, eid, set(Path, VALUES))
    addComponent(world, eid, set(Position, { x: eid }))
    addComponent(world, eid, set(Bag, { items: [eid], owner: 'Ann' }))
    return eid
  }
  const queries = [[Path], [Path, Position], [Bag, Not(Foreign)], [Foreign], [Or(Foreign, Bag)]]
  const found = (eid: number) => queries.map((terms) => [...query(world, terms)].includes(eid))
  const valuesOf = (eid: number) =>
    [Path, Position, Bag].map((one) => getComponent(world, eid, one))
  const eids = [spawn(), spawn(), spawn()]
  const [first, second, third] = eids
  Path.targets.replace(third, [first, second])
  const before = eids.map((eid) => [...valuesOf(eid), ...found(eid)])

  const codes: unknown[] = []
  const attempts: ((eid: number) => unknown)[] = [
    () => query(world, [Path]), // bitECS takes the entity out of the query then
    () => storage.sync(),
    () => sibling.sync(),
    () => storage.reset(),
    () => storage.dispose(),
    (eid) => Path.points.push(eid, 9),
    (eid) => Path.label.set(eid, 'an observer’s'),
    (eid) => Path.kind.set(eid, 'another road'),
    () => {
      isOff = true
      moveIn(storage, moveOut(storage, spawn()))
    },
  ]
  let isOff = true
  let attempt = attempts[0]
  observe(world, onRemove(Path), (eid) => {
    if (isOff) return
    try {
      attempt(eid)
    } catch (error) {
      codes.push((error as { code?: string }).code)
    }
    throw new Error('no')
  })
  for (attempt of attempts) {
    isOff = false
    const label = String(attempt)
    const kind = Path.kind.get(first)
    assert.throws(() => moveOut(storage, first), 'no', label)
    isOff = true
    assertSound(arena)
    if (Path.kind.get(first) !== kind) Path.kind.set(first, kind) // the observer wrote it
    for (let turn = 0; turn < 2; turn++) {
      const now = eids.map((eid) => [...valuesOf(eid), ...found(eid)])
      assert.equal(now, before, `${label}, after ${turn} syncs`)
      storage.sync()
      sibling.sync()
      spawn() // takes what is free
    }
  }
  assert.equal(codes, ['move-busy', 'move-busy', 'move-busy', 'move-busy'])

  // And its end is told of again.
  const blockCount = blocks(arena).length
  removeEntity(world, first)
  storage.sync()
  sibling.sync()
  assert.equal(found(first), [false, false, false, false, false])
  assert.ok(blocks(arena).length < blockCount)
  assert.equal(Path.targets.toArray(third), [second])
  endAll(arena, storage, sibling)
})

testBoth('a prefab is packed as others are, and gets no row for it', (sparse) => {
  const arena = Arena.create({ byteLength: 2 ** 22 })
  const here = createPlace(arena, { sparse })
  const { world, storage, Path, Position } = here
  const [plain, valued] = [addPrefab(world), addPrefab(world)]
  addComponent(world, plain, Path)
  addComponent(world, valued, set(Path, VALUES))
  addComponent(world, valued, Position)
  const empty = { points: [], label: '', age: 0, kind: '', targets: [] }
  const packed = [moveOut(storage, plain), moveOut(storage, valued)]
  if ('rows' in Position) assert.is(Position.rows.count, 0)
  const moved = packed.map((one) => moveIn(storage, one))
  assert.equal(getComponent(world, moved[0], Path), empty)
  assert.equal(getComponent(world, moved[1], Path), VALUES)
  assert.equal(getComponent(world, moved[1], Position), { x: 0, y: 0 })
  storage.sync()
  endAll(arena, storage)
})

testBoth('out of memory at each step: nothing has moved, nothing is lost', (sparse) => {
  for (const how of ['pack', 'unpack'] as const) {
    let failureCount = 0
    for (let allowed = 0, isDone = false; !isDone; allowed++) {
      const arena = Arena.create({ byteLength: 2 ** 22 })
      const [pool, otherPool] = [arena.openPool(), arena.openPool()]
      let left = Number.POSITIVE_INFINITY
      const spend = () => {
        if (left-- <= 0) pool.alloc(2 ** 30)
      }
      const tight: Pool = Object.assign(Object.create(pool), {
        alloc(byteLength: number) {
          spend()
          return pool.alloc(byteLength)
        },
        allocZeroed(byteLength: number) {
          spend()
          return pool.allocZeroed(byteLength)
        },
        allocArray(...given: Parameters<Pool['allocArray']>) {
          spend()
          return pool.allocArray(...given)
        },
      })
      const [world, otherWorld] = [createWorld(), createWorld()]
      const isPacking = how === 'pack'
      const storage = watch(
        arena,
        createStorage(world, isPacking ? tight : otherPool, { capacity: 8 }),
      )
      const other = watch(
        arena,
        createStorage(otherWorld, isPacking ? otherPool : tight, { capacity: 8 }),
      )
      const Path = createComponent(storage, 'Path', SCHEMA, sparse)
      const OtherPath = createComponent(other, 'Path', SCHEMA, sparse)
      // The next one there has to make columns longer.
      const { age } = 'rows' in OtherPath ? OtherPath.rows : OtherPath
      for (let i = 1; i < age.length; i++) {
        addComponent(otherWorld, addEntity(otherWorld), OtherPath)
      }
      if (sparse) addComponent(otherWorld, addEntity(otherWorld), OtherPath)
      const eid = addEntity(world)
      addComponent(world, eid, set(Path, VALUES))
      let packed = isPacking ? 0 : moveOut(storage, eid)
      let moved = 0
      left = allowed
      try {
        if (isPacking) packed = moveOut(storage, eid)
        else moved = moveIn(other, packed)
        isDone = true
      } catch (error) {
        failureCount++
        assert.is((error as { code?: string }).code, 'out-of-memory')
      }
      left = Number.POSITIVE_INFINITY
      assertSound(arena)
      if (!isDone && isPacking) {
        assert.equal(getComponent(world, eid, Path), VALUES)
        packed = moveOut(storage, eid)
      }
      if (!isDone || isPacking) moved = moveIn(other, packed)
      assert.equal(getComponent(otherWorld, moved, OtherPath), VALUES)
      endAll(arena, storage, other)
    }
    assert.ok(failureCount > 0, `${how}: ${failureCount} failures`)
  }
})

testBoth(
  'an id that an observer gives to somebody else: what is packed is not written there',
  (sparse) => {
    for (const isReset of [false, true]) {
      const arena = Arena.create({ byteLength: 2 ** 21 })
      const { world, storage, Tag, Path } = createPlace(arena, { sparse })
      const eid = addEntity(world)
      addComponent(world, eid, Tag)
      addComponent(world, eid, set(Path, { points: [1], label: 'packed', kind: 'road' }))
      const packed = moveOut(storage, eid)
      let other = 0
      const stop = observe(world, onAdd(Tag), (arrived) => {
        stop()
        if (isReset) storage.reset()
        else removeEntity(world, arrived)
        other = addEntity(world)
        addComponent(world, other, set(Path, { points: [7], label: 'other', kind: 'bridge' }))
      })
      assert.is(moveIn(storage, packed), other) // who came in is gone
      assert.not.ok(hasComponent(world, other, Tag))
      const { points, label, kind } = getComponent(world, other, Path)
      assert.equal([points, label, kind], [[7], 'other', 'bridge'])
      storage.dispose()
      assertSound(arena)
      assert.equal(blocks(arena), [])
    }
  },
)

testBoth(
  'an observer that gives the id to somebody else and throws: pack leaves that one alone',
  (sparse) => {
    const arena = Arena.create({ byteLength: 2 ** 21 })
    const { world, storage, Path } = createPlace(arena, { sparse })
    const eid = addEntity(world)
    addComponent(world, eid, set(Path, { points: [1], label: 'packed', kind: 'road' }))
    const stop = observe(world, onRemove(Path), (leaving) => {
      stop()
      removeEntity(world, leaving)
      addComponent(world, addEntity(world), set(Path, { points: [7], label: 'other' }))
      throw new Error('mine')
    })
    assert.throws(() => moveOut(storage, eid), 'mine')
    assert.ok(entityExists(world, eid)) // another one
    const { points, label, kind } = getComponent(world, eid, Path)
    assert.equal([points, label, kind], [[7], 'other', ''])
    storage.sync()
    assert.equal(Path.points.toArray(eid), [7])
    storage.dispose()
    assertSound(arena)
    assert.equal(blocks(arena), [])
  },
)

testBoth('a storage is not disposed of while an entity is unpacked', (sparse) => {
  const arena = Arena.create({ byteLength: 2 ** 21 })
  const { world, storage, Path } = createPlace(arena, { sparse })
  const eid = addEntity(world)
  addComponent(world, eid, set(Path, { points: [1] }))
  const packed = moveOut(storage, eid)
  const stop = observe(world, onAdd(Path), () => {
    stop()
    assertThrows(() => storage.dispose(), 'move-busy', 'storage.dispose()', 'moveIn()')
  })
  assert.equal(Path.points.toArray(moveIn(storage, packed)), [1])
  storage.dispose()
  assert.equal(blocks(arena), [])
})

test('by chance: four worlds, entities that wander, and a model of each', () => {
  const seed = Number(globalThis.process?.env.ASHLAR_SEED ?? 5)
  const random = createRandom(seed)
  const arena = Arena.create({ byteLength: 2 ** 24 })
  const places = [0, 1, 2, 3].map((i) => createPlace(arena, { sparse: i > 1 }))
  const models = places.map(() => new Map<number, Record<string, unknown>>())
  const underway: { packed: number; values: Record<string, unknown> }[] = []
  const make = () => ({
    points: Array.from({ length: random(30) }, () => random(1000) / 4),
    label: ['', 'gate', 'Größe', '😀'.repeat(40)][random(4)],
    age: random(2 ** 32),
    kind: ['road', '', 'Fluß'][random(3)],
    targets: [random(5) + 100],
  })
  for (let step = 0; step < 3000; step++) {
    const at = random(4)
    const { world, storage, Path, Position } = places[at]
    const model = models[at]
    const eids = [...model.keys()]
    const eid = eids[random(eids.length)]
    switch (random(6)) {
      case 0: {
        const spawned = addEntity(world)
        const values = make()
        addComponent(world, spawned, set(Path, values))
        if (random(2) === 0) addComponent(world, spawned, set(Position, { x: spawned }))
        model.set(spawned, values)
        break
      }
      case 1:
        storage.sync()
        break
      case 2:
        if (eid === undefined || random(4) > 0) break
        removeEntity(world, eid)
        model.delete(eid)
        break
      case 3: {
        const one = underway.splice(random(underway.length + 1), 1)[0]
        if (one !== undefined) model.set(moveIn(storage, one.packed), one.values)
        break
      }
      default: {
        const values = model.get(eid)
        if (values === undefined) break
        model.delete(eid)
        underway.push({ packed: moveOut(storage, eid), values })
      }
    }
    assertSound(arena)
    for (const [own, values] of model) {
      assert.equal(getComponent(world, own, Path), values, `seed ${seed}, step ${step}`)
    }
  }
  for (const { packed } of underway) freePacked(places[0].storage.pool, packed)
  endAll(arena, ...places.map(({ storage }) => storage))
})

test.run()
