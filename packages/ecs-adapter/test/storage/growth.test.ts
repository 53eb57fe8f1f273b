// What tells that columns have moved, or that memory waits for a sync: hooks, a version, stats.
import { Arena, type Pool } from '@ashlar/core'
import {
  type AnyComponent,
  attachStorage,
  createSparseComponent,
  createStorage,
  type StorageOptions,
  t,
  verifyStorage,
  type WaitingMemory,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  getComponent,
  hasComponent,
  Prefab,
  removeComponent,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows } from '../support.ts'

const test = suite('storage growth')
const KIB = 2 ** 10
const MIB = 2 ** 20

function createGame(options: StorageOptions = {}, byteLength = MIB) {
  const arena = Arena.create({ byteLength, slots: 4 })
  const pool = arena.openPool()
  const world = createWorld()
  const moved: AnyComponent[] = []
  const waited: WaitingMemory[] = []
  const storage = createStorage(world, pool, {
    capacity: 64,
    onColumnsMoved: (component) => moved.push(component),
    onWaiting: (waiting) => waited.push(waiting),
    ...options,
  })
  const spawn = (count: number) => Array.from({ length: count }, () => addEntity(world)).pop() ?? 0
  return { arena, pool, world, storage, moved, waited, spawn }
}

/** What `act` gives to `console.warn`. Time passes only by `pass`. */
function warningsOf(act: (pass: (milliseconds: number) => void) => void): string[] {
  const { warn } = console
  const warnings: string[] = []
  console.warn = (...args: unknown[]) => warnings.push(args.join(' '))
  let time = performance.now()
  Object.defineProperty(performance, 'now', { value: () => time, configurable: true })
  try {
    act((milliseconds) => {
      time += milliseconds
    })
  } finally {
    console.warn = warn
    Reflect.deleteProperty(performance, 'now') // the prototype has the platform's
  }
  return warnings
}

/** Lets later columns move: what lies behind the present ones is taken. */
const wall = (pool: Pool) => pool.alloc(16)

test('a column that is outgrown: hook, version and stats', () => {
  const { arena, pool, world, storage, moved, spawn } = createGame()
  const Body = storage.component('Body', { x: t.f32, y: t.f64 })
  const Other = storage.component('Other', { x: t.f32 })
  wall(pool)
  const before = storage.columnsVersion
  assert.equal(storage.stats().movedColumnCount, 0)
  addComponent(world, spawn(63), set(Body, { x: 1, y: 2 }))
  assert.is(storage.columnsVersion, before)
  assert.equal(moved, [])
  const { x } = Body
  addComponent(world, spawn(1), set(Body, { x: 3, y: 4 }))
  assert.is.not(Body.x, x)
  assert.equal([Body.x[63], Body.y[63], Body.x[64], Body.y[64]], [1, 2, 3, 4])
  assert.ok(moved.length === 1 && moved[0] === Body)
  assert.is.not(storage.columnsVersion, before)
  const { movedColumnCount, columnByteLength, waitingByteLength } = storage.stats()
  assert.ok(movedColumnCount >= 1 && movedColumnCount <= 2)
  assert.is(columnByteLength, 128 * 12 + 64 * 4)
  assert.ok(waitingByteLength >= 64 * 4)
  const after = storage.columnsVersion
  storage.sync()
  assert.is(storage.stats().waitingByteLength, 0)
  assert.is(storage.columnsVersion, after)
  assert.is(moved.length, 1)
  assert.is(Other.x.length, 64)
  assertSound(arena)
  storage.dispose()
  assertThrows(() => storage.stats(), 'storage-disposed')
})

test('hoisted views that the hook renews are never stale', () => {
  const arena = Arena.create({ byteLength: 16 * MIB })
  const world = createWorld()
  let x = new Float32Array(0)
  const storage = createStorage(world, arena.openPool(), {
    capacity: 2,
    onColumnsMoved: (component) => {
      if (component === Body) x = Body.x as Float32Array<ArrayBuffer>
    },
  })
  const Body = storage.component('Body', { x: t.f32 })
  x = Body.x as Float32Array<ArrayBuffer>
  for (let i = 0; i < 5000; i++) {
    const eid = addEntity(world)
    addComponent(world, eid, Body)
    x[eid] = eid
    assert.is(Body.x[eid], eid)
  }
})

test('sparse components, prefabs and rows of lists report as well', () => {
  const { world, storage, moved, spawn } = createGame()
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32 })
  const Path = storage.component('Path', { points: t.list(t.f32) })
  const seen: number[] = []
  for (let i = 0; i < 41; i++) {
    const eid = spawn(1)
    addComponent(world, eid, set(Burning, { heat: i }))
    seen.push(Burning.rows.heat[Burning.rows.indexOf(eid)])
  }
  assert.equal(
    seen,
    Array.from({ length: 41 }, (_, i) => i),
  )
  assert.ok(moved.includes(Burning))
  moved.length = 0
  const eid = spawn(60)
  addComponent(world, eid, set(Path, { points: [1, 2] }))
  assert.equal(Path.points.toArray(eid), [1, 2])
  assert.ok(moved.includes(Path))
  moved.length = 0
  const prefab = spawn(100)
  addComponent(world, prefab, Prefab)
  addComponent(world, prefab, set(Path, { points: [3] }))
  assert.ok(moved.includes(Path))
})

