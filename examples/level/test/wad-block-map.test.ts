import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findMapLumps, readWad } from '../src/sim/wad.ts'
import { buildBlockMap, readBlockMap } from '../src/sim/wad-block-map.ts'
import { Records } from '../src/sim/wad-records.ts'
import { writeWad } from '../src/sim/wad-writer.ts'
import { assertWadError } from './support/assert-wad-error.ts'
import { listsOf } from './support/block-lists.ts'

const test = suite('level: wad-block-map')
const END = 0xffff

/** Reads a BLOCKMAP lump of these words, which starts at byte 12 of its WAD. */
function read(words: readonly number[], lineCount: number) {
  const bytes = new Uint8Array(Uint16Array.from(words).buffer)
  const lumps = [
    { name: 'E1M1', bytes: new Uint8Array(0) },
    { name: 'BLOCKMAP', bytes },
  ]
  const wad = readWad(writeWad('PWAD', lumps))
  return readBlockMap(new Records(wad, findMapLumps(wad, 'E1M1'), 'BLOCKMAP', 2), lineCount)
}

const LUMP = 'E1M1 BLOCKMAP'
const byteOf = (word: number) => 12 + 2 * word

test('reads origin, size and lists', () => {
  const blockMap = read([-100, 200, 2, 1, 6, 10, 0, 2, 0, END, 0, 1, END], 3)
  assert.is(blockMap.originX, -100)
  assert.is(blockMap.originY, 200)
  assert.is(blockMap.columnCount, 2)
  assert.is(blockMap.rowCount, 1)
  assert.equal(listsOf(blockMap), [[2, 0], [1]])
})

test('blocks may share a list, or the tail of one', () => {
  const blockMap = read([0, 0, 3, 1, 7, 8, 7, 2, 1, END], 3)
  assert.equal(listsOf(blockMap), [[2, 1], [1], [2, 1]])
})

test('a first 0 is a line unless all lists start with it', () => {
  assert.equal(listsOf(read([0, 0, 2, 1, 6, 8, 0, END, 0, END], 1)), [[], []])
  assert.equal(listsOf(read([0, 0, 2, 1, 6, 8, 0, END, END], 1)), [[0], []])
})

test('header or table cut short', () => {
  for (const words of [[], [0], [0, 0, 1]]) {
    assertWadError(() => read(words, 1), LUMP, 12, /expected at least 8 of header/)
  }
  assertWadError(() => read([0, 0, 1, 1], 1), LUMP, byteOf(2), /1 columns times 1 rows .* 4 words/)
  assertWadError(() => read([0, 0, 2, 2, 8, 8, 8, 8], 1), LUMP, byteOf(2), /2 columns times 2 rows/)
  assertWadError(() => read([0, 0, END, END, 8, END], 1), LUMP, byteOf(2), /65535 columns/)
})

test('no blocks', () => {
  assertWadError(() => read([0, 0, 0, 5, 0, END], 1), LUMP, byteOf(2), /0 columns times 5 rows/)
  assertWadError(() => read([0, 0, 5, 0, 0, END], 1), LUMP, byteOf(2), /5 columns times 0 rows/)
})

test('a list outside of the lump, or in the table', () => {
  const words = (start: number) => () => read([0, 0, 2, 1, 6, start, 0, 0, END], 1)
  assertWadError(words(9), LUMP, byteOf(5), /record 5 names a list at word 9, expected 6 to 8/)
  assertWadError(words(5), LUMP, byteOf(5), /a list at word 5/)
  assertWadError(words(0), LUMP, byteOf(5), /a list at word 0/)
  assertWadError(words(END), LUMP, byteOf(5), /a list at word 65535/)
})

test('a list that never ends', () => {
  assertWadError(() => read([0, 0, 1, 1, 5, 0], 1), LUMP, byteOf(5), /never ends/)
  assertWadError(() => read([0, 0, 1, 1, 5, 1, 0, 0], 2), LUMP, byteOf(5), /never ends/)
  assertWadError(() => read([0, 0, 2, 1, 6, 8, 0, END, 0], 2), LUMP, byteOf(8), /never ends/)
})

test('a line that does not exist', () => {
  const words = [0, 0, 1, 1, 5, 0, 1, 2, END]
  assert.equal(listsOf(read(words, 3)), [[1, 2]])
  assertWadError(() => read(words, 2), LUMP, byteOf(7), /record 7 names line 2, expected 0 to 1/)
})

test('more lines than there are', () => {
  const words = [0, 0, 1, 1, 5, 0, 1, 1, 1, END]
  assertWadError(() => read(words, 2), LUMP, byteOf(6), /a list of 3 lines, expected at most .* 2/)
})

test('a great many overlapping lists are read in one pass', () => {
  const lineCount = 0xfffe
  const blockCount = 30_000
  const lists = Array.from({ length: 2 * blockCount }, (_, i) => i)
  const words = [0, 0, blockCount, 1]
  for (let block = 0; block < blockCount; block++) words.push(4 + blockCount + block)
  const blockMap = read([...words, ...lists, END], lineCount)
  // 30,000 lists of 45,000 lines on average: walked one by one they would be 1.3 thousand million.
  assert.is(blockMap.listStarts[blockCount - 1] - blockMap.listStarts[0], blockCount - 1)
})

test('build: lines are in the blocks they touch', () => {
  // From the lower left block through the middle of a 3 by 3 grid, and along its lower edge.
  const vertices = Int16Array.from([0, 0, 300, 300, 300, 0])
  const lines = { count: 2, vertices: Uint16Array.from([0, 1, 0, 2]) }
  const blockMap = buildBlockMap(vertices, lines)
  assert.equal([blockMap.originX, blockMap.originY], [-8, -8])
  assert.equal([blockMap.columnCount, blockMap.rowCount], [3, 3])
  const lists = listsOf(blockMap)
  assert.equal(lists.slice(0, 3), [[0, 1], [0, 1], [1]])
  assert.equal(lists[4], [0])
  assert.equal(lists[8], [0])
  assert.equal([lists[2], lists[6]], [[1], []])
})

test('build: a point, a vertical line, and the whole range of coordinates', () => {
  const vertices = Int16Array.from([-32768, -32768, 32767, 32767, 32767, -32768])
  const lines = { count: 3, vertices: Uint16Array.from([0, 0, 1, 2, 0, 1]) }
  const blockMap = buildBlockMap(vertices, lines)
  assert.equal([blockMap.columnCount, blockMap.rowCount], [513, 513])
  const lists = listsOf(blockMap)
  assert.equal(lists[0], [0, 2])
  assert.equal(lists[512], [1])
  assert.equal(lists[513 * 513 - 1], [1, 2])
  const diagonal = lists.flatMap((list, block) => (list.includes(2) ? [block] : []))
  for (let i = 0; i < 513; i++) assert.ok(diagonal.includes(514 * i), `block ${i}, ${i}`)
  assert.ok(diagonal.length <= 3 * 513, 'no more than the diagonal and its neighbours')
})

test.run()
