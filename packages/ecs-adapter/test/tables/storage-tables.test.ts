// Tables of a storage: by name, in every thread that attaches.
import { blocks } from '@ashlar/core'
import {
  applyCommands,
  attachStorage,
  attachTable,
  type Chunk,
  createCommands,
  createTable,
  type Table,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, observe, onAdd, onRemove, removeEntity, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, createScene, fillUp, withScene } from '../support.ts'

const test = suite('storage tables')
const schema = { x: t.f32, owner: t.eid }

test('attached threads find tables by name, later ones too, and add their own rows', () => {
  withScene({}, ({ arena, storage }) => {
    const Bullet = createTable(storage, 'Bullet', schema)
    assert.is(storage.tables.Bullet as unknown, Bullet)
    const pool = arena.openPool()
    const attached = attachStorage(storage.handle, pool)
    const bullets = attached.tables.Bullet as unknown as typeof Bullet
    const id = bullets.add()
    bullets.chunkOf(id)!.x[bullets.indexOf(id)] = 7
    assert.not(Bullet.has(id))
    storage.sync()
    assert.ok(Bullet.has(id))
    assert.is(Bullet.chunkOf(id)!.x[Bullet.indexOf(id)], 7)
    assert.is(Bullet.ownChunks.length, 0)
    const Spark = createTable(storage, 'Spark', { life: t.u8 }, { chunkByteLength: 4096 })
    Spark.add()
    assert.is('Spark' in attached.tables, false)
    storage.sync()
    attached.sync()
    assert.is(attached.tables.Spark.rowCount, 1)
    Spark.add()
    attached.sync()
    assert.is(attached.tables.Spark.rowCount, 2)
    // A thread that idles keeps its chunks; one that closes its pool leaves them.
    attached.detach()
    storage.sync()
    assert.is(Bullet.ownChunks.length, 0)
    attached.sync()
    assert.is(bullets.ownChunks.length, 1)
    assert.ok(bullets.has(id))
    attached.detach()
    pool.close()
    storage.sync()
    assert.is(Bullet.ownChunks.length, 1)
    assert.ok(Bullet.remove(id))
    assertSound(arena)
  })
})

test('names are given once; schemas as of tables; nothing after dispose', () => {
  const { storage, arena } = createScene()
  createTable(storage, 'Bullet', schema)
  assertThrows(() => createTable(storage, 'Bullet', schema), 'invalid-argument', 'Bullet')
  for (const name of ['', null, undefined, 5, ['Bullet'], Symbol('x')]) {
    assertThrows(
      () => createTable(storage, name as string, schema),
      'invalid-argument',
      'name of a table',
    )
  }
  const path = { points: t.list(t.f32) } as unknown as typeof schema
  assertThrows(() => createTable(storage, 'Path', path), 'invalid-argument', 'points')
  assert.equal(Object.keys(storage.tables), ['Bullet'])
  const pool = arena.openPool()
  attachStorage(storage.handle, pool).detach()
  const direct = attachTable(storage.tables.Bullet.handle, pool)
  assertThrows(() => storage.dispose(), 'still-attached', `${pool.slot}`)
  direct.detach()
  storage.dispose()
  assertThrows(() => direct.sync(), 'table-disposed')
  assertThrows(() => createTable(storage, 'Late', schema), 'storage-disposed')
  pool.close()
  assert.equal(blocks(arena), [])
})