test('a hook may add entities, but not sync, reset or dispose', () => {
  const codes: unknown[] = []
  const game = createGame({
    onColumnsMoved: () => {
      const { storage, world, spawn } = game
      for (const act of [storage.sync, storage.reset, storage.dispose]) {
        assertThrows(act, 'set-busy', 'Do not call it from hooks')
      }
      codes.push('called')
      if (codes.length < 3) addComponent(world, spawn(5000), set(Body, { x: 0 }))
    },
  })
  const { arena, world, storage, spawn } = game
  const Body = storage.component('Body', { x: t.f32 })
  const eid = spawn(64)
  addComponent(world, eid, set(Body, { x: 9 }))
  assert.is(Body.x[eid], 9)
  assert.is(codes.length, 3)
  storage.sync()
  assertSound(arena)
  storage.dispose()
})

test('a hook that throws: the entity lacks the component, and the storage works on', () => {
  let isBad = true
  const game = createGame({
    onColumnsMoved: () => {
      if (isBad) throw new Error('bad hook')
    },
  })
  const { arena, world, storage, spawn } = game
  const Body = storage.component('Body', { x: t.f32 })
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32 })
  const eid = spawn(64)
  assert.throws(() => addComponent(world, eid, set(Body, { x: 9 })), 'bad hook')
  for (let i = 1; i <= 40; i++) addComponent(world, i, set(Burning, { heat: i }))
  assert.throws(() => addComponent(world, 41, set(Burning, { heat: 41 })), 'bad hook')
  assertSound(arena)
  assert.equal(verifyStorage(storage), [])
  assert.is(hasComponent(world, 41, Burning), false)
  storage.sync()
  assert.equal([Burning.rows.count, Burning.rows.indexOf(41)], [40, -1])
  isBad = false
  storage.sync()
  addComponent(world, eid, set(Body, { x: 9 }))
  addComponent(world, 41, set(Burning, { heat: 41 }))
  assert.is(Body.x[eid], 9)
  assert.is(Burning.rows.count, 41)
  assert.is(Burning.rows.heat[Burning.rows.indexOf(41)], 41)
  storage.sync()
  assertSound(arena)
  storage.dispose()
})

test('old columns that wait for a sync that does not come: one warning, and the hook', () => {
  const { arena, pool, world, storage, waited, spawn } = createGame()
  const warnings = warningsOf((pass) => {
    const Body = storage.component('Body', { x: t.f64 })
    for (let i = 0; i < 20; i++) addComponent(world, spawn(500), Body)
    assert.is(waited.length, 0)
    pass(900)
    storage.publish()
    assert.is(waited.length, 0)
    pass(200)
    storage.publish()
    storage.publish()
    assert.is(waited.length, 1)
    storage.sync()
    assert.is(storage.stats().waitingByteLength, 0)
    wall(pool)
    addComponent(world, spawn(9000), Body)
    pass(2000)
    storage.publish()
  })
  assert.is(warnings.length, 1)
  const [{ byteLength, what }] = waited
  assert.ok(byteLength > MIB / 16 && byteLength < MIB / 4, `${byteLength}`)
  for (const part of ['Body', 'storage.sync()']) {
    assert.ok(what.includes(part), what)
    assert.ok(warnings[0].includes(part), warnings[0])
  }
  assert.ok(warnings[0].startsWith('@ashlar/ecs-adapter: ') && warnings[0].includes('1/16'))
  assert.is(waited.length, 2, 'the hook is called again after a sync')
  storage.sync()
  assertSound(arena)
})

test('lost rows of a sparse component wait for a sync', () => {
  const { world, storage, waited, spawn } = createGame({}, 4 * MIB)
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f64, rate: t.f64 })
  const warnings = warningsOf((pass) => {
    for (let i = 0; i < 20_000 && waited.length === 0; i++) {
      pass(1)
      const eid = spawn(1)
      addComponent(world, eid, Burning)
      removeComponent(world, eid, Burning)
    }
  })
  assert.is(warnings.length, 1)
  assert.ok(waited[0].what.includes('Burning'), waited[0].what)
})

