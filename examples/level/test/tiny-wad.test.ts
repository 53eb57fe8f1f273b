import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { thingKindOf } from '../src/sim/thing-kinds.ts'
import { createTinyWad, TINY_MAP_NAME } from '../src/sim/tiny-wad.ts'
import { readWad } from '../src/sim/wad.ts'
import { readMap } from '../src/sim/wad-map.ts'

const test = suite('level: tiny-wad')
const map = readMap(readWad(createTinyWad()), TINY_MAP_NAME)

test('is a PWAD with one map of a handful of rooms', () => {
  const wad = readWad(createTinyWad())
  assert.is(wad.kind, 'PWAD')
  assert.equal(wad.mapNames, [TINY_MAP_NAME])
  assert.is(map.sectors.count, 10)
  assert.is(map.things.count, 33)
})

test('the same bytes each time', () => {
  assert.equal(createTinyWad(), createTinyWad())
})

test('every room is closed: at each vertex as many lines come as go', () => {
  // A line with two sides bounds both its rooms, once in each direction.
  const ends = new Map<string, number>()
  const count = (sector: number, vertex: number, change: number) => {
    const key = `sector ${sector} at vertex ${vertex}`
    ends.set(key, (ends.get(key) ?? 0) + change)
  }
  for (let line = 0; line < map.lines.count; line++) {
    const [start, end] = map.lines.vertices.subarray(2 * line, 2 * line + 2)
    const [right, left] = map.lines.sectors.subarray(2 * line, 2 * line + 2)
    count(right, start, 1)
    count(right, end, -1)
    if (left < 0) continue
    count(left, end, 1)
    count(left, start, -1)
  }
  for (const [key, sum] of ends) assert.is(sum, 0, key)
})

test('rooms hang together', () => {
  const pairs: string[] = []
  for (let line = 0; line < map.lines.count; line++) {
    const [right, left] = map.lines.sectors.subarray(2 * line, 2 * line + 2)
    if (left >= 0) pairs.push(`${right}-${left}`)
  }
  assert.equal(pairs.sort(), ['0-1', '0-9', '1-2', '2-3', '2-5', '3-4', '5-6', '6-7', '7-8', '8-9'])
})

test('no thing stands in a wall', () => {
  for (let i = 0; i < map.things.count; i++) {
    const radius = thingKindOf(map.things.type[i]).radius
    for (let line = 0; line < map.lines.count; line++) {
      if (map.lines.sectors[2 * line + 1] >= 0) continue
      const [start, end] = map.lines.vertices.subarray(2 * line, 2 * line + 2)
      const [x1, y1] = map.vertices.subarray(2 * start)
      const [x2, y2] = map.vertices.subarray(2 * end)
      const along =
        ((map.things.x[i] - x1) * (x2 - x1) + (map.things.y[i] - y1) * (y2 - y1)) /
        ((x2 - x1) ** 2 + (y2 - y1) ** 2)
      const t = Math.min(1, Math.max(0, along))
      const distance = Math.hypot(
        map.things.x[i] - x1 - t * (x2 - x1),
        map.things.y[i] - y1 - t * (y2 - y1),
      )
      assert.ok(distance >= radius, `thing ${i} is ${distance} from line ${line}, needs ${radius}`)
    }
  }
})

test.run()
