// Promise 12 for tables: frames in which rows come and go, in chunks that are there.
import { Arena, verify } from '@ashlar/core'
import { attachTable, createTable, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../test/support/garbage.ts'
import { scalars } from './support.ts'

const OURS = ['packages/core/src/', 'packages/ecs-adapter/src/']
const test = suite('table garbage')

test('adding, removing, looking up, looping and syncing make none', () => {
  const arena = Arena.create({ byteLength: 2 ** 23 })
  const options = { chunkByteLength: 4096 }
  const table = createTable(arena.openPool(), { ...scalars, life: t.i16 }, options)
  const reader = attachTable(table.handle, arena.openPool())
  let [next, removed, found] = [0, 0, 0]
  const kept = new Int32Array(64)
  const frame = (index: number) => {
    for (let i = 0; i < 200; i++) {
      const id = table.add()
      const chunk = table.chunkOf(id)!
      const row = table.indexOf(id)
      chunk.life[row] = 1 + ((i * 7 + index) % 9)
      chunk.f64[row] = i / 7
      kept[next++ % 64] = id
    }
    for (const chunk of table.ownChunks) {
      const { life, f64, f32 } = chunk
      for (let i = chunk.rowCount - 1; i >= 0; i--) {
        f32[i] += f64[i]
        if (--life[i] > 0) continue
        chunk.removeRow(i)
        removed++
      }
    }
    for (const id of kept) if (table.has(id)) found++
    if (table.remove(kept[index % 64])) removed++
    table.sync()
    reader.detach() // as workers do after each run
    reader.sync()
  }
  const garbage = measureGarbage(frame, { warmup: 1500 })
  assert.ok(removed > 100_000 && found > 1000 && table.chunks.length > 10)
  assertNoGarbage(garbage, OURS)
  assert.is(reader.rowCount, table.rowCount)
  assert.equal(verify(arena), [])
})

test.run()