test('attached threads: those that do not sync are named, those that do are not', () => {
  const { arena, world, storage, waited, spawn } = createGame({}, 4 * MIB)
  const [late, busy] = [arena.openPool(), arena.openPool()]
  const Body = storage.component('Body', { x: t.f32 })
  const theirs = [late, busy].map((pool) => attachStorage(storage.handle, pool))
  const warnings = warningsOf(() => {
    for (let frame = 0; frame < 100; frame++) {
      addComponent(world, spawn(100), Body)
      storage.sync()
      theirs[1].sync()
    }
  })
  assert.is(warnings.length, 1)
  assert.is(waited.length, 1)
  assert.ok(waited[0].byteLength > MIB / 4)
  assert.ok(waited[0].what.includes(`slots ${late.slot}.`), waited[0].what)
  assert.ok(storage.stats().waitingByteLength > MIB / 4)
  theirs[0].sync()
  storage.sync()
  theirs[0].sync()
  theirs[1].sync()
  storage.sync()
  assert.is(storage.stats().waitingByteLength, 0)
  for (const attached of theirs) attached.detach()
  assertSound(arena)
  storage.dispose()
})

test('a prefab whose hook throws gets its defaults later', () => {
  let isBad = true
  const { world, storage, spawn } = createGame({
    onColumnsMoved: () => {
      if (isBad) throw new Error('bad hook')
    },
  })
  const Body = storage.component('Body', { hp: t.u16({ default: 100 }) })
  const prefab = spawn(100)
  addComponent(world, prefab, Prefab)
  assert.throws(() => addComponent(world, prefab, Body), 'bad hook')
  isBad = false
  addComponent(world, prefab, Body)
  assert.is(getComponent(world, prefab, Body).hp, 100)
})

test('lists and texts of removed entities wait for a sync', () => {
  const { arena, world, storage, waited, spawn } = createGame({ capacity: 8192 }, 4 * MIB)
  const Path = storage.component('Path', { points: t.list(t.f32), label: t.text })
  const warnings = warningsOf((pass) => {
    for (let i = 0; i < 8000; i++) {
      const eid = spawn(1)
      addComponent(world, eid, set(Path, { points: new Float32Array(16), label: 'gate' }))
      if (i >= 2000) removeComponent(world, eid, Path)
    }
    pass(2000)
    storage.publish()
  })
  assert.is(warnings.length, 1)
  assert.ok(warnings[0].includes('Path') && warnings[0].includes('lists'), warnings[0])
  assert.ok(waited[0].byteLength > MIB / 4 && storage.stats().waitingByteLength > MIB / 4)
  storage.sync()
  assert.is(storage.stats().waitingByteLength, 0)
  assertSound(arena)
})

test('threads that sync: no warning, even if one move is more than a sixteenth', () => {
  const { arena, world, storage, waited, spawn } = createGame({}, 4 * MIB)
  const Body = storage.component('Body', { x: t.f64 })
  const attached = attachStorage(storage.handle, arena.openPool())
  let most = 0
  const warnings = warningsOf(() => {
    for (let frame = 0; frame < 60; frame++) {
      addComponent(world, spawn(1500), Body)
      storage.sync()
      most = Math.max(most, storage.stats().waitingByteLength)
      attached.sync()
    }
  })
  assert.ok(most > MIB / 4, `${most} bytes waited`)
  assert.equal([warnings, waited], [[], []])
})

test('threads that sync: no warning', () => {
  const { arena, world, storage, waited, spawn } = createGame({}, 4 * MIB)
  const Body = storage.component('Body', { x: t.f32 })
  const attached = attachStorage(storage.handle, arena.openPool())
  const warnings = warningsOf(() => {
    for (let frame = 0; frame < 200; frame++) {
      addComponent(world, spawn(30), Body)
      storage.sync()
      attached.sync()
    }
  })
  assert.equal([warnings, waited], [[], []])
})

test('views that are renewed after a WebAssembly.Memory has grown', () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 128 })
  const arena = Arena.create({ memory, byteLength: 60 * 64 * KIB })
  const moved: AnyComponent[] = []
  const storage = createStorage(createWorld(), arena.openPool(), {
    onColumnsMoved: (component) => moved.push(component),
  })
  const Body = storage.component('Body', { x: t.f32 })
  const version = storage.columnsVersion
  storage.sync()
  assert.is(storage.columnsVersion, version)
  memory.grow(1)
  storage.sync()
  assert.is(Body.x.buffer, memory.buffer)
  assert.is.not(storage.columnsVersion, version)
  assert.ok(moved.length === 1 && moved[0] === Body)
})

test('without hooks, columns grow all the same', () => {
  const world = createWorld()
  const pool = Arena.create({ byteLength: MIB }).openPool()
  const storage = createStorage(world, pool, { capacity: 2 })
  const Body = storage.component('Body', { x: t.f32 })
  for (let i = 1; i <= 100; i++) addComponent(world, addEntity(world), set(Body, { x: i }))
  assert.is(Body.x[100], 100)
  assert.ok(storage.stats().movedColumnCount > 0)
})

test('hooks are functions', () => {
  const pool = Arena.create({ byteLength: MIB }).openPool()
  for (const name of ['onColumnsMoved', 'onWaiting']) {
    const options = { [name]: 'yes' } as StorageOptions
    assertThrows(() => createStorage(createWorld(), pool, options), 'invalid-argument', name)
  }
})

test.run()
