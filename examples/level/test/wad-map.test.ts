import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTinyWad, TINY_MAP_NAME } from '../src/sim/tiny-wad.ts'
import { findMapLumps, readWad } from '../src/sim/wad.ts'
import { type MapData, readMap } from '../src/sim/wad-map.ts'
import { type LumpBytes, writeMap, writeWad } from '../src/sim/wad-writer.ts'
import { assertWadError } from './support/assert-wad-error.ts'
import { listsOf } from './support/block-lists.ts'

const test = suite('level: wad-map')

/** The lumps of the tiny map; `edit` gets them by name and may change, add or delete. */
function editLumps(edit: (lumps: Map<string, DataView>) => void): () => MapData {
  const wad = readWad(createTinyWad())
  const lumps = new Map<string, DataView>()
  for (const { name, byteOffset, byteLength } of wad.lumps) {
    lumps.set(name, new DataView(wad.view.buffer.slice(byteOffset, byteOffset + byteLength)))
  }
  edit(lumps)
  const written: LumpBytes[] = []
  for (const [name, view] of lumps) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    written.push({ name, bytes })
  }
  const bytes = writeWad('PWAD', written)
  return () => readMap(readWad(bytes), TINY_MAP_NAME)
}

/** Sets a 16-bit field; record counts make the byte offsets readable. */
function setField(name: string, byteOffset: number, value: number): () => MapData {
  return editLumps((lumps) => lumps.get(name)!.setUint16(byteOffset, value, true))
}

const tiny = readMap(readWad(createTinyWad()), TINY_MAP_NAME)
const lumpAt = (name: string) =>
  findMapLumps(readWad(createTinyWad()), TINY_MAP_NAME).byName.get(name)!.byteOffset

test('a map survives writing and reading', () => {
  const again = readMap(readWad(writeWad('IWAD', writeMap(tiny))), TINY_MAP_NAME)
  assert.equal(again.things, tiny.things)
  assert.equal(again.vertices, tiny.vertices)
  assert.equal(again.lines, tiny.lines)
  assert.equal(again.sectors, tiny.sectors)
  assert.equal(listsOf(again.blockMap), listsOf(tiny.blockMap))
})

test('negative coordinates, angles and heights keep their sign', () => {
  const map = editLumps((lumps) => {
    lumps.get('THINGS')!.setInt16(0, -32768, true)
    lumps.get('THINGS')!.setInt16(4, -45, true)
    lumps.get('VERTEXES')!.setInt16(2, -7, true)
    lumps.get('SECTORS')!.setInt16(0, -128, true)
  })()
  assert.is(map.things.x[0], -32768)
  assert.is(map.things.angle[0], -45)
  assert.is(map.vertices[1], -7)
  assert.is(map.sectors.floor[0], -128)
})

test('lumps that are not used may be missing, unknown or broken', () => {
  const map = editLumps((lumps) => {
    lumps.set('NODES', new DataView(new ArrayBuffer(3)))
    lumps.set('WHATEVER', new DataView(new ArrayBuffer(5)))
  })()
  assert.is(map.lines.count, tiny.lines.count)
})

test('a map without things is a map', () => {
  const map = editLumps((lumps) => lumps.set('THINGS', new DataView(new ArrayBuffer(0))))()
  assert.is(map.things.count, 0)
})

test('an empty block map is built', () => {
  const map = editLumps((lumps) => lumps.set('BLOCKMAP', new DataView(new ArrayBuffer(0))))()
  assert.equal(listsOf(map.blockMap), listsOf(tiny.blockMap))
})

for (const name of ['THINGS', 'LINEDEFS', 'SIDEDEFS', 'VERTEXES', 'SECTORS', 'BLOCKMAP']) {
  test(`${name} missing`, () => {
    const read = editLumps((lumps) => lumps.delete(name))
    const markerEntry = new DataView(createTinyWad().buffer).getInt32(8, true) - lengthOf(name)
    assertWadError(read, `E1M1 ${name}`, markerEntry, new RegExp(`no ${name} lump`))
  })

  test(`${name} ends within a record`, () => {
    const read = editLumps((lumps) => {
      const { buffer, byteLength } = lumps.get(name)!
      lumps.set(name, new DataView(buffer, 0, byteLength - 1))
    })
    const size = { THINGS: 10, LINEDEFS: 14, SIDEDEFS: 30, VERTEXES: 4, SECTORS: 26, BLOCKMAP: 2 }
    const recordByteLength = size[name as keyof typeof size]
    const lastRecord = lumpAt(name) + lengthOf(name) - recordByteLength
    const message = new RegExp(`${lengthOf(name) - 1} bytes, .* multiple .* ${recordByteLength}`)
    assertWadError(read, `E1M1 ${name}`, lastRecord, message)
  })
}

function lengthOf(name: string): number {
  return findMapLumps(readWad(createTinyWad()), TINY_MAP_NAME).byName.get(name)!.byteLength
}

for (const name of ['LINEDEFS', 'SIDEDEFS', 'VERTEXES', 'SECTORS']) {
  test(`${name} empty`, () => {
    const read = editLumps((lumps) => lumps.set(name, new DataView(new ArrayBuffer(0))))
    assertWadError(read, `E1M1 ${name}`, lumpAt(name), /empty/)
  })
}

test('a line to a vertex that does not exist', () => {
  const count = tiny.vertices.length / 2
  const at = lumpAt('LINEDEFS')
  const expected = new RegExp(`record 3 names end vertex ${count}, expected 0 to ${count - 1}`)
  assertWadError(setField('LINEDEFS', 44, count), 'E1M1 LINEDEFS', at + 44, expected)
  assertWadError(setField('LINEDEFS', 0, 0xffff), 'E1M1 LINEDEFS', at, /start vertex 65535/)
  setField('LINEDEFS', 44, count - 1)()
})

test('a line with a side that does not exist', () => {
  const at = lumpAt('LINEDEFS')
  const count = lengthOf('SIDEDEFS') / 30
  assertWadError(setField('LINEDEFS', 10, count), 'E1M1 LINEDEFS', at + 10, /right sidedef/)
  assertWadError(setField('LINEDEFS', 10, 0xffff), 'E1M1 LINEDEFS', at + 10, /right sidedef 65535/)
  assertWadError(setField('LINEDEFS', 12, count), 'E1M1 LINEDEFS', at + 12, /left sidedef/)
  assert.is(setField('LINEDEFS', 12, 0xffff)().lines.sectors[1], -1)
})

test('a side in a sector that does not exist', () => {
  const at = lumpAt('SIDEDEFS')
  const read = setField('SIDEDEFS', 58, tiny.sectors.count)
  assertWadError(read, 'E1M1 SIDEDEFS', at + 58, /record 1 names sector 10, expected 0 to 9/)
})

test.run()
