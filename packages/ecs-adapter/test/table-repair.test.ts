// A chunk whose thread died at any store of `add` or `remove`, or of a repair.
import { t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readTableSchema } from '../src/tables/create-table.ts'
import { TableChunk, type TableSchema, writeChunk } from '../src/tables/table-chunk.ts'
import { layOut } from '../src/tables/table-layout.ts'
import { dies, mortalChunk } from './mortal-chunk.ts'

const test = suite('table repair')
const schema = { a: t.f64, b: t.i32, c: t.u16, d: t.u8, e: t.f64, f: t.f32 }
const columns = Object.keys(schema) as (keyof typeof schema)[]
const ROWS = 10
const layout = layOut(readTableSchema('table', schema), {
  name: 'table',
  chunkByteLength: 1024,
  chunkLimit: 4,
})

type Bytes = ArrayBuffer
type Columns = { readonly [name in keyof TableSchema]: { [row: number]: number } }

const chunkOver = (bytes: Bytes) => new TableChunk(layout, bytes, 0, 2)
const columnsOf = (chunk: TableChunk) => chunk as unknown as Columns

/** What is left for each store that the thread may die before; the last is whole. */
function* leftByDeaths(
  before: Bytes,
  call: (chunk: TableChunk) => void,
): Generator<[Bytes, number]> {
  for (let store = 1; ; store++) {
    const bytes = before.slice(0)
    const isDead = dies(() => call(mortalChunk(layout, bytes, 0, store)))
    yield [bytes, store]
    if (!isDead) return
  }
}

/** Rows whose every column is the id, and all ids that were ever given, as many are gone. */
function createBytes(): { bytes: Bytes; given: Set<number> } {
  const bytes = new ArrayBuffer(1024)
  writeChunk(layout, new Int32Array(bytes), 0, 2, 1)
  const chunk = chunkOver(bytes)
  const given = new Set<number>()
  for (let row = 0; row < layout.chunkCapacity; row++) {
    for (const name of columns) columnsOf(chunk)[name][row] = 99
  }
  const add = () => {
    const row = chunk.addRow()
    given.add(chunk.ids[row])
    for (const name of columns) columnsOf(chunk)[name][row] = chunk.ids[row] % 251
  }
  for (let i = 0; i < ROWS; i++) add()
  for (let i = 0; i < 40; i++) {
    chunk.removeRow((i * 7) % ROWS)
    add()
  }
  return { bytes, given }
}

function assertSound(
  bytes: Bytes,
  given: Set<number>,
  expected: Set<number>,
  torn: number,
  note: string,
) {
  const chunk = chunkOver(bytes)
  const { chunkCapacity } = layout
  assert.is(new Set(chunk.ids).size, chunkCapacity, `${note}: each id once`)
  const slots = new Set([...chunk.ids].map((id) => id % 2 ** layout.slotBits))
  assert.is(slots.size, chunkCapacity, `${note}: an id for each slot`)
  const ids = [...chunk.ids.subarray(0, chunk.rowCount)]
  const there = new Set(ids)
  assert.is(there.size, chunk.rowCount, note)
  for (const id of expected) assert.ok(there.has(id) || id === torn, `${note}: ${id} is gone`)
  for (const id of ids) assert.ok(expected.has(id), `${note}: nobody added ${id}`)
  for (const [row, id] of ids.entries()) {
    assert.is(chunk.$find(id), row, note)
    if (id === torn) continue
    for (const name of columns) assert.is(columnsOf(chunk)[name][row], id % 251, `${note}: ${name}`)
  }
  for (const id of given) if (!there.has(id)) assert.is(chunk.$find(id), -1, note)
  for (let row = chunk.addRow(); row !== -1; row = chunk.addRow()) {
    const id = chunk.ids[row]
    assert.not(given.has(id), `${note}: ${id} comes again`)
    assert.is(chunk.$find(id), row, note)
    for (const name of columns) assert.is(columnsOf(chunk)[name][row], 0, `${note}: ${name}`)
  }
  assert.is(chunk.rowCount, chunkCapacity, note)
}

const calls: Record<string, { call: (chunk: TableChunk) => void; row: number }> = {
  add: { call: (chunk) => chunk.addRow(), row: -1 },
}
for (const row of [0, 4, ROWS - 1]) {
  calls[`remove(${row})`] = { call: (chunk) => chunk.removeRow(row), row }
}

for (const [name, { call, row }] of Object.entries(calls)) {
  test(`${name}: the row is there or not; all other rows are whole, and no id comes again`, () => {
    const { bytes, given } = createBytes()
    const before = chunkOver(bytes)
    const ids = new Set(before.ids.subarray(0, before.rowCount))
    const removed = row === -1 ? 0 : before.ids[row]
    let [deaths, repairs] = [0, 0]
    for (const [left, store] of leftByDeaths(bytes, call)) {
      deaths++
      for (const [half, repairStore] of leftByDeaths(left, (chunk) => chunk.$repair())) {
        repairs++
        chunkOver(half).$repair()
        const note = `${name}, dead before store ${store}, and ${repairStore} of the repair`
        const expected = new Set(ids)
        const after = chunkOver(half)
        if (row === -1 && after.rowCount > ROWS) {
          expected.add(after.ids[ROWS])
          for (const name of columns) assert.is(columnsOf(after)[name][ROWS], 0, note)
        }
        // The row that was just removed may be there or not, and nothing is said of its values.
        assertSound(half, given, expected, row === -1 ? after.ids[ROWS] : removed, note)
      }
    }
    assert.ok(deaths > 3 && repairs > 20 * deaths)
  })
}

test.run()
