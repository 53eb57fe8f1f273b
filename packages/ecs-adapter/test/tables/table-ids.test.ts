import { createTable, t } from '@ashlar/ecs-adapter'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, createRandom } from '../support.ts'
import { create, small } from './tables.ts'

const test = suite('table: ids')

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

test('ids of trimmed chunks stay dead', () => {
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

test('after trim, an id comes again after half of the generations at the earliest', () => {
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

test.run()
