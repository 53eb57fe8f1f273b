// Promise 12: frames in a steady state allocate nothing that V8 attributes to core or adapter.
import { verify } from '@ashlar/core'
import { applyCommands, createCommands, createSparseComponent, t } from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  observe,
  onRemove,
  query,
  removeComponent,
  removeEntity,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../test/support/garbage.ts'
import { createRandom, createScene, scalars } from './support.ts'

const OURS = ['packages/core/src/', 'packages/ecs-adapter/src/']
const test = suite('garbage')

function createFrame(scene = createScene({ capacity: 512 })) {
  const { pool, world, storage } = scene
  const random = createRandom(1)
  const Position = storage.component('Position', { x: t.f32, y: t.f64 })
  const Velocity = storage.component('Velocity', { x: t.f32, y: t.f64, heading: t.i8 })
  const Health = storage.component('Health', { points: t.i16, max: t.u16, by: t.eid, kind: t.u8 })
  const Trail = storage.component('Trail', { block: t.u32 })
  const eids: number[] = []
  let dead = 0
  observe(world, onRemove(Trail), (eid) => pool.free(Trail.block[eid]))

  function spawn() {
    const eid = addEntity(world)
    addComponent(world, eid, Position)
    addComponent(world, eid, Velocity)
    addComponent(world, eid, Health)
    addComponent(world, eid, Trail)
    Velocity.x[eid] = random(100) / 7
    Velocity.y[eid] = random(100) / 7
    Health.points[eid] = 1 + random(50)
    Trail.block[eid] = pool.alloc(16 * (1 + random(8)))
    eids.push(eid)
  }

  function frame(index: number) {
    while (eids.length < 200) spawn()
    for (const eid of query(world, [Position, Velocity])) {
      Position.x[eid] += Velocity.x[eid]
      Position.y[eid] += Velocity.y[eid]
      Health.points[eid]--
    }
    for (let i = eids.length - 1; i >= 0; i--) {
      const eid = eids[i]
      if (Health.points[eid] <= 0) {
        removeEntity(world, eid)
        eids[i] = eids[eids.length - 1]
        eids.pop()
        dead++
      }
    }
    const eid = eids[index % eids.length]
    removeComponent(world, eid, Velocity)
    addComponent(world, eid, Velocity)
    Position.x[storage.indexOf(eid)] = 0
    storage.sync()
  }
  return { ...scene, Position, Health, frame, eids, deadCount: () => dead }
}

test('defaults, booleans and weak ids make none', () => {
  const { arena, world, storage } = createScene({ capacity: 512 })
  const Health = storage.component('Health', {
    ...{ points: t.i16({ default: 3 }), rate: t.f64({ default: 0.1 }), isAlive: t.bool },
    by: t.eid({ weak: true }),
  })
  const eids: number[] = []
  for (let i = 0; i < 200; i++) eids.push(addEntity(world, Health))
  let count = 0
  const frame = (index: number) => {
    for (let i = 0; i < 200; i++) {
      Health.by.set(eids[i], eids[(i + index) % 200])
      if (Health.by.get(eids[i]) !== 0) count++
    }
    for (let i = 0; i < 5; i++) {
      const at = (index * 5 + i) % 200
      removeEntity(world, eids[at])
      eids[at] = addEntity(world)
      addComponent(world, eids[at], Health)
    }
    for (let i = 0; i < 200; i++) {
      if (Health.by.get(eids[i]) === 0) count++
      if (Health.isAlive[eids[i]] === 1) count++
    }
    query(world, [Health])
    storage.sync()
  }
  const garbage = measureGarbage(frame, { warmup: 1500 })
  assert.ok(count > 1000)
  assertNoGarbage(garbage, OURS)
  assert.equal(verify(arena), [])
})

test('spawning, killing, adding, removing, looping and syncing make none', () => {
  const scene = createFrame()
  const garbage = measureGarbage(scene.frame, { warmup: 1500 })
  assert.ok(scene.deadCount() > 1000, `${scene.deadCount()} died`)
  assert.ok(garbage.byModule.size > 0, 'bitECS makes some')
  assertNoGarbage(garbage, OURS)
  assert.equal(verify(scene.arena), [])
})

// Of a value that is no small integer, V8 makes a box of 12 to 16 bytes whenever a property is read
// by name. Writing the columns makes none.
test('set of whole numbers makes none beyond the objects that its caller makes', () => {
  const { world, storage } = createScene({ capacity: 64 })
  const All = storage.component('All', scalars)
  const Position = storage.component('Position', { x: t.f32, y: t.f64 })
  const eid = addEntity(world)
  const values = Object.fromEntries(Object.keys(scalars).map((name) => [name, 1]))
  const garbage = measureGarbage(
    (frame) => {
      values.f64 = frame
      for (let i = 0; i < 10; i++) {
        addComponent(world, eid, set(All, values))
        addComponent(world, eid, set(Position, { x: i, y: frame }))
      }
    },
    { warmup: 1500 },
  )
  assertNoGarbage(garbage, OURS)
  assert.is(All.f64[eid], Position.y[eid])
})

