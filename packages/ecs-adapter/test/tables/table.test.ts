// Tables: rows, ids and chunks against plain Maps, over several pools.
import { Arena } from '@ashlar/core'
import { attachTable, type Chunk, createTable, type Table, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, assertThrows, buffers, createRandom, fillUp, scalars } from '../support.ts'

const test = suite('table')

const create = ({ byteLength = 2 ** 22, shared = true } = {}) => {
  const arena = Arena.create({ byteLength, shared })
  return { arena, pool: arena.openPool() }
}
const small = { chunkByteLength: 2048 }
const everyType = { ...scalars }
const names = Object.keys(everyType) as (keyof typeof everyType)[]

function fill(table: Table<typeof everyType>, id: number, value: number): void {
  const chunk = table.chunkOf(id)!
  const row = table.rowOf(id)
  for (const [i, name] of names.entries()) chunk[name][row] = (value + i) % 100
}

function addInRoom(table: Table<typeof everyType>): number {
  const chunk = table.room()
  assert.ok(table.ownChunks.includes(chunk))
  return chunk.idAt(chunk.add())
}

function assertRow(table: Table<typeof everyType>, id: number, value: number, note: string): void {
  assert.ok(table.has(id), note)
  const chunk = table.chunkOf(id)!
  const row = table.rowOf(id)
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
          const [chunk, row] = [table.chunkOf(id)!, table.rowOf(id)]
          for (const field of names) assert.is(chunk[field][row], 0, note)
          fill(table, id, step)
          model.set(id, step)
        } else {
          const id = ids[random(ids.length)]
          if (random(2) === 0) assert.ok(table.remove(id), note)
          else table.chunkOf(id)!.remove(table.rowOf(id))
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
      assert.equal(arena.blocks(), [])
    }
  })
}