test('dispose is refused, and does nothing, while commands are busy or a table has readers', () => {
  const { storage, arena, world, pool } = createScene()
  const Mark = storage.component('Mark', { value: t.i32 })
  const tables = ['Bullet', 'Spark', 'Smoke'].map((name) => createTable(storage, name, schema))
  const ids = tables.map((table) => table.add())
  const readers = tables.map(() => arena.openPool())
  const isWhole = () => {
    assertSound(arena)
    assert.not(storage.isDisposed)
    assert.equal(Object.values(storage.tables), tables)
    for (const [i, table] of tables.entries()) assert.ok(table.has(ids[i]))
    storage.sync()
  }
  let refusedCount = 0
  const refuse = (code: string, ...words: string[]) => {
    assertThrows(() => storage.dispose(), code, ...words)
    refusedCount++
    isWhole()
  }
  observe(world, onAdd(Mark), () => refuse('commands-busy'))
  const commands = createCommands(storage)
  commands.add(commands.spawn(), Mark)
  assert.is(applyCommands(storage, commands), 0)
  const values = {
    get value() {
      refuse('commands-busy')
      return 1
    },
  }
  commands.set(commands.spawn(), Mark, values)
  assert.ok(refusedCount >= 2) // the getter is read more than once
  for (const [i, { handle }] of tables.entries()) {
    const reader = attachTable(handle, readers[i])
    refuse('still-attached', String(readers[i].slot))
    reader.detach()
  }
  tables[1].detach() // in the thread of the world
  storage.dispose()
  assertSound(arena)
  for (const reader of readers) reader.close()
  pool.flush()
  assert.equal(blocks(arena), [])
})

test('dispose in a full arena: nothing is left', () => {
  for (const chunkByteLength of [1024, 65536]) {
    const { storage, arena, pool } = createScene({ byteLength: 2 ** 22 })
    const tables = ['Bullet', 'Spark'].map((name) => {
      return createTable(storage, name, schema, { chunkByteLength, chunkLimit: 64 })
    })
    const workerPool = arena.openPool()
    for (const { handle, chunkCapacity } of tables) {
      const table = attachTable(handle, workerPool)
      for (let i = 0; i < 8 * chunkCapacity; i++) table.add()
      table.detach()
    }
    const held = fillUp(pool)
    tables[0].dispose()
    assertThrows(() => tables[0].add(), 'table-disposed')
    storage.dispose()
    assert.ok(storage.isDisposed)
    assertSound(arena)
    pool.flush()
    assert.is(blocks(arena).length, held.length)
    for (const block of held) pool.free(block)
    assertThrows(() => storage.dispose(), 'storage-disposed')
    workerPool.close()
    pool.flush()
    arena.openPool()
    assert.equal(blocks(arena), [])
    assertSound(arena)
  }
})

test('a table that is disposed of leaves the storage, in every thread', () => {
  withScene({}, ({ arena, storage }) => {
    const Bullet = createTable(storage, 'Bullet', schema)
    const Spark = createTable(storage, 'Spark', schema)
    Bullet.add()
    const [pool, late] = [arena.openPool(), arena.openPool()]
    const attached = attachStorage(storage.handle, pool)
    const bullets = attached.tables.Bullet
    const [chunk] = bullets.chunks
    assertThrows(() => Bullet.dispose(), 'still-attached', 'table "Bullet"')
    assert.is(storage.tables.Bullet as unknown, Bullet)
    attached.detach()
    Bullet.dispose()
    assert.equal(Object.keys(storage.tables), ['Spark'])
    // Before it is published, too.
    attached.sync()
    assert.equal(Object.keys(attached.tables), ['Spark'])
    assertThrows(() => bullets.add(), 'table-disposed')
    assertThrows(() => chunk.rowCount, 'stale-chunk')
    const second = attachStorage(storage.handle, late)
    assert.equal(Object.keys(second.tables), ['Spark'])
    // Another one may have the name, and the place.
    attached.detach()
    const next = createTable(storage, 'Bullet', { y: t.f64 })
    next.add()
    storage.sync()
    for (const one of [attached, second]) {
      one.sync()
      assert.equal(Object.keys(one.tables), ['Spark', 'Bullet'])
      assert.is(one.tables.Bullet.handle.serial, next.handle.serial)
      assert.equal(Object.keys(one.tables.Bullet.chunks[0]), ['number', 'ids', 'y'])
      one.detach()
    }
    storage.forget(pool.slot)
    Spark.dispose()
    assertThrows(() => Spark.dispose(), 'table-disposed')
    storage.sync()
  })
})