test('sparse components that come and go, and loops over their rows, make none', () => {
  const { arena, world, storage } = createScene()
  const schema = { heat: t.f32, marks: t.list(t.u8), kind: t.u16 }
  const Burning = createSparseComponent(storage, 'Burning', schema)
  const rows = Burning.rows
  const eids = Array.from({ length: 300 }, () => addEntity(world))
  let lostCount = 0
  const frame = (index: number) => {
    for (let i = 0; i < 20; i++) {
      const eid = eids[(index * 20 + i * 7) % eids.length]
      if (rows.indexOf(eid) >= 0) {
        removeComponent(world, eid, Burning)
        lostCount++
      } else {
        addComponent(world, eid, Burning)
        Burning.marks.push(eid, index & 255)
        Burning.rows.heat[rows.indexOf(eid)] = index
      }
    }
    const { entities } = rows
    const { heat, kind } = rows
    for (let row = 0; row < rows.count; row++) {
      heat[row] *= 0.5
      if (entities[row] !== 0) kind[row]++
    }
    storage.sync()
  }
  assertNoGarbage(measureGarbage(frame, { warmup: 1500 }), OURS)
  assert.ok(lostCount > 1000, `${lostCount} lost it`)
  assert.equal(verify(arena), [])
})

// A fraction that a method gives, as `get` and `forEach` do, is a box where V8 does not inline it.
test('lists and texts make none beyond what they give', () => {
  const { arena, world, storage } = createScene({ capacity: 512 })
  const schema = {
    points: t.list(t.f32),
    targets: t.list(t.eid, { weak: true }),
    label: t.text,
    kind: t.text({ interned: true }),
  }
  const Path = storage.component('Path', schema)
  const { points, targets, label, kind } = Path
  const texts = ['gate', 'door', 'a way through the wall', 'Größe', '']
  const batch = Float32Array.of(1.5, 2.5, 3.5)
  const prefab = addPrefab(world)
  addComponent(world, prefab, set(Path, { points: [1], label: 'orc' }))
  const eids: number[] = []
  // In an array: a variable that closures share holds a new object for each fraction.
  const sum = new Float64Array(1)
  const add = (value: number) => {
    sum[0] += value
  }
  // The loop that makes no garbage whatever the numbers are.
  const sumOf = (eid: number) => {
    const { f32 } = arena
    const first = points.offset(eid) >> 2
    const end = first + points.length(eid)
    let total = 0
    for (let i = first; i < end; i++) total += f32[i]
    return total
  }
  const garbage = measureGarbage(
    (frame) => {
      while (eids.length < 40) {
        const eid = addEntity(world)
        addComponent(world, eid, Path)
        eids.push(eid)
      }
      for (let i = 0; i < eids.length; i++) {
        const eid = eids[i]
        points.push(eid, frame / 7)
        points.append(eid, batch)
        if (points.length(eid) > 60) points.resize(eid, 0)
        if (points.length(eid) > 40) points.replace(eid, batch)
        points.insert(eid, 1, 0.5)
        targets.forEach(eid, add)
        if (targets.length(eid) > 30) targets.swapRemoveAt(eid, 0)
        sum[0] += sumOf(eid)
        targets.push(eid, eids[(i + frame) % eids.length])
        label.set(eid, texts[(i + frame) % texts.length])
        kind.set(eid, texts[(i + frame) % texts.length])
        if (label.equals(eid, 'door') && kind.get(eid) === 'door') sum[0]++
      }
      points.push(prefab, frame)
      points.pop(prefab)
      removeEntity(world, eids.shift()!)
      storage.sync()
    },
    { frames: 300, warmup: 6000 },
  )
  assertNoGarbage(garbage, OURS)
  assert.ok(sum[0] > 0)
  assert.equal(verify(arena), [])
})

// As for `set`, those values are boxed that are no small integers, where they are applied.
test('commands make none, given or applied, but for what bitECS makes', () => {
  const { arena, world, storage } = createScene({ capacity: 1024 })
  const Position = storage.component('Position', { x: t.f32, y: t.f64 })
  const Enemy = storage.component('Enemy', {})
  const commands = createCommands(storage)
  const values = { x: 1, y: 2 }
  let spawned = 0
  const garbage = measureGarbage(
    (frame) => {
      for (let i = 0; i < 20; i++) {
        const eid = commands.spawn()
        values.x = frame & 1023
        commands.add(eid, Position, values)
        commands.set(eid, Position, values)
        commands.add(eid, Enemy)
        commands.remove(eid, 'Enemy')
        spawned++
      }
      applyCommands(storage, commands)
      for (const eid of query(world, [Position])) commands.despawn(eid)
      applyCommands(storage, commands)
      storage.sync()
    },
    { warmup: 1500 },
  )
  assert.ok(spawned > 10_000)
  assertNoGarbage(garbage, OURS)
  assert.equal(verify(arena), [])
})

test('the gate sees this package: frames that grow a storage are found', () => {
  const world = createScene({ capacity: 1 })
  const garbage = measureGarbage(
    () => {
      const name = `C${Object.keys(world.storage.components).length}`
      world.storage.component(name, { x: t.f32 })
    },
    { frames: 60, warmup: 60 },
  )
  assert.throws(() => assertNoGarbage(garbage, OURS), /packages\/ecs-adapter\/src\/columns\//)
})

test.run()