test('the loop of the README: remove by row, backwards, and every row is seen once', () => {
  const { arena, pool } = create()
  const bullets = createTable(pool, { x: t.f32, life: t.i16 }, { name: 'Bullet', ...small })
  for (let i = 0; i < 1000; i++) {
    const id = bullets.add()
    bullets.chunkOf(id)!.life[bullets.rowOf(id)] = i % 3
  }
  let seen = 0
  for (const chunk of bullets.ownChunks) {
    const { life } = chunk
    for (let i = chunk.rowCount - 1; i >= 0; i--) {
      seen++
      if (life[i] === 0) chunk.remove(i)
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
  assert.equal(arena.blocks(), [])
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

test('ids: a generation for each use of a slot, never 0 or negative, until they wrap', () => {
  const { pool } = create()
  const table = createTable(pool, { x: t.f64 }, { chunkByteLength: 512, chunkLimit: 2 ** 16 })
  const seen = new Set<number>()
  let id = table.add()
  while (!seen.has(id)) {
    assert.ok(id > 0 && id < 2 ** 30)
    seen.add(id)
    table.remove(id)
    assert.not(table.has(id))
    id = table.add()
  }
  assert.ok(seen.size >= 63)
  assert.is(Math.log2(seen.size + 1) % 1, 0)
})

test('ids of chunks that were trimmed stay dead', () => {
  const { pool } = create()
  const table = createTable(pool, { x: t.f32 }, small)
  const dead: number[] = []
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 1000; i++) dead.push(table.add())
    assert.is(new Set(dead).size, dead.length)
    table.clear()
    table.trim()
    for (const id of dead) assert.not(table.has(id))
  }
})

test('an id that trim() lets be given again: half of the generations later at the earliest', () => {
  const seed = 7
  const random = createRandom(seed)
  const { arena, pool } = create()
  const options = { chunkByteLength: 2 ** 19, chunkLimit: 64 } // ids have 16 + 6 + 8 bits
  const table = createTable(pool, { x: t.u16 }, options)
  for (let i = 0; i < table.chunkCapacity; i++) table.add()
  const useCounts = new Map<number, number>()
  const usedAt = new Map<number, number>()
  let leastUses = Infinity
  const use = () => {
    const id = table.add()
    const place = id & (2 ** 22 - 1)
    const count = (useCounts.get(place) ?? 0) + 1
    leastUses = Math.min(leastUses, count - (usedAt.get(id) ?? -Infinity))
    useCounts.set(place, count)
    usedAt.set(id, count)
    return id
  }
  const lastRounds = new Map<number, number>()
  let leastRounds = Infinity
  /** Most of the new chunk's places are used once, one often in every second chunk. */
  const useChunk = (round: number) => {
    const ids = Array.from({ length: 5 }, use)
    const [first] = ids
    leastRounds = Math.min(leastRounds, round - (lastRounds.get(first) ?? -Infinity))
    lastRounds.set(first, round)
    while (ids.length > 0) table.remove(ids.splice(random(ids.length), 1)[0])
    for (let i = random(2) === 0 ? 140 : 5; i > 0; i--) table.remove(use())
    assert.is(table.trim(), 1)
    return first >> 22
  }
  for (let round = 0; round < 90; round++) useChunk(round)
  assert.ok(leastUses >= 128, `seed ${seed}: again after ${leastUses} uses`)
  // When the numbers of all chunks are used up, that begins anew which has been so for longest.
  const firstGenerations = Array.from({ length: 500 }, (_, i) => useChunk(90 + i))
  assert.ok(leastUses < 128 && leastRounds > 30, `seed ${seed}: again after ${leastRounds} chunks`)
  assert.ok(firstGenerations.slice(400).filter((generation) => generation === 1).length > 20)
  assertSound(arena)
})

test('hostile ids, rows and handles are refused', () => {
  const { arena, pool } = create()
  const table = createTable(pool, { x: t.f32 }, small)
  const other = createTable(pool, { y: t.f32 }, small)
  const id = table.add()
  const hostile: unknown[] = [0, -1, -id, id + 0.5, NaN, Infinity, 2 ** 32 + id, `${id}`, 1n]
  for (const one of [...hostile, null, undefined, {}, Symbol('id'), id + 1, id + 2 ** 24]) {
    assert.not(table.has(one as number))
    assert.is(table.rowOf(one as number), -1)
    assert.is(table.chunkOf(one as number), undefined)
    assert.not(table.remove(one as number))
  }
  const [chunk] = table.chunks
  for (const row of [-1, 1, 0.5, NaN, '0', 0n, null, undefined, {}]) {
    assertThrows(() => chunk.remove(row as number), 'invalid-argument', 'row')
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

test('schemas and options that cannot be are refused, with what can', () => {
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
  assert.equal(arena.blocks(), [])
})

test('members of chunks are no names of fields', () => {
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

test('out of memory, and out of chunks: nothing is lost, and it goes on when there is room', () => {
  for (let spare = 0; spare < 40; spare++) {
    const { arena, pool } = create({ byteLength: 2 ** 20 })
    const held: number[] = []
    for (let block = pool.tryAlloc(4096); block !== 0; block = pool.tryAlloc(4096)) held.push(block)
    for (let i = 0; i < spare; i++) pool.free(held.pop()!)
    let table: Table<{ x: typeof t.f32 }> | undefined
    const ids: number[] = []
    try {
      table = createTable(pool, { x: t.f32 }, { ...small, chunkLimit: 64 })
      while (ids.length < 1e5) ids.push(table.add())
    } catch (error) {
      const { code } = error as { code: string }
      assert.ok(code === 'out-of-memory' || code === 'table-full', code)
    }
    assertSound(arena)
    for (const id of ids) assert.ok(table!.has(id))
    if (table !== undefined) {
      assert.is(table.rowCount, ids.length)
      while (ids.length > 0) table.remove(ids.pop()!)
      for (const block of held.splice(0)) pool.free(block)
      table.add()
      table.dispose()
    }
    for (const block of held) pool.free(block)
    assert.equal(arena.blocks(), [])
  }
})

test('trim and dispose in a full arena give chunks of other threads back', () => {
  for (const chunkByteLength of [1024, 65536]) {
    for (const call of ['trim', 'dispose'] as const) {
      const note = `${call} of ${chunkByteLength}`
      const { arena, pool } = create()
      const main = createTable(pool, { x: t.i32 }, { chunkByteLength, chunkLimit: 64 })
      const workerPool = arena.openPool()
      const worker = attachTable(main.handle, workerPool)
      for (let i = 0; i < 8 * main.chunkCapacity; i++) worker.add()
      worker.detach()
      if (call === 'trim') {
        workerPool.close()
        main.sync()
        main.clear()
        assert.is(arena.openPool().slot, workerPool.slot, 'what it frees is told to a thread')
      }
      const [chunk] = main.chunks
      const held = fillUp(pool)
      if (call === 'trim') {
        assert.is(main.trim(), 7, note)
        assert.is(main.chunks.length, 1, note)
        assert.is(arena.blocks().length, held.length + 1 + 1, note)
        assert.is(main.trim(), 0, note)
        assert.is(main.rowOf(main.add()), 0, note)
      } else {
        main.dispose()
        if (chunk !== undefined) assertThrows(() => chunk.rowCount, 'stale-chunk')
        assertThrows(() => main.add(), 'table-disposed')
      }
      assertSound(arena)
      for (const block of held) pool.free(block)
      if (call === 'trim') main.dispose()
      assertThrows(() => main.sync(), 'table-disposed')
      assertThrows(() => main.dispose(), 'table-disposed')
      pool.flush()
      assert.equal(arena.blocks(), [], note)
      assertSound(arena)
    }
  }
})

test('chunks of a pool that is closed are taken over; those of one that is open are not', () => {
  const { arena, pool } = create()
  const main = createTable(pool, { x: t.i32 }, small)
  const [workerPool, readerPool] = [arena.openPool(), arena.openPool()]
  const worker = attachTable<{ x: typeof t.i32 }>(main.handle, workerPool)
  const reader = attachTable(main.handle, readerPool)
  const ids = Array.from({ length: 200 }, () => worker.add())
  main.sync()
  assert.is(main.takeOver(), 0)
  assert.is(main.ownChunks.length, 0)
  assertThrows(() => main.dispose(), 'still-attached', 'table "table"', 'adopt')
  worker.detach()
  worker.detach()
  assertThrows(() => worker.add(), 'table-detached', 'sync()')
  const [first] = worker.chunks
  for (const id of ids) assert.not(worker.has(id) || worker.remove(id))
  assert.is(worker.chunk(first.number), undefined)
  assert.not(worker.isAttached)
  worker.sync()
  assert.ok(worker.ownChunks.length > 0 && worker.has(ids[0]), 'attached again')
  assert.is(worker.chunk(first.number), first, 'views are made once')
  worker.detach()
  workerPool.close()
  const count = main.chunks.length
  main.sync()
  assert.is(main.ownChunks.length, count)
  assert.is(reader.takeOver(), 0)
  for (const id of ids) assert.ok(main.has(id) && reader.has(id))
  for (const id of ids) assert.ok(main.remove(id))
  reader.detach()
  assertThrows(() => attachTable(main.handle, arena.openPool()).dispose(), 'invalid-argument')
})

test('a chunk that is held after it was freed is stale, and leads to nobody’s memory', () => {
  const { arena, pool } = create()
  const main = createTable(pool, { x: t.i32 }, small)
  const otherPool = arena.openPool()
  const other = attachTable<{ x: typeof t.i32 }>(main.handle, otherPool)
  for (let i = 0; i < 2 * main.chunkCapacity; i++) main.add()
  other.sync()
  const held = [main.chunks[1], other.chunks[1]]
  assert.equal(Object.keys(held[0]), ['number', 'ids', 'x'])
  main.clear()
  main.trim()
  other.sync()
  const arrays = Array.from({ length: 4 }, () => pool.allocArray(Int32Array, 500).fill(1))
  const assertStale = (chunk: Chunk<{ x: typeof t.i32 }>) => {
    assertThrows(() => chunk.remove(0), 'stale-chunk', `chunk ${chunk.number}`)
    assertThrows(() => chunk.rowCount, 'stale-chunk', 'sync')
    assertThrows(() => chunk.idAt(0), 'stale-chunk')
    assert.is(chunk.add(), -1)
    chunk.x[0] = 7
    assert.is(chunk.x.length + chunk.ids.length, 0)
  }
  for (const chunk of held) assertStale(chunk)
  for (const array of arrays) assert.ok(array.every((one) => one === 1))
  const last = [main.chunks[0], other.chunks[0]]
  other.detach()
  main.dispose()
  assertStale(last[0])
  assertThrows(() => other.sync(), 'table-disposed')
  assertStale(last[1])
})

test('a chunk that its thread frees while another looks at it is no chunk, and no damage', () => {
  const { arena, pool } = create()
  const main = createTable(pool, { x: t.i32 }, small)
  const otherPool = arena.openPool()
  let isArmed = false
  const looks: number[] = []
  /** As if `free` overwrote the header between two reads: the block is live, its length is a link. */
  const overtaken = Object.assign(Object.create(otherPool), {
    byteLengthOf(offset: number) {
      if (!isArmed || looks.push(offset) !== 3) return otherPool.byteLengthOf(offset)
      const word = (offset >> 2) - 1
      const byteLength = arena.i32[word]
      arena.i32[word] = offset
      try {
        return otherPool.byteLengthOf(offset)
      } finally {
        arena.i32[word] = byteLength
        assert.is(main.trim(), 2)
      }
    },
  })
  const other = attachTable<{ x: typeof t.i32 }>(main.handle, overtaken)
  for (let i = 0; i < 3 * main.chunkCapacity; i++) main.add()
  main.clear()
  isArmed = true
  other.sync()
  assert.ok(looks.length >= 3) // at the root, and at two chunks
  other.sync()
  assert.is(other.chunks.length, 1)
  assertSound(arena)
})

test('a detached thread does not attach again to another table in the same place', () => {
  const { arena, pool } = create()
  const one = createTable(pool, { x: t.f32, big: t.f64 }, { name: 'one' })
  const there = attachTable(one.handle, arena.openPool())
  there.detach()
  one.dispose()
  const two = createTable(pool, { x: t.f32, big: t.i16 }, { name: 'two' })
  two.add()
  assert.is(two.handle.offset, one.handle.offset)
  assertThrows(() => there.sync(), 'table-disposed', 'one')
  assertThrows(() => attachTable(one.handle, arena.openPool()), 'invalid-argument', 'handle')
  assert.is(there.rowCount, 0)
  for (const call of [
    () => there.add(),
    () => there.sync(),
    () => there.trim(),
    () => one.clear(),
  ]) {
    assertThrows(call, 'table-disposed')
  }
  assertSound(arena)
})

test('a thread that has closed its pool changes the list of chunks no more', () => {
  const { arena, pool } = create()
  const main = createTable(pool, { x: t.f32 }, small)
  const other = arena.openPool()
  const table = attachTable(main.handle, other)
  for (let i = 0; i < 2 * table.chunkCapacity; i++) table.add()
  table.clear()
  other.close()
  for (const call of [() => table.add(), () => table.trim(), () => table.takeOver()]) {
    assertThrows(call, 'table-detached', 'closed')
  }
  main.sync()
  assert.is(main.ownChunks.length, 2)
  table.detach()
  main.dispose()
})

test('a table in a WebAssembly.Memory that grows', () => {
  const memory = new WebAssembly.Memory({ initial: 64 })
  const arena = Arena.create({ memory, byteLength: 2 ** 22 })
  const table = createTable(arena.openPool(), { x: t.f32 }, small)
  const ids = Array.from({ length: 300 }, () => table.add())
  table.chunkOf(ids[7])!.x[table.rowOf(ids[7])] = 5
  memory.grow(1)
  assert.ok(table.has(ids[7]))
  assert.is(table.chunkOf(ids[7])!.x[table.rowOf(ids[7])], 5)
  memory.grow(1)
  const id = table.add()
  assert.ok(table.has(id) && table.remove(ids[0]))
  const [chunk] = table.chunks
  const expected = chunk.rowCount
  memory.grow(1)
  assertThrows(() => chunk.rowCount, 'stale-chunk', 'grown')
  assertThrows(() => chunk.remove(0), 'stale-chunk')
  assert.is(chunk.add(), -1)
  assert.is(table.rowCount, 300)
  assert.is(chunk.rowCount, expected)
  memory.grow(1)
  assertThrows(() => chunk.idAt(0), 'stale-chunk')
  table.sync()
  assert.is(chunk.rowCount, expected)
})

test('a chunk that is full adds nothing, and is not the one that has room', () => {
  const { arena, pool } = create()
  const table = createTable(pool, { x: t.f32 }, small)
  const chunk = table.room()
  for (let row = 0; row < table.chunkCapacity; row++) {
    assert.is(table.room(), chunk)
    assert.is(chunk.add(), row)
  }
  assert.is(chunk.add(), -1)
  assert.is(chunk.rowCount, table.chunkCapacity)
  assert.is.not(table.room(), chunk)
  assert.is(table.chunks.length, 2)
  chunk.remove(0)
  table.sync()
  assert.is(table.room(), chunk)
  assertSound(arena)
})

test.run()
