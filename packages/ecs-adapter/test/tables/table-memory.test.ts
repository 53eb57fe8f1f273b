// Memory of tables: full arenas, and chunks that are trimmed, taken over or stale.
import { Arena, blocks } from '@ashlar/core'
import { attachTable, type Chunk, createTable, type Table, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TableChunk } from '../../src/tables/table-chunk.ts'
import { EPOCH } from '../../src/tables/table-root.ts'
import { assertSound, assertThrows, fillUp } from '../support.ts'
import { create, small } from './tables.ts'

const test = suite('table: memory')

test('out of memory or chunks: nothing is lost, and adding works once there is room', () => {
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
    assert.equal(blocks(arena), [])
  }
})

test('a chunk is found although its thread died between the link and the new epoch', () => {
  for (const call of ['adoptChunks', 'dispose'] as const) {
    const { arena, pool } = create()
    const table = createTable(pool, { x: t.f32 }, small)
    const otherPool = arena.openPool()
    const epochWord = (table.handle.offset >> 2) + EPOCH
    const epoch = arena.i32[epochWord]
    attachTable(table.handle, otherPool).add()
    assert.is.not(arena.i32[epochWord], epoch)
    arena.i32[epochWord] = epoch
    otherPool.close()
    if (call === 'adoptChunks') {
      assert.is(table.adoptChunks(), 1)
      assert.is(table.rowCount, 1)
    }
    table.dispose()
    assert.equal(blocks(arena), [], call)
    assertSound(arena)
  }
})

test('a trim that meets an overwritten count leaves no freed chunk in use', () => {
  const { arena, pool } = create()
  const table = createTable(pool, { x: t.f32 }, small)
  const ids = Array.from({ length: 2 * table.chunkCapacity + 1 }, () => table.add())
  const [, overwritten, empty] = table.ownChunks as unknown as TableChunk[]
  table.remove(ids.at(-1)!)
  arena.i32[overwritten.$offset >> 2] = 2 ** 31 - 1
  assertThrows(() => table.trim(), 'corrupt')
  assert.is(table.ownChunks.length, 2)
  assert.not(blocks(arena).some(({ offset }) => offset === empty.$offset))
})

test('trim and dispose in a full arena free the chunks of other threads', () => {
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
        assert.is(blocks(arena).length, held.length + 1 + 1, note)
        assert.is(main.trim(), 0, note)
        assert.is(main.indexOf(main.add()), 0, note)
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
      assert.equal(blocks(arena), [], note)
      assertSound(arena)
    }
  }
})

test('chunks of closed pools are taken over, those of open pools are not', () => {
  const { arena, pool } = create()
  const main = createTable(pool, { x: t.i32 }, small)
  const [workerPool, readerPool] = [arena.openPool(), arena.openPool()]
  const worker = attachTable<{ x: typeof t.i32 }>(main.handle, workerPool)
  const reader = attachTable(main.handle, readerPool)
  const ids = Array.from({ length: 200 }, () => worker.add())
  main.sync()
  assert.is(main.adoptChunks(), 0)
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
  assert.is(reader.adoptChunks(), 0)
  for (const id of ids) assert.ok(main.has(id) && reader.has(id))
  for (const id of ids) assert.ok(main.remove(id))
  reader.detach()
  assertThrows(() => attachTable(main.handle, arena.openPool()).dispose(), 'invalid-argument')
})

test('a freed chunk is stale, and its views reach no memory', () => {
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
    assertThrows(() => chunk.removeRow(0), 'stale-chunk', `chunk ${chunk.number}`)
    assertThrows(() => chunk.rowCount, 'stale-chunk', 'sync')
    assertThrows(() => chunk.idAt(0), 'stale-chunk')
    assert.is(chunk.addRow(), -1)
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

test('a chunk that its thread frees while another follows the list is skipped', () => {
  const { arena, pool } = create()
  const main = createTable(pool, { x: t.i32 }, small)
  const otherPool = arena.openPool()
  let isArmed = false
  const looks: number[] = []
  /**
   * As if `free` overwrote the header between two reads: the block is live, its length is a link.
   */
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

test('a detached thread does not attach to another table at the same offset', () => {
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

test('a thread whose pool is closed cannot change the list of chunks', () => {
  const { arena, pool } = create()
  const main = createTable(pool, { x: t.f32 }, small)
  const other = arena.openPool()
  const table = attachTable(main.handle, other)
  for (let i = 0; i < 2 * table.chunkCapacity; i++) table.add()
  table.clear()
  other.close()
  for (const call of [() => table.add(), () => table.trim(), () => table.adoptChunks()]) {
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
  table.chunkOf(ids[7])!.x[table.indexOf(ids[7])] = 5
  memory.grow(1)
  assert.ok(table.has(ids[7]))
  assert.is(table.chunkOf(ids[7])!.x[table.indexOf(ids[7])], 5)
  memory.grow(1)
  const id = table.add()
  assert.ok(table.has(id) && table.remove(ids[0]))
  const [chunk] = table.chunks
  const expected = chunk.rowCount
  memory.grow(1)
  assertThrows(() => chunk.rowCount, 'stale-chunk', 'grown')
  assertThrows(() => chunk.removeRow(0), 'stale-chunk')
  assert.is(chunk.addRow(), -1)
  assert.is(table.rowCount, 300)
  assert.is(chunk.rowCount, expected)
  memory.grow(1)
  assertThrows(() => chunk.idAt(0), 'stale-chunk')
  table.sync()
  assert.is(chunk.rowCount, expected)
})

test.run()
