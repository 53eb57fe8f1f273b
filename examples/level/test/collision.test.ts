import { createRandom } from 'example-kit/sim'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCollision, FROM_X, PATH_LENGTH, TO_X, TO_Y } from '../src/sim/collision.ts'
import { BLOCKS_ACTORS, BLOCKS_SHOTS, type Level } from '../src/sim/level.ts'
import { LIST_END } from '../src/sim/wad-block-map.ts'
import { createTestLevel, mapOfLines, tinyMap } from './support/tiny-level.ts'

const test = suite('level: collision')

function setup(level: Level) {
  const path = new Float32Array(PATH_LENGTH)
  const collision = createCollision(level, path)
  return {
    collision,
    path,
    fits(x: number, y: number, radius: number) {
      path.set([x, y], TO_X)
      return collision.fits(radius)
    },
    /** The end of the path, or undefined where nothing stops it. */
    clip(from: [number, number], to: [number, number], flags = BLOCKS_SHOTS) {
      path.set([...from, ...to], FROM_X)
      return collision.clip(flags) ? [path[TO_X], path[TO_Y]] : undefined
    },
  }
}

const box = mapOfLines([
  { at: [0, 0, 0, 512] },
  { at: [0, 512, 512, 512] },
  { at: [512, 512, 512, 0] },
  { at: [512, 0, 0, 0] },
  { at: [200, 200, 300, 200] },
  { at: [400, 100, 400, 200], left: [40, 128] }, // a window: blocks actors only
  { at: [100, 400, 100, 400] }, // a point
])

test('a circle fits where no line is nearer than its radius', () => {
  const { fits } = setup(createTestLevel(box).level)
  assert.ok(fits(100, 100, 20))
  assert.ok(fits(20, 20, 20), 'touching is not overlapping')
  assert.not.ok(fits(19.75, 20, 20))
  assert.not.ok(fits(250, 215, 16), 'above the middle of a line')
  assert.ok(fits(250, 216, 16))
  assert.ok(fits(316, 200, 16), 'past its end')
  assert.not.ok(fits(315, 200, 16))
  assert.not.ok(fits(310, 210, 16), 'at its corner')
  assert.ok(fits(312, 212, 16))
  assert.not.ok(fits(390, 150, 16), 'the window')
  assert.not.ok(fits(105, 405, 16), 'the point')
})

test('nothing fits outside of the block map', () => {
  const { fits } = setup(createTestLevel(box).level)
  const places = [
    [-9, 100],
    [1e6, 100],
    [100, -1e6],
    [100, 640],
    [Number.NaN, 100],
  ]
  for (const [x, y] of places) {
    assert.not.ok(fits(x, y, 1), `${x}, ${y}`)
  }
})

test('a path is cut off at the first line', () => {
  const { clip } = setup(createTestLevel(box).level)
  assert.is(clip([100, 100], [150, 150]), undefined)
  assert.equal(clip([250, 100], [250, 600]), [250, 200])
  assert.equal(clip([250, 300], [250, 100]), [250, 200], 'from the other side')
  assert.equal(clip([100, 100], [100, -100]), [100, 0])
  assert.equal(clip([100, 300], [612, 300]), [512, 300])
  assert.equal(clip([100, 100], [100, 100]), undefined, 'a path of no length')
})

test('flags say which lines count', () => {
  const { clip } = setup(createTestLevel(box).level)
  assert.is(clip([380, 150], [420, 150], BLOCKS_SHOTS), undefined)
  assert.equal(clip([380, 150], [420, 150], BLOCKS_ACTORS), [400, 150])
})

test('a path along a line, or through its end', () => {
  const { clip } = setup(createTestLevel(box).level)
  assert.is(clip([150, 200], [350, 200]), undefined, 'along it nothing is crossed')
  assert.equal(clip([300, 150], [300, 250]), [300, 200])
  assert.equal(clip([200, 150], [200, 250]), [200, 200])
  assert.is(clip([301, 150], [301, 250]), undefined)
})

test('a path that begins or ends on a line meets it', () => {
  const { clip } = setup(createTestLevel(box).level)
  assert.equal(clip([250, 200], [250, 150]), [250, 200])
  assert.equal(clip([250, 150], [250, 200]), [250, 200])
})

test('leaving the block map is stopped without a line too', () => {
  const { level } = createTestLevel(mapOfLines([{ at: [0, 0, 64, 64] }]))
  const { clip } = setup(level)
  assert.equal(clip([100, 20], [1000, 20]), [1000, 20])
  assert.is(clip([90, 20], [100, 20]), undefined)
})

test('cells: clamped to the grid', () => {
  const { level } = createTestLevel(tinyMap)
  const { collision, path } = setup(level)
  const { originX, originY, columnCount, rowCount } = level.blockMap
  const cellAt = (x: number, y: number) => {
    path.set([x, y], TO_X)
    return collision.cell()
  }
  assert.is(cellAt(originX, originY), 0)
  assert.is(cellAt(originX + 127.75, originY + 127.75), 0)
  assert.is(cellAt(originX + 128, originY), 1)
  assert.is(cellAt(originX, originY + 128), columnCount)
  assert.is(cellAt(-30000, -30000), 0)
  assert.is(cellAt(30000, -30000), columnCount - 1)
  assert.is(cellAt(30000, 30000), columnCount * rowCount - 1)
})