test('a detached table does not block forget and dispose', () => {
  withScene({}, ({ arena, storage }) => {
    const Bullet = createTable(storage, 'Bullet', schema)
    void storage.handle
    const pool = arena.openPool()
    const attached = attachStorage(storage.handle, pool)
    attached.tables.Bullet.add()
    pool.close()
    Bullet.detach()
    storage.forget(pool.slot)
    assert.not(Bullet.isAttached)
    Bullet.sync()
    assert.is(Bullet.ownChunks.length, 1)
    Bullet.detach()
  })
})

test('forget takes over the chunks of a dead thread', () => {
  withScene({}, ({ arena, storage }) => {
    const Bullet = createTable(storage, 'Bullet', schema)
    const pool = arena.openPool()
    const bullets = attachStorage(storage.handle, pool).tables.Bullet
    const ids = [bullets.add(), bullets.add()]
    pool.close() // as adopt(slot).close() leaves it
    storage.forget(pool.slot)
    assert.is(Bullet.ownChunks.length, 1)
    assert.equal(ids.map(Bullet.has, Bullet), [true, true])
  })
})

test('rows of entities: the id in a component, the entity in the table', () => {
  withScene({}, ({ world, storage }) => {
    const Body = createTable(storage, 'Body', schema)
    const HasBody = storage.component('HasBody', { row: t.i32 })
    observe(world, onRemove(HasBody), (eid) => Body.remove(HasBody.row[eid]))
    const eids = Array.from({ length: 100 }, () => {
      const eid = addEntity(world)
      const id = Body.add()
      Body.chunkOf(id)!.owner[Body.indexOf(id)] = eid
      addComponent(world, eid, set(HasBody, { row: id }))
      return eid
    })
    for (const eid of eids.slice(0, 50)) removeEntity(world, eid)
    assert.is(Body.rowCount, 50)
    for (const eid of eids.slice(50)) {
      const id = HasBody.row[eid]
      assert.is(Body.chunkOf(id)!.owner[Body.indexOf(id)], eid)
    }
  })
})

test('reset leaves the rows of tables', () => {
  withScene({}, ({ world, storage }) => {
    const Body = createTable(storage, 'Body', schema)
    const id = Body.add()
    addEntity(world)
    storage.reset()
    assert.ok(Body.has(id))
    Body.clear()
    assert.is(Body.rowCount, 0)
  })
})

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const expectType = <_ extends true>() => {}

test('a chunk has the typed arrays of its schema, read-only, and no others', () => {
  withScene({}, ({ storage }) => {
    const Bullet = createTable(storage, 'Bullet', { x: t.f32, life: t.i16 })
    expectType<
      Equal<typeof Bullet, Table<{ readonly x: typeof t.f32; readonly life: typeof t.i16 }>>
    >()
    Bullet.add()
    const chunk: Chunk<{ x: typeof t.f32; life: typeof t.i16 }> = Bullet.chunks[0]
    expectType<Equal<typeof chunk.x, Float32Array>>()
    expectType<Equal<typeof chunk.life, Int16Array>>()
    // @ts-expect-error: no such field
    assert.is(chunk.y, undefined)
    assert.throws(() => {
      // @ts-expect-error: columns are read-only
      chunk.x = new Float32Array(1)
    })
    // @ts-expect-error: a table has numbers only
    assertThrows(() => createTable(storage, 'Path', { points: t.list(t.f32) }), 'invalid-argument')
  })
})

test('a name for a table of a pool says where it goes, and makes nothing', () => {
  withScene({}, ({ pool, arena }) => {
    const before = blocks(arena).length
    const wrong = { createTable: createTable as (...given: unknown[]) => unknown }
    for (const owner of [pool, arena, {}, undefined]) {
      assertThrows(
        () => wrong.createTable(owner, 'Bullet', schema),
        'invalid-argument',
        'createTable(pool, schema, { name })',
      )
    }
    assert.is(blocks(arena).length, before)
  })
})

test.run()
