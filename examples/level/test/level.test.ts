import { Arena, ArenaError, blocks, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BLOCKS_ACTORS, BLOCKS_SHOTS, createLevel } from '../src/sim/level.ts'
import { createTestLevel, mapOfLines, tinyMap } from './support/tiny-level.ts'

const test = suite('level: level')
const BOTH = BLOCKS_ACTORS | BLOCKS_SHOTS

test('puts each part into a block of its own, with the values of the map', () => {
  const { arena, level } = createTestLevel(tinyMap)
  assert.is(level.lineCount, tinyMap.lines.count)
  assert.is(level.vertexCount, tinyMap.vertices.length / 2)
  assert.is(level.sectorCount, tinyMap.sectors.count)
  assert.equal([...level.vertices], [...tinyMap.vertices])
  assert.equal([...level.lineVertices], [...tinyMap.lines.vertices])
  assert.equal([...level.lineSectors], [...tinyMap.lines.sectors])
  assert.equal([...level.sectors.subarray(3, 6)], [16, 128, 192])
  assert.equal([...level.blockMap.words], [...tinyMap.blockMap.words])
  assert.equal([...level.blockMap.listStarts], [...tinyMap.blockMap.listStarts])
  const { vertices, lineVertices, lineSectors, lineFlags, sectors, blockMap } = level
  const views = [vertices, lineVertices, lineSectors, lineFlags, sectors]
  for (const view of [...views, blockMap.words, blockMap.listStarts]) {
    assert.is(view.buffer, arena.buffer)
    const block = blocks(arena).find(({ offset }) => offset === view.byteOffset)
    assert.is(block?.byteLength, view.byteLength)
  }
  assert.is(blocks(arena).length, 7)
})

test('dispose empties the arena', () => {
  const { arena, level } = createTestLevel(tinyMap)
  level.dispose()
  assert.equal(blocks(arena), [])
  assert.equal(verify(arena), [])
})

test('what does not fit is an error, and leaves nothing behind', () => {
  const arena = Arena.create({ byteLength: 8 * 2 ** 20 })
  const pool = arena.openPool()
  const held: number[] = []
  for (const byteLength of [2 ** 16, 512]) {
    for (let o = pool.tryAlloc(byteLength); o !== 0; o = pool.tryAlloc(byteLength)) held.push(o)
  }
  const blockCount = blocks(arena).length
  assert.throws(
    () => createLevel(pool, tinyMap),
    (error: unknown) => error instanceof ArenaError && error.code === 'out-of-memory',
  )
  assert.is(blocks(arena).length, blockCount)
})

test('which lines block whom', () => {
  const at = [0, 0, 64, 0] as const
  const cases = [
    { line: { at }, blocks: BOTH, why: 'no left side' },
    { line: { at, left: [0, 128] }, blocks: 0, why: 'two even floors' },
    { line: { at, left: [24, 128] }, blocks: 0, why: 'a step of 24' },
    { line: { at, left: [25, 128] }, blocks: BLOCKS_ACTORS, why: 'a step of 25' },
    { line: { at, left: [-25, 128] }, blocks: BLOCKS_ACTORS, why: 'a drop of 25' },
    { line: { at, left: [0, 56] }, blocks: 0, why: '56 to the ceiling' },
    { line: { at, left: [0, 55] }, blocks: BLOCKS_ACTORS, why: '55 to the ceiling' },
    { line: { at, left: [120, 128] }, blocks: BLOCKS_ACTORS, why: 'a slit of 8' },
    { line: { at, left: [121, 128] }, blocks: BOTH, why: 'a slit of 7' },
    { line: { at, left: [0, 0] }, blocks: BOTH, why: 'a shut door' },
    { line: { at, left: [0, 128], flags: 1 }, blocks: BLOCKS_ACTORS, why: 'blocks all' },
    { line: { at, left: [0, 128], flags: 2 }, blocks: BLOCKS_ACTORS, why: 'blocks monsters' },
    { line: { at, left: [0, 128], flags: 4 }, blocks: 0, why: 'two-sided, no more' },
  ] as const
  const { level } = createTestLevel(mapOfLines(cases.map(({ line }) => line)))
  for (const [index, { blocks, why }] of cases.entries()) {
    assert.is(level.lineFlags[index], blocks, why)
  }
})

test.run()
