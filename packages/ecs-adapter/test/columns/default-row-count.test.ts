// How many rows columns begin with, if no capacity is given: by the arena, and what is free.
import { Arena, type Pool, verify } from '@ashlar/core'
import { createStorage, type Schema, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows } from '../support.ts'

const test = suite('default-row-count')
const KIB = 2 ** 10
const MIB = 2 ** 20

function rowCountIn(byteLength: number, schema: Schema): number {
  const pool = Arena.create({ byteLength, shared: false }).openPool()
  const storage = createStorage(createWorld(), pool)
  const [column] = Object.values(storage.component('One', schema)) as unknown as ArrayLike<number>[]
  return column.length
}

test('2^20 rows, halved until the component takes at most 1/32 of the arena', () => {
  const wide = { a: t.f64, b: t.f64, c: t.f64, d: t.f64, e: t.u8 }
  assert.is(rowCountIn(1024 * MIB, { x: t.f32 }), 2 ** 20)
  assert.is(rowCountIn(1024 * MIB, { ...wide, d: t.u8 }), 2 ** 20)
  assert.is(rowCountIn(1024 * MIB, wide), 2 ** 19)
  assert.is(rowCountIn(128 * MIB, { x: t.f32 }), 2 ** 20)
  assert.is(rowCountIn(128 * MIB - 64 * KIB, { x: t.f32 }), 2 ** 19)
  assert.is(rowCountIn(64 * MIB, { x: t.f32, y: t.f32 }), 2 ** 18)
  assert.is(rowCountIn(64 * MIB, { x: t.f32, y: t.f32, z: t.f32 }), 2 ** 17)
  assert.is(rowCountIn(16 * MIB, { x: t.f32 }), 2 ** 17)
})

test('of a hundred components each gets its share, and a quarter of the arena is left', () => {
  const fields = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, t.f32]))
  for (const mebibytes of [16, 64, 256]) {
    const arena = Arena.create({ byteLength: mebibytes * MIB, shared: false })
    const storage = createStorage(createWorld(), arena.openPool())
    const rowCounts = Array.from({ length: 100 }, (_, i) => {
      const [column] = Object.values(storage.component(`C${i}`, fields))
      return (column as unknown as ArrayLike<number>).length
    })
    const least = Math.min(...rowCounts)
    assert.ok(least >= 32 * mebibytes, `${least} rows in an arena of ${mebibytes} MiB`)
    const { committedByteLength } = arena.stats()
    assert.ok(committedByteLength < 0.75 * mebibytes * MIB, `${committedByteLength} bytes in use`)
  }
})

test('a capacity that is given is kept, whatever the arena', () => {
  const pool = Arena.create({ byteLength: 16 * MIB }).openPool()
  const storage = createStorage(createWorld(), pool, { capacity: 1_000_000 })
  assert.is(storage.component('One', { x: t.f32 }).x.length, 1_000_000)
})

for (const byteLength of [MIB, 2 * MIB, 4 * MIB]) {
  test(`an arena of ${byteLength / MIB} MiB takes a hundred components, and their entities`, () => {
    const arena = Arena.create({ byteLength, slots: 2 })
    const pool = arena.openPool()
    const world = createWorld()
    const storage = createStorage(world, pool)
    const all = Array.from({ length: 100 }, (_, i) => {
      return storage.component(`C${i}`, { x: t.f32, y: t.f32 })
    })
    const rowCounts = all.map(({ x }) => x.length)
    assert.is(rowCounts[0] * 8, 2 ** Math.floor(Math.log2(byteLength / 32)))
    for (let i = 1; i < 100; i++) assert.ok(rowCounts[i] <= rowCounts[i - 1])
    const eids = Array.from({ length: 40 }, () => addEntity(world))
    for (const component of all) {
      for (const eid of eids) addComponent(world, eid, set(component, { x: eid, y: -eid }))
    }
    for (const { x, y } of all) {
      assert.ok(eids.every((eid) => x[eid] === eid && y[eid] === -eid))
    }
    storage.sync()
    assertSound(arena)
    storage.dispose()
    assert.equal(verify(arena), [])
  })
}

test('if no free memory is as long as a column, a component gets fewer rows', () => {
  const pool = Arena.create({ byteLength: 64 * MIB }).openPool()
  const reserve = (byteLength: number) => pool.reserve(byteLength + 64 * MIB) // out of memory
  const inPieces: Pool = Object.assign(Object.create(pool), { reserve })
  const { x } = createStorage(createWorld(), inPieces).component('One', { x: t.f32 })
  assert.is(x.length, 2 ** 16)
  const storage = createStorage(createWorld(), inPieces, { capacity: 2 ** 17 })
  assertThrows(() => storage.component('One', { x: t.f32 }), 'out-of-memory')
})

test.run()
