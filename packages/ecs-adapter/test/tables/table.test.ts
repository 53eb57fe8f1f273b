import { blocks } from '@ashlar/core'
import { attachTable, createTable, type Table, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, buffers, createRandom } from '../support.ts'
import { create, everyType, fill, names, small } from './tables.ts'

const test = suite('table')

function addInRoom(table: Table<typeof everyType>): number {
  const chunk = table.chunkWithRoom()
  assert.ok(table.ownChunks.includes(chunk))
  return chunk.idAt(chunk.addRow())
}

function assertRow(table: Table<typeof everyType>, id: number, value: number, note: string): void {
  assert.ok(table.has(id), note)
  const chunk = table.chunkOf(id)!
  const row = table.indexOf(id)
  assert.is(chunk.idAt(row), id, note)
  assert.is(chunk.ids[row], id, note)
  for (const [i, name] of names.entries()) assert.is(chunk[name][row], (value + i) % 100, note)
}

for (const [name, options] of Object.entries(buffers)) {
  test(`${name}: random adds and removals by three pools, against Maps`, () => {
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed)
      const { arena, pool } = create({ byteLength: 2 ** 23, ...options })
      const first = createTable(pool, everyType, small)
      const schema = everyType
      const tables = [first]
      const pools = [pool]
      for (let i = 0; i < 2; i++) {
        const other = arena.openPool()
        pools.push(other)
        tables.push(attachTable<typeof schema>(first.handle, other))
      }
      const models = tables.map(() => new Map<number, number>())
      const dead: number[] = []
      const note = `seed ${seed}`
      for (let step = 0; step < 3000; step++) {
        const who = random(3)
        const [table, model] = [tables[who], models[who]]
        const ids = [...model.keys()]
        const isGrowing = step % 1000 < 600
        if (ids.length === 0 || random(10) < (isGrowing ? 7 : 3)) {
          const id = random(2) === 0 ? table.add() : addInRoom(table)
          assert.ok(id > 0 && (id | 0) === id, note)
          assert.not(models.some((one) => one.has(id)) || dead.includes(id), note)
          const [chunk, row] = [table.chunkOf(id)!, table.indexOf(id)]
          for (const field of names) assert.is(chunk[field][row], 0, note)
          fill(table, id, step)
          model.set(id, step)
        } else {
          const id = ids[random(ids.length)]
          if (random(2) === 0) assert.ok(table.remove(id), note)
          else table.chunkOf(id)!.removeRow(table.indexOf(id))
          assert.not(table.has(id), note)
          assert.not(table.remove(id), note)
          model.delete(id)
          dead.push(id)
        }
        if (random(200) === 0) table.trim()
        if (random(50) === 0) for (const one of tables) one.sync()
        if (step % 100 !== 0) continue
        for (const one of tables) one.sync()
        assertSound(arena)
        for (const one of tables) {
          const total = models.reduce((sum, { size }) => sum + size, 0)
          assert.is(one.rowCount, total, note)
          for (const model of models)
            for (const [id, value] of model) assertRow(one, id, value, note)
          for (const id of dead) assert.not(one.has(id), note)
        }
      }
      for (const one of tables.slice(1)) one.detach()
      first.dispose()
      for (const one of pools.slice(1)) one.close()
      assertSound(arena)
      assert.equal(blocks(arena), [])
    }
  })
}

test('the loop of the README: remove by row, backwards, and every row is seen once', () => {
  const { arena, pool } = create()
  const bullets = createTable(pool, { x: t.f32, life: t.i16 }, { name: 'Bullet', ...small })
  for (let i = 0; i < 1000; i++) {
    const id = bullets.add()
    bullets.chunkOf(id)!.life[bullets.indexOf(id)] = i % 3
  }
  let seen = 0
  for (const chunk of bullets.ownChunks) {
    const { life } = chunk
    for (let i = chunk.rowCount - 1; i >= 0; i--) {
      seen++
      if (life[i] === 0) chunk.removeRow(i)
    }
  }
  assert.is(seen, 1000)
  assert.is(bullets.rowCount, 666)
  for (const chunk of bullets.chunks) {
    for (let i = 0; i < chunk.rowCount; i++) assert.is.not(chunk.life[i], 0)
  }
  bullets.clear()
  assert.is(bullets.rowCount, 0)
  assert.ok(bullets.trim() > 0)
  assert.is(bullets.chunks.length, 1)
  bullets.dispose()
  assertThrows(() => bullets.add(), 'table-disposed')
  assert.equal(blocks(arena), [])
})

test('a chunk fills its size class; no columns a whole number of pages apart', () => {
  const { pool } = create()
  const fields = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const
  const schema = Object.fromEntries(fields.map((field) => [field, t.f32]))
  const table = createTable(pool, schema)
  table.add()
  const [chunk] = table.chunks
  assert.ok(table.chunkCapacity * 38 > 0.97 * 65536)
  for (const a of fields) {
    for (const b of fields) {
      if (a !== b) assert.is.not((chunk[a].byteOffset - chunk[b].byteOffset) % 4096, 0)
    }
  }
  assert.is(chunk.a.length, table.chunkCapacity)
})

