// What a thread leaves that dies in the middle of `remove`: at each of its stores.
import { Arena } from '@ashlar/core'
import { attachTable, createTable, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CHUNK_REMOVING, CHUNK_ROW_COUNT } from '../src/table-layout.ts'
import { assertSound } from './support.ts'

const test = suite('table repair')
const ROWS = 10

/** The stores of `remove` in the order of the source, as far as a number of them. */
function removeHalfWay(words: Int32Array, ids: Int32Array, row: number, storeCount: number): void {
  const last = words[CHUNK_ROW_COUNT] - 1
  const id = ids[row]
  const lastId = ids[last]
  const stores = [
    () => (words[CHUNK_REMOVING] = id),
    ...(row === last ? [] : [() => (ids[row] = lastId), () => {}]),
    () => (words[CHUNK_ROW_COUNT] = last),
  ]
  for (const store of stores.slice(0, storeCount)) store()
}

for (const row of [0, 4, ROWS - 1]) {
  for (let storeCount = 0; storeCount <= 4; storeCount++) {
    test(`row ${row}, dead after ${storeCount} stores: there, or gone; all others there`, () => {
      const arena = Arena.create({ byteLength: 2 ** 20 })
      const main = createTable(arena.openPool(), { x: t.i32 }, { chunkByteLength: 1024 })
      const worker = arena.openPool()
      const table = attachTable<{ x: typeof t.i32 }>(main.handle, worker)
      const given = Array.from({ length: ROWS }, () => table.add())
      table.add()
      table.remove(given.pop()!) // the word holds an id that is gone
      given.push(table.add())
      given.splice(ROWS - 1, 1)
      const ids = given.filter((id) => table.has(id))
      const [chunk] = table.chunks
      for (const id of ids) chunk.x[table.rowOf(id)] = id
      const removed = chunk.idAt(row)
      const offset = (chunk as unknown as { $offset: number }).$offset
      removeHalfWay(new Int32Array(arena.buffer, offset, 16), chunk.ids, row, storeCount)
      worker.close()
      main.sync()
      assert.is(main.ownChunks.length, 1)
      const others = ids.filter((id) => id !== removed)
      for (const id of others) assert.is(main.chunkOf(id)!.idAt(main.rowOf(id)), id)
      const all = new Set(main.chunks[0].ids)
      assert.is(all.size, main.chunkCapacity, 'each id once')
      // Nothing that was given comes again.
      const before = new Set([...ids, removed, ...given])
      const wasThere = main.has(removed)
      while (main.chunks.length === 1) assert.not(before.has(main.add()))
      assert.is(main.has(removed), wasThere)
      assertSound(arena)
    })
  }
}

test.run()
