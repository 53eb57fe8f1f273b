// Sparse components, as users have them: rows, memory, refusals, memory that runs out, commands.
import { Arena, blocks as blocksOf, exactStats, type Pool } from '@ashlar/core'
import {
  applyCommands,
  attachStorage,
  type ComponentRows,
  createCommands,
  createSparseComponent,
  createStorage,
  moveOut,
  type Schema,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  addPrefab,
  createEntityIndex,
  createWorld,
  getComponent,
  hasComponent,
  IsA,
  observe,
  onRemove,
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
  createScene,
  rowsOf,
  withScene,
} from './support.ts'

const test = suite('sparse')
/** Takes all memory; gives the blocks, the shortest last. */
function fillUp(pool: Pool): number[] {
  const offsets: number[] = []
  for (let byteLength = 65536; byteLength >= 16; byteLength /= 2) {
    for (let offset = 1; offset !== 0; ) {
      offset = pool.tryAlloc(byteLength)
      if (offset !== 0) offsets.push(offset)
    }
  }
  return offsets
}

const schema = { heat: t.f32, marks: t.list(t.u8), cause: t.text }

test('a sparse component costs at most 3 % of a dense one: 1 % of 1,000,000 entities', () => {
  const entityCount = 1_000_000
  const random = createRandom(9)
  const arena = Arena.create({ byteLength: 64 * 2 ** 20 })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity: entityCount + 1 })
  for (let i = 0; i < entityCount; i++) addEntity(world)
  const owners = new Set<number>()
  while (owners.size < entityCount / 100) owners.add(1 + random(entityCount))

  /** Bytes of the blocks, headers and all, and of the memory that is in use for them. */
  const bytes = () => {
    storage.sync()
    storage.pool.collect()
    const { liveByteLength, committedByteLength } = exactStats(arena)
    return [liveByteLength, committedByteLength]
  }
  const growthBy = (action: () => void) => {
    const before = bytes()
    action()
    return bytes().map((after, i) => after - before[i])
  }
  const measure = (schema: Schema, name: string) => {
    const flat = growthBy(() => storage.component(`Flat${name}`, schema))
    const sparse = growthBy(() => {
      const Rare = createSparseComponent(storage, `Rare${name}`, schema)
      for (const eid of owners) addComponent(world, eid, Rare)
    })
    const rows = rowsOf(storage.components[`Rare${name}`])
    assert.equal([...rows.entities.subarray(0, rows.count)], [...owners])
    return sparse.map((count, i) => count / flat[i])
  }
  const four = { heat: t.f32, rate: t.f32, light: t.f32, smoke: t.f32 }
  const [live, committed] = measure(four, 'Four')
  assert.ok(live <= 0.03 && committed <= 0.05, `${live} of the blocks, ${committed} of the memory`)
  const [one] = measure({ heat: t.f32 }, 'One')
  assert.ok(one <= 0.055, `${one} of the blocks`)
  assertSound(arena)
})

