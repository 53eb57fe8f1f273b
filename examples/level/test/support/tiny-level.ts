import { Arena } from '@ashlar/core'
import { createLevel } from '../../src/sim/level.ts'
import { createTinyWad, TINY_MAP_NAME } from '../../src/sim/tiny-wad.ts'
import { readWad } from '../../src/sim/wad.ts'
import { buildBlockMap } from '../../src/sim/wad-block-map.ts'
import { type MapData, readMap } from '../../src/sim/wad-map.ts'

export const tinyMap: MapData = readMap(readWad(createTinyWad()), TINY_MAP_NAME)

export function createTestArena() {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  return { arena, pool: arena.openPool() }
}

export function createTestLevel(map: MapData) {
  const { arena, pool } = createTestArena()
  return { arena, pool, level: createLevel(pool, map) }
}

interface TestLine {
  /** x1, y1, x2, y2 */
  readonly at: readonly [number, number, number, number]
  readonly flags?: number
  /** Floor and ceiling to the right, and to the left where there is a left side. */
  readonly right?: readonly [floor: number, ceiling: number]
  readonly left?: readonly [floor: number, ceiling: number]
}

/** A map of these lines alone, with two vertices and up to two sectors for each. */
export function mapOfLines(lines: readonly TestLine[]): MapData {
  const vertices = Int16Array.from(lines.flatMap(({ at }) => at))
  const heights = lines.flatMap(({ right = [0, 128], left = [0, 128] }) => [right, left])
  const mapLines = {
    count: lines.length,
    vertices: Uint16Array.from(vertices.slice(0, 2 * lines.length), (_, i) => i),
    flags: Uint16Array.from(lines, ({ flags = 0 }) => flags),
    sectors: Int32Array.from(
      lines.flatMap(({ left }, i) => [2 * i, left === undefined ? -1 : 2 * i + 1]),
    ),
  }
  const empty = new Int16Array(0)
  return {
    name: 'TEST',
    things: { count: 0, x: empty, y: empty, angle: empty, type: empty, flags: new Uint16Array(0) },
    vertices,
    lines: mapLines,
    sectors: {
      count: heights.length,
      floor: Int16Array.from(heights, ([floor]) => floor),
      ceiling: Int16Array.from(heights, ([, ceiling]) => ceiling),
      light: new Int16Array(heights.length),
    },
    blockMap: buildBlockMap(vertices, mapLines),
  }
}