/** The same answers without a block map: by looking at all lines. */
function oracle(level: Level) {
  const endsOf = (line: number) => {
    const [start, end] = level.lineVertices.subarray(2 * line, 2 * line + 2)
    return [
      ...level.vertices.subarray(2 * start, 2 * start + 2),
      ...level.vertices.subarray(2 * end, 2 * end + 2),
    ]
  }
  const linesWith = (flags: number) =>
    [...level.lineFlags.keys()].filter((line) => (level.lineFlags[line] & flags) !== 0).map(endsOf)
  return {
    fits(x: number, y: number, radius: number) {
      return linesWith(BLOCKS_ACTORS).every(([x1, y1, x2, y2]) => {
        const along = (x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)
        const t = Math.min(Math.max(along / ((x2 - x1) ** 2 + (y2 - y1) ** 2), 0), 1)
        return Math.hypot(x - x1 - t * (x2 - x1), y - y1 - t * (y2 - y1)) >= radius
      })
    },
    isCrossed(from: [number, number], to: [number, number], flags: number) {
      const side = (ax: number, ay: number, bx: number, by: number, x: number, y: number) =>
        Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax))
      return linesWith(flags).some(([x1, y1, x2, y2]) => {
        const a = side(...from, ...to, x1, y1)
        const b = side(...from, ...to, x2, y2)
        const c = side(x1, y1, x2, y2, ...from)
        const d = side(x1, y1, x2, y2, ...to)
        return a * b <= 0 && c * d <= 0 && (a !== 0 || b !== 0)
      })
    },
  }
}

test('agrees with a search of all lines, at thousands of places', () => {
  const { level } = createTestLevel(tinyMap)
  const { fits, clip } = setup(level)
  const truth = oracle(level)
  const seed = 5
  const { below } = createRandom(new Int32Array(1), seed)
  // Quarters of a unit: exact in f32, and often exactly on a line or a block's edge.
  const coordinate = (units: number) => (below(4 * units) - 64) / 4
  let counts = [0, 0]
  for (let i = 0; i < 5000; i++) {
    const [x, y, radius] = [coordinate(1500), coordinate(1180), 1 + below(40)]
    const isFree = truth.fits(x, y, radius)
    const isInside = x >= -8 && y >= -8 && x < 1528 && y < 1272
    assert.is(fits(x, y, radius), isFree && isInside, `seed ${seed}: ${x}, ${y}, radius ${radius}`)
    const to: [number, number] = [x + coordinate(80), y + coordinate(80)]
    const isCrossed = truth.isCrossed([x, y], to, BLOCKS_SHOTS)
    const isLeaving = !(to[0] >= -8 && to[1] >= -8 && to[0] < 1528 && to[1] < 1272)
    const end = clip([x, y], to)
    assert.is(end !== undefined, isCrossed || isLeaving, `seed ${seed}: ${x}, ${y} to ${to}`)
    counts = [counts[0] + Number(isFree), counts[1] + Number(isCrossed)]
  }
  for (const count of counts) assert.ok(count > 500 && count < 4500, `${counts} of 5000`)
})

test('what is left of a cut path crosses nothing', () => {
  const { level } = createTestLevel(tinyMap)
  const { clip } = setup(level)
  const truth = oracle(level)
  const { below } = createRandom(new Int32Array(1), 9)
  for (let i = 0; i < 2000; i++) {
    const from: [number, number] = [below(640), below(640)]
    const to: [number, number] = [below(1500), below(1200)]
    const end = clip(from, to)
    if (end === undefined) continue
    // Up to just before the wall: where exactly the cut is, is rounded.
    const before: [number, number] = [
      from[0] + 0.999 * (end[0] - from[0]),
      from[1] + 0.999 * (end[1] - from[1]),
    ]
    const isOnLine = truth.isCrossed(from, from, BLOCKS_SHOTS)
    assert.ok(isOnLine || !truth.isCrossed(from, before, BLOCKS_SHOTS), `${from} to ${to}`)
  }
})

test('every line is listed in the blocks of its ends', () => {
  const { level } = createTestLevel(tinyMap)
  const { collision, path } = setup(level)
  const { words, listStarts } = level.blockMap
  for (let line = 0; line < level.lineCount; line++) {
    for (const vertex of level.lineVertices.subarray(2 * line, 2 * line + 2)) {
      path.set(level.vertices.subarray(2 * vertex, 2 * vertex + 2), TO_X)
      const start = listStarts[collision.cell()]
      const list = words.subarray(start, words.indexOf(LIST_END, start))
      assert.ok(list.includes(line), `line ${line}`)
    }
  }
})

test.run()