test('hostile ids, rows and handles are refused', () => {
  const { arena, pool } = create()
  const table = createTable(pool, { x: t.f32 }, small)
  const other = createTable(pool, { y: t.f32 }, small)
  const id = table.add()
  const hostile: unknown[] = [0, -1, -id, id + 0.5, NaN, Infinity, 2 ** 32 + id, `${id}`, 1n]
  for (const one of [...hostile, null, undefined, {}, Symbol('id'), id + 1, id + 2 ** 24]) {
    assert.not(table.has(one as number))
    assert.is(table.indexOf(one as number), -1)
    assert.is(table.chunkOf(one as number), undefined)
    assert.not(table.remove(one as number))
  }
  const [chunk] = table.chunks
  for (const row of [-1, 1, 0.5, NaN, '0', 0n, null, undefined, {}]) {
    assertThrows(() => chunk.removeRow(row as number), 'invalid-argument', 'row')
  }
  for (const row of [-1, 1, 0.5, NaN]) assert.is(chunk.idAt(row), 0)
  const block = pool.alloc(5000)
  const third = arena.openPool()
  for (const offset of [0, -8, 16, block, block + 16, 1e9, 0.5, '16', null, undefined, {}, 8n]) {
    const handle = { offset: offset as number, serial: table.handle.serial }
    assertThrows(() => attachTable(handle, third), 'invalid-argument', 'handle')
  }
  for (const serial of [table.handle.serial ^ 1, other.handle.serial, undefined, null, '1', -1]) {
    const handle = { ...table.handle, serial: serial as number }
    assertThrows(() => attachTable(handle, third), 'invalid-argument', 'handle')
  }
  assertThrows(
    () => attachTable(table.handle, pool),
    'already-attached',
    'table "table"',
    'attachTable',
  )
  assert.is(other.rowCount, 0)
  other.dispose()
  assertThrows(() => attachTable(other.handle, pool), 'invalid-argument')
  assertSound(arena)
})

test('impossible schemas and options are refused; the errors name possible ones', () => {
  const { arena, pool } = create()
  const make = (schema: object, options?: object) => () =>
    createTable(pool, schema as { x: typeof t.f32 }, options)
  assertThrows(make({}), 'invalid-argument', 'at least one field')
  assertThrows(make([]), 'invalid-argument', 'schema of table "table"')
  assertThrows(make({ data: t.f32 }), 'invalid-argument', 'field name of table "table"')
  assertThrows(make({ a: 5 }, { name: 'Shot' }), 'invalid-argument', 'a of table "Shot"', 't.f32')
  assertThrows(make({ a: t.list(t.f32) }), 'invalid-argument', 'lists', 'component')
  assertThrows(make({ a: t.text }), 'invalid-argument', 'texts')
  assertThrows(make({ rowCount: t.f32 }), 'invalid-argument', 'rowCount')
  assertThrows(make({ ids: t.f32 }), 'invalid-argument', 'ids')
  assertThrows(make({ x: t.f32 }, { name: '' }), 'invalid-argument', 'name')
  assertThrows(make({ x: t.f32 }, { name: 5 }), 'invalid-argument', 'name')
  assertThrows(make({ x: t.f32 }, { name: null }), 'invalid-argument', 'name')
  for (const chunkByteLength of [0, -1, 0.5, NaN, 100, 2 ** 20, '64']) {
    assertThrows(make({ x: t.f32 }, { chunkByteLength }), 'invalid-argument', 'chunkByteLength')
  }
  for (const chunkLimit of [0, -1, 0.5, NaN, 2 ** 17, '64', 2 ** 16]) {
    assertThrows(make({ x: t.f32 }, { chunkLimit }), 'invalid-argument', 'chunkLimit')
  }
  assert.equal(blocks(arena), [])
})

test('names of chunk members are refused as field names', () => {
  const { pool } = create()
  const table = createTable(pool, { x: t.f32 })
  table.add()
  const members: string[] = []
  for (let one: object = table.chunks[0]; one !== null; one = Object.getPrototypeOf(one)) {
    members.push(...Object.getOwnPropertyNames(one).filter((name) => !name.startsWith('__')))
  }
  for (const name of members) {
    const make = () => createTable(pool, { [name]: t.f32 })
    if (name !== 'x') assertThrows(make, 'invalid-argument', name)
  }
})

test('a full chunk adds nothing, and chunkWithRoom() returns another', () => {
  const { arena, pool } = create()
  const table = createTable(pool, { x: t.f32 }, small)
  const chunk = table.chunkWithRoom()
  for (let row = 0; row < table.chunkCapacity; row++) {
    assert.is(table.chunkWithRoom(), chunk)
    assert.is(chunk.addRow(), row)
  }
  assert.is(chunk.addRow(), -1)
  assert.is(chunk.rowCount, table.chunkCapacity)
  assert.is.not(table.chunkWithRoom(), chunk)
  assert.is(table.chunks.length, 2)
  chunk.removeRow(0)
  table.sync()
  assert.is(table.chunkWithRoom(), chunk)
  assertSound(arena)
})

test.run()