test('rows are made at the end and stay until sync, when the last ones fill the holes', () => {
  withScene({}, ({ world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = Burning.rows
    const eids = Array.from({ length: 6 }, () => addEntity(world))
    for (const eid of eids) {
      addComponent(world, eid, set(Burning, { heat: eid, marks: [eid], cause: `by ${eid}` }))
    }
    assert.equal([...rows.entities.subarray(0, rows.count)], eids)
    const [a, b, c, d, e, f] = eids
    let seen: unknown
    observe(world, onRemove(Burning), (eid) => {
      const { marks, cause } = Burning
      seen = [rows.heat[rows.indexOf(eid)], marks.toArray(eid), cause.get(eid)]
    })
    removeEntity(world, b)
    assert.equal(seen, [b, [b], `by ${b}`])
    removeComponent(world, f, Burning)
    assert.is(rows.count, 6)
    assert.equal([...rows.entities.subarray(0, 6)], [a, 0, c, d, e, 0])
    assert.is(rows.indexOf(f), 5)
    assert.equal(Burning.marks.toArray(f), [f])

    storage.sync()
    assert.equal([...rows.entities.subarray(0, rows.count)], [a, e, c, d])
    assert.is(rows.indexOf(f), -1)
    assert.is(rows.indexOf(e), 1)
    assert.is(Burning.rows.heat[1], e)
    assert.equal(getComponent(world, e, Burning), { heat: e, marks: [e], cause: `by ${e}` })
    assert.equal(Burning.marks.toArray(f), [])
    assert.equal(query(world, [Burning]).length, 4)

    addComponent(world, f, Burning)
    assert.is(rows.indexOf(f), 4)
    assert.equal(getComponent(world, f, Burning), { heat: 0, marks: [], cause: '' })
  })
})

test('who gets it again before sync has the same row, emptied', () => {
  withScene({}, ({ arena, world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = Burning.rows
    const eid = addEntity(world)
    for (let turn = 0; turn < 200; turn++) {
      addComponent(world, eid, Burning)
      assert.equal(getComponent(world, eid, Burning), { heat: 0, marks: [], cause: '' })
      Burning.marks.push(eid, turn)
      Burning.rows.heat[rows.indexOf(eid)] = 1
      assert.is(rows.count, 1)
      removeComponent(world, eid, Burning)
    }
    const blockCount = blocksOf(arena).length
    storage.sync()
    assert.is(rows.count, 0)
    assert.is(blocksOf(arena).length, blockCount - 1) // the list
  })
})

test('a loop may remove, add and grow: rows that are there stay where they are', () => {
  withScene({}, ({ world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = Burning.rows
    for (let i = 0; i < 100; i++) addComponent(world, addEntity(world), Burning)
    for (let row = 0; row < rows.count; row++) {
      const eid = rows.entities[row]
      if (row % 2 === 0) removeComponent(world, eid, Burning)
      if (row % 3 === 0 && rows.count < 300) addComponent(world, addEntity(world), Burning)
      assert.is(rows.indexOf(eid), row)
    }
    const owners = query(world, [Burning]).length
    storage.sync()
    assert.is(rows.count, owners)
    for (let row = 0; row < rows.count; row++) assert.is(rows.indexOf(rows.entities[row]), row)
  })
})

test('a sparse tag has rows, and no columns', () => {
  withScene({}, ({ world, storage }) => {
    const Dirty = createSparseComponent(storage, 'Dirty', {})
    const eids = Array.from({ length: 200 }, () => addEntity(world))
    for (const eid of eids) addComponent(world, eid, Dirty)
    const rows = rowsOf(storage.components.Dirty)
    assert.equal([...rows.entities.subarray(0, rows.count)], eids)
    assert.equal(Object.keys(Dirty), ['rows'])
    assert.equal(Object.keys(rows), [])
  })
})

test('a prefab has a row from when it has values, and gives it back', () => {
  withScene({}, ({ world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = Burning.rows
    const plain = addPrefab(world)
    addComponent(world, plain, Burning)
    assert.equal(getComponent(world, plain, Burning), { heat: 0, marks: [], cause: '' })
    assert.is(rows.indexOf(plain), -1)
    const listed = addPrefab(world)
    addComponent(world, listed, Burning)
    Burning.marks.push(listed, 7)
    const valued = addPrefab(world)
    addComponent(world, valued, set(Burning, { heat: 3, cause: 'lava' }))
    assert.is(Burning.rows.heat[rows.indexOf(valued)], 3)
    storage.sync()
    assert.equal(Burning.marks.toArray(listed), [7])
    assert.is(rows.count, 2)
    removeEntity(world, listed)
    removeComponent(world, valued, Burning)
    storage.sync()
    assert.is(rows.count, 0)
  })
})

test('instances get a prefab’s component, though the prefab has no row', () => {
  withScene({}, ({ world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = Burning.rows
    const [plain, valued] = [addPrefab(world), addPrefab(world)]
    addComponent(world, plain, Burning)
    addComponent(world, valued, set(Burning, { heat: 3, marks: [1, 2], cause: 'lava' }))
    for (const prefab of [plain, valued]) {
      const expected = getComponent(world, prefab, Burning)
      const instance = addEntity(world)
      addComponent(world, instance, IsA(prefab))
      assert.equal(getComponent(world, instance, Burning), expected)
      assert.is(rows.entities[rows.indexOf(instance)], instance)
      const heir = addPrefab(world)
      addComponent(world, heir, IsA(prefab))
      assert.equal(getComponent(world, heir, Burning), expected)
      assert.is(rows.entities[rows.indexOf(heir)], heir)
    }
    assert.is(rows.indexOf(plain), -1)
    assert.is(rows.count, 5)
    storage.reset()
    assert.is(rows.count, 0)
    const prefab = addPrefab(world)
    addComponent(world, prefab, set(Burning, { heat: 1 }))
    assert.equal(getComponent(world, prefab, Burning), { heat: 1, marks: [], cause: '' })
  })
})

test('reading takes nothing away where there is no memory for a row', () => {
  const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 19 })
  const Burning = createSparseComponent(storage, 'Burning', schema)
  const rows = Burning.rows
  const [plain, valued] = [addPrefab(world), addPrefab(world)]
  addComponent(world, plain, Burning)
  addComponent(world, valued, set(Burning, { heat: 3 }))
  while (rows.count < rows.entities.length) addComponent(world, addEntity(world), Burning)
  const taken = fillUp(pool)
  assert.equal(getComponent(world, plain, Burning), { heat: 0, marks: [], cause: '' })
  assert.equal(getComponent(world, valued, Burning), { heat: 3, marks: [], cause: '' })
  for (const prefab of [plain, valued]) {
    const instance = addEntity(world)
    assertThrows(() => addComponent(world, instance, IsA(prefab)), 'out-of-memory')
    assert.not.ok(hasComponent(world, instance, Burning))
    assert.ok(hasComponent(world, prefab, Burning))
  }
  assert.is(rows.indexOf(plain), -1)
  for (const offset of taken) pool.free(offset)
  addComponent(world, plain, set(Burning, { heat: 1 }))
  assert.equal(getComponent(world, plain, Burning), { heat: 1, marks: [], cause: '' })
  storage.dispose()
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
})

test('refused calls name the right one', () => {
  const { arena, world, storage } = createScene()
  const Burning = createSparseComponent(storage, 'Burning', schema)
  const make = (storage: unknown, name: unknown, schema: unknown) => () =>
    createSparseComponent(storage as never, name as never, schema as never)
  assertThrows(make(storage, 'Burning', schema), 'invalid-argument', '"Burning"')
  assertThrows(make(storage, '', schema), 'invalid-argument', 'the name of a component')
  assertThrows(make(storage, 'Odd', { x: 5 }), 'invalid-argument', 'field x', '"Odd"')
  const attached = attachStorage(storage.handle, arena.openPool())
  for (const other of [undefined, null, {}, storage.pool, attached, storage.components]) {
    assertThrows(make(other, 'Odd', schema), 'invalid-argument', 'the storage', 'createStorage()')
  }
  assert.equal(Object.keys(storage.components), ['Burning'])
  const eid = addEntity(world)
  assertThrows(() => Burning.marks.push(eid, 1), 'invalid-argument', `entity ${eid}`, 'no row')
  assertThrows(() => Burning.cause.set(eid, 'x'), 'invalid-argument', 'no row')
  assert.equal(Burning.marks.toArray(eid), [])
  assert.is(Burning.rows.count, 0)
  assert.is(rowsOf(attached.components.Burning).count, 0)
  attached.detach()
  storage.dispose()
  assertThrows(make(storage, 'Late', schema), 'storage-disposed')
})

test('of a storage that is disposed of, a component takes no memory any more', () => {
  const { arena, world, storage } = createScene()
  const Burning = createSparseComponent(storage, 'Burning', schema)
  const eid = addEntity(world)
  addComponent(world, eid, set(Burning, { marks: [1], cause: 'oil' }))
  storage.dispose()
  assertThrows(() => Burning.marks.push(eid, 1), 'invalid-argument', 'no row')
  assertThrows(() => Burning.cause.set(eid, 'x'), 'invalid-argument', 'no row')
  assert.equal(Burning.marks.toArray(eid), [])
  assert.equal(blocksOf(arena), [])
})

test('the object from `rows` is read-only', () => {
  withScene({}, ({ world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = rowsOf(storage.components.Burning)
    assert.is(rows, Burning.rows)
    const eid = addEntity(world)
    addComponent(world, eid, Burning)
    for (const name of ['dispose', 'compact', 'append', 'lose']) assert.not.ok(name in rows)
    for (const name of ['count', 'entities', 'indexOf', 'heat']) {
      assert.throws(() => Object.assign(rows, { [name]: 0 }), TypeError)
    }
    assert.is(rows.count, 1)
    assert.is(rows.entities[rows.indexOf(eid)], eid)
  })
})

test('a component that finds no memory leaves none allocated, though a thread is attached', () => {
  const { arena, pool, storage } = createScene({ shared: true, byteLength: 2 ** 20 })
  storage.component('Here', { x: t.f32 })
  attachStorage(storage.handle, arena.openPool())
  const room = [40, 40, 40].map((byteLength) => pool.alloc(byteLength))
  fillUp(pool)
  for (let count = 1; count <= room.length; count++) {
    pool.free(room[count - 1])
    const before = blocksOf(arena).length
    for (let round = 0; round < 3; round++) {
      const create = () => createSparseComponent(storage, 'Rare', { a: t.u8 })
      assertThrows(create, 'out-of-memory')
      assert.is(blocksOf(arena).length, before, `${count} blocks are free`)
    }
    assert.equal(Object.keys(storage.components), ['Here'])
  }
})

test('out of memory at any step: no entity is half added, and all others stay', () => {
  for (let spare = 0; spare < 14; spare++) {
    const { arena, pool, world, storage } = createScene({ byteLength: 2 ** 19 })
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = Burning.rows
    const eids: number[] = []
    const fill = fillUp(pool)
    for (let i = 0; i < spare; i++) pool.free(fill.pop() ?? 0)
    let failed = 0
    for (let i = 0; i < 500 && failed === 0; i++) {
      const eid = addEntity(world)
      try {
        addComponent(world, eid, Burning)
        Burning.rows.heat[rows.indexOf(eid)] = eid
        eids.push(eid)
      } catch {
        failed = eid
      }
      if (i % 20 === 0 || failed !== 0) assertSound(arena)
    }
    assert.ok(failed > 0, 'memory ran out')
    assert.not.ok(hasComponent(world, failed, Burning))
    assert.is(rows.indexOf(failed), -1)
    assert.is(rows.count, eids.length)
    for (const eid of eids) assert.is(Burning.rows.heat[rows.indexOf(eid)], eid)
    storage.dispose()
    assertSound(arena)
  }
})

test('while a system runs, nothing is pulled from under it: as of flat components', () => {
  for (const sparse of [false, true]) {
    const { arena, world, storage } = createScene({ capacity: 64 })
    const Burning = createComponent(storage, 'Burning', schema, sparse)
    const plain = createComponent(storage, 'Plain', { heat: t.f32 }, sparse)
    const [eid, other] = [addEntity(world), addEntity(world)]
    for (const component of [Burning, plain]) addComponent(world, eid, component)
    Burning.marks.replace(eid, [1, 2])
    storage.runs.last = { isDone: () => false } as never
    for (const component of [Burning, plain]) removeComponent(world, eid, component)
    const blocks = blocksOf(arena)
    assertThrows(() => addComponent(world, eid, Burning), 'group-busy', 'lists or texts')
    assert.not.ok(hasComponent(world, eid, Burning))
    assert.equal(Burning.marks.toArray(eid), [1, 2])
    for (const call of ['sync', 'reset', 'dispose'] as const) {
      assertThrows(() => storage[call](), 'group-busy', `storage.${call}()`)
    }
    assertThrows(() => moveOut(storage, eid), 'group-busy', 'moveOut()')
    assert.equal(blocksOf(arena), blocks)
    addComponent(world, eid, plain) // no lists
    addComponent(world, other, Burning) // nothing has to move for it
    if ('rows' in Burning) {
      const { rows } = Burning
      let grower = other
      const outgrow = () => {
        while (rows.count < 100) {
          grower = addEntity(world)
          addComponent(world, grower, Burning)
        }
      }
      assertThrows(outgrow, 'group-busy', 'have to move')
      assert.not.ok(hasComponent(world, grower, Burning))
      assert.is(rows.indexOf(grower), -1)
    }
    storage.runs.last = undefined
    addComponent(world, eid, Burning)
    assert.equal(Burning.marks.toArray(eid), [])
    storage.sync()
    assertSound(arena)
    storage.dispose()
    assert.equal(blocksOf(arena), [])
  }
})

test('a component for which there is no memory, at any step, leaves nothing behind', () => {
  const { arena, pool, world } = createScene()
  let left = Infinity
  const count = () => {
    if (left-- <= 0) throw new Error('no memory left')
  }
  const stingy: Pool = Object.assign(Object.create(pool), {
    allocArray(...given: Parameters<Pool['allocArray']>) {
      count()
      return pool.allocArray(...given)
    },
    allocZeroed(byteLength: number) {
      count()
      return pool.allocZeroed(byteLength)
    },
  })
  const storage = createStorage(world, stingy)
  const blockCount = blocksOf(arena).length
  for (let steps = 0; steps < 4; steps++) {
    left = steps // index, and a column for each of the three fields
    assert.throws(() => createSparseComponent(storage, 'Burning', schema), 'no memory left')
    assert.is(blocksOf(arena).length, blockCount)
    assertSound(arena)
  }
  left = 4
  const Burning = createSparseComponent(storage, 'Burning', schema)
  assert.is(Burning.rows.count, 0)

  // And the same as it grows: all of them move together, or none.
  left = Infinity
  const rows = Burning.rows
  let failures = 0
  for (let i = 0; i < 1000; i++) {
    const eid = addEntity(world)
    for (let steps = 0; ; steps++) {
      left = steps
      try {
        addComponent(world, eid, Burning)
        break
      } catch (error) {
        assert.is((error as Error).message, 'no memory left')
        assert.not.ok(hasComponent(world, eid, Burning))
        assert.is(rows.indexOf(eid), -1)
        assert.is(rows.count, i)
        assert.is(Burning.rows.heat.length, rows.entities.length)
        failures++
        assertSound(arena)
      }
    }
    assert.is(rows.indexOf(eid), i)
  }
  assert.ok(failures > 30, `${failures} failures`)
  left = Infinity
  storage.dispose()
  assert.equal(blocksOf(arena), [])
})

test('a WebAssembly.Memory grows: rows are found, made and lost before the next sync', () => {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 256 })
  const arena = Arena.create({ memory, byteLength: 64 * 65536 })
  const world = createWorld()
  const storage = createStorage(world, arena.openPool())
  const Burning = createSparseComponent(storage, 'Burning', schema)
  const rows = Burning.rows
  const pool = arena.openPool()
  const attached = attachStorage(storage.handle, pool)
  const there = rowsOf(attached.components.Burning)
  const eids: number[] = []
  for (let turn = 0; turn < 6; turn++) {
    for (let i = 0; i < 30; i++) {
      const eid = addEntity(world)
      addComponent(world, eid, set(Burning, { heat: eid, marks: [turn] }))
      eids.push(eid)
      if (i === 20) memory.grow(1)
    }
    const lost = eids.splice(turn, 1)[0]
    removeComponent(world, lost, Burning)
    for (const eid of eids) {
      assert.ok(rows.indexOf(eid) >= 0)
      assert.equal(getComponent(world, eid, Burning)?.heat, eid)
    }
    assert.is(there.indexOf(2 ** 20), -1)
    assert.is(there.count >= 0, true)
    storage.sync()
    attached.sync()
    assert.is(rows.count, eids.length)
    assert.is(there.count, eids.length)
    for (const eid of eids) {
      assert.is(Burning.rows.heat[rows.indexOf(eid)], eid)
      assert.is(there.indexOf(eid), rows.indexOf(eid))
      assert.is(rows.entities[rows.indexOf(eid)], eid)
    }
    assertSound(arena)
  }
  attached.detach()
  pool.close()
  storage.dispose()
  assert.equal(blocksOf(arena), [])
})

test('commands add, set and remove it, from an attached thread too', () => {
  withScene({}, ({ arena, world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const rows = Burning.rows
    const eids = Array.from({ length: 100 }, () => addEntity(world))
    const pool = arena.openPool()
    const attached = attachStorage(storage.handle, pool)
    const commands = createCommands(attached)
    for (const eid of eids) commands.set(eid, 'Burning', { heat: eid, marks: [1, eid], cause: 'c' })
    for (const eid of eids.slice(0, 50)) commands.remove(eid, 'Burning')
    const child = commands.spawn()
    commands.set(child, 'Burning', { heat: -1 })
    applyCommands(storage, commands)
    storage.sync()
    attached.sync()
    assert.is(rows.count, 51)
    const there = rowsOf(attached.components.Burning)
    const { heat } = (attached.components.Burning as typeof Burning).rows
    for (const eid of eids.slice(50)) {
      assert.is(there.indexOf(eid), rows.indexOf(eid))
      assert.is(heat[there.indexOf(eid)], eid)
      assert.equal(Burning.marks.toArray(eid), [1, eid])
    }
    commands.dispose()
    attached.detach()
    pool.close()
  })
})

/** In a thread that has not synced, rows have their entity's values, and loops stay in bounds. */
function assertConsistent(there: ComponentRows, heat: Float32Array, eids: readonly number[]): void {
  assert.ok(there.count <= there.entities.length && there.count <= heat.length)
  let found = 0
  for (let row = 0; row < there.count; row++) {
    const eid = there.entities[row]
    if (eid === 0) continue
    assert.is(there.indexOf(eid), row)
    assert.is(heat[row], eid)
    found++
  }
  assert.is(eids.filter((eid) => there.entities[there.indexOf(eid)] === eid).length, found)
}

test('until its next sync, an attached thread sees all rows as they were before a move', () => {
  withScene({}, ({ arena, world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const eids: number[] = []
    const light = () => {
      const eid = addEntity(world)
      addComponent(world, eid, set(Burning, { heat: eid, marks: [1] }))
      eids.push(eid)
    }
    for (let i = 0; i < 30; i++) light()
    const pool = arena.openPool()
    const attached = attachStorage(storage.handle, pool)
    const there = rowsOf(attached.components.Burning)
    const { heat } = (attached.components.Burning as typeof Burning).rows
    const entitiesThere = () => [...there.entities.subarray(0, there.count)]
    let outgrown: number[] | undefined
    for (let i = 0; i < 1000; i++) {
      const before = entitiesThere()
      light()
      if (Burning.rows.entities.length > heat.length) outgrown ??= before
      if (i % 7 === 3) removeComponent(world, eids[i], Burning)
      if (i % 10 === 9) storage.sync()
      assertConsistent(there, heat, eids)
      if (outgrown !== undefined) assert.equal(entitiesThere(), outgrown)
    }
    assert.is(outgrown?.length, heat.length)
    storage.sync()
    attached.sync()
    const seen = attached.components.Burning as typeof Burning
    assertConsistent(there, seen.rows.heat, eids)
    assert.is(there.count, Burning.rows.count)
    assert.is(rowsOf(attached.components.Burning), there)
    attached.detach()
    pool.close()
  })
})

test('while nothing moves, an attached thread sees rows that are made, lost and given back', () => {
  withScene({}, ({ arena, world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const eids = Array.from({ length: 40 }, () => addEntity(world))
    for (const eid of eids) addComponent(world, eid, set(Burning, { heat: eid }))
    const pool = arena.openPool()
    const attached = attachStorage(storage.handle, pool)
    const there = rowsOf(attached.components.Burning)
    const { heat } = (attached.components.Burning as typeof Burning).rows
    for (const eid of eids.slice(0, 25)) removeComponent(world, eid, Burning)
    assert.is(there.count, 40)
    storage.sync()
    assert.is(there.count, 15)
    for (const eid of eids.slice(25)) assert.is(heat[there.indexOf(eid)], eid)
    for (const eid of eids.slice(0, 25)) assert.is(there.indexOf(eid), -1)
    attached.detach()
    pool.close()
  })
})

test('after detach, a search for a row ends in memory that has another owner', () => {
  const { arena, world, storage, pool } = createScene({ byteLength: 2 ** 20 })
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32 })
  addComponent(world, addEntity(world), Burning)
  const attached = attachStorage(storage.handle, arena.openPool())
  const there = rowsOf(attached.components.Burning)
  const { byteOffset, length } = there.entities
  const block = blocksOf(arena).find(
    ({ offset }) => offset < byteOffset && byteOffset < offset + 600,
  )
  attached.detach()
  storage.dispose()
  let heir = pool.alloc(block!.byteLength)
  while (heir !== block!.offset) heir = pool.alloc(block!.byteLength)
  for (const value of [26, -1, 2 ** 31 - 1, 1]) {
    arena.i32.fill(value, heir >> 2, (heir + block!.byteLength) >> 2)
    for (const eid of [1, 26, value])
      assert.ok(there.indexOf(eid) >= -1 && there.indexOf(eid) < length)
    assert.ok(there.count <= length)
  }
})

test('a value that is no id, or the id of a removed entity, has no row', () => {
  const world = createWorld(createEntityIndex(withVersioning()))
  const { arena, storage } = createScene({ world })
  const Burning = createSparseComponent(storage, 'Burning', schema)
  const attached = attachStorage(storage.handle, arena.openPool())
  const [rows, there] = [Burning.rows, rowsOf(attached.components.Burning)]
  const gone = addEntity(world)
  addComponent(world, gone, set(Burning, { heat: 1, marks: [1] }))
  removeEntity(world, gone)
  const heir = addEntity(world)
  assert.is(heir & 0xffffff, gone)
  assert.is(rows.indexOf(heir), -1)
  addComponent(world, heir, set(Burning, { heat: 5 }))
  assert.equal(getComponent(world, heir, Burning), { heat: 5, marks: [], cause: '' })
  // Until the next sync each has its own row; the one who is gone has lost it.
  assert.is(rows.entities[rows.indexOf(gone)], 0)
  assert.is(Burning.rows.heat[rows.indexOf(gone)], 1)
  Burning.marks.push(gone, 9)
  assert.equal(Burning.marks.toArray(heir), [])
  storage.sync()
  attached.sync()
  for (const found of [rows, there]) {
    assert.is(found.indexOf(heir), 0)
    const bad = [
      gone,
      heir + 2 ** 32,
      heir + 0.5,
      String(heir),
      Number.NaN,
      undefined,
      null,
      [heir],
    ]
    for (const eid of bad) assert.is(found.indexOf(eid as number), -1, String(eid))
  }
  for (const { components } of [storage, attached]) {
    const { marks } = components.Burning as typeof Burning
    assertThrows(() => marks.push(gone, 9), 'invalid-argument', `entity ${gone}`, 'no row')
    assert.equal(marks.toArray(gone), [])
    assert.equal(marks.toArray(heir), [])
  }
  attached.detach()
  storage.dispose()
  assertSound(arena)
})

test('insert is checked against the length of the entity’s own list, not its predecessor’s', () => {
  withScene({}, ({ arena, world, storage }) => {
    const Burning = createSparseComponent(storage, 'Burning', schema)
    const before = addEntity(world)
    addComponent(world, before, set(Burning, { marks: Array.from({ length: 200 }, () => 1) }))
    const others = Array.from({ length: 50 }, () => addEntity(world))
    for (const eid of others) addComponent(world, eid, set(Burning, { marks: [1, 2, 3] }))
    for (let i = 0; i < others.length; i += 2) Burning.marks.clear(others[i])
    const marks = () => others.map((eid) => Burning.marks.toArray(eid))
    const expected = marks()
    removeEntity(world, before)
    const prefab = addPrefab(world)
    assert.is(prefab, before)
    addComponent(world, prefab, Burning)
    for (const index of [199, 9, 1]) {
      assertThrows(() => Burning.marks.insert(prefab, index, 0xff), 'invalid-argument', 'below 1')
      assert.equal(marks(), expected)
      assertSound(arena)
    }
    Burning.marks.insert(prefab, 0, 7)
    assert.equal(Burning.marks.toArray(prefab), [7])
    assert.equal(marks(), expected)
  })
})

test.run()
