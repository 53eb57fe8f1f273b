import { createRandom } from 'example-kit/sim'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createBodyQueries } from '../src/sim/bodies.ts'
import { createCellLists } from '../src/sim/cell-lists.ts'
import { createCollision, FROM_X, PATH_LENGTH, TO_X } from '../src/sim/collision.ts'
import { createCommons } from '../src/sim/commons.ts'
import { createCountedPool } from '../src/sim/counted-pool.ts'
import { publish } from '../src/sim/published-bodies.ts'
import { createTestArena, tinyMap } from './support/tiny-level.ts'

interface TestBody {
  x: number
  y: number
  radius: number
  isSolid?: boolean
}

/** Bodies 1, 2, ... in the tiny level, each in the columns of the shard that has its cell. */
function setupShards(shardCount: number, list: readonly TestBody[]) {
  const { arena, pool } = createTestArena()
  const bodyCount = list.length
  const created = createCommons({ pool, map: tinyMap, shardCount, bodyCount })
  const radiusMax = Math.max(...list.map((body) => body.radius))
  const commons = { ...created.commons, radiusMax }
  const path = new Float32Array(PATH_LENGTH)
  const collision = createCollision(commons.level, path)
  const shards = Array.from({ length: shardCount }, (_, shard) => {
    const rowCount = bodyCount + 1
    const Position = {
      x: pool.allocArray(Float32Array, rowCount),
      y: pool.allocArray(Float32Array, rowCount),
    }
    const Body = {
      id: pool.allocArray(Int32Array, rowCount),
      radius: pool.allocArray(Uint8Array, rowCount),
      isSolid: pool.allocArray(Uint8Array, rowCount),
    }
    const place = { cell: new Int32Array(rowCount), slot: new Int32Array(rowCount) }
    const lists = createCellLists(arena, createCountedPool(pool), place, commons.bodyHeads)
    publish(arena, commons.published >> 2, shard, { Position, Body })
    return { Position, Body, lists, count: 0 }
  })
  // The last one first, so that entity ids are no body ids.
  for (const [index, { x, y, radius, isSolid = true }] of [...list.entries()].reverse()) {
    path.set([x, y], TO_X)
    const cell = collision.cell()
    const shard = shards[commons.shardOf[cell]]
    const eid = ++shard.count
    shard.Position.x[eid] = x
    shard.Position.y[eid] = y
    shard.Body.id[eid] = index + 1
    shard.Body.radius[eid] = radius
    shard.Body.isSolid[eid] = isSolid ? 1 : 0
    shard.lists.insert(eid, cell)
  }
  const queries = createBodyQueries(arena, commons, shards[0].lists, path)
  type Point = readonly [number, number]
  return {
    shardSizes: shards.map(({ count }) => count),
    isCrowded(id: number, to: Point) {
      const { x, y, radius } = list[id - 1]
      path.set([x, y, ...to], FROM_X)
      return queries.isCrowded(id, radius)
    },
    firstHit(from: Point, to: Point, owner = 0) {
      path.set([...from, ...to], FROM_X)
      return queries.firstHit(owner)
    },
  }
}

for (const shardCount of [1, 5]) runSuite(shardCount)

/** The answers must not depend on who has which body. */
function runSuite(shardCount: number): void {
  const test = suite(`level: bodies of ${shardCount} shards`)
  const setup = (list: readonly TestBody[]) => setupShards(shardCount, list)
  test('a step into another body is crowded, one beside it is not', () => {
    const { isCrowded } = setup([
      { x: 100, y: 100, radius: 20 },
      { x: 160, y: 100, radius: 30 },
    ])
    assert.not.ok(isCrowded(1, [110, 100]), 'touching')
    assert.ok(isCrowded(1, [110.5, 100]))
    assert.not.ok(isCrowded(1, [110.5, 150]))
  })

  test('what is not solid is not in the way', () => {
    const { isCrowded, firstHit } = setup([
      { x: 100, y: 100, radius: 20 },
      { x: 130, y: 100, radius: 30, isSolid: false },
    ])
    assert.not.ok(isCrowded(1, [120, 100]))
    assert.is(firstHit([130, 50], [130, 150]), 0)
  })

  test('of two bodies that overlap, each may leave, but not go in deeper', () => {
    const { isCrowded } = setup([
      { x: 100, y: 100, radius: 20 },
      { x: 110, y: 100, radius: 20 },
    ])
    assert.ok(isCrowded(1, [104, 100]))
    assert.not.ok(isCrowded(1, [96, 100]))
    assert.not.ok(isCrowded(2, [114, 100]))
  })

  test('reaches over cell borders, as far as the largest body', () => {
    // Cells begin 8 units below 0 and are 128 wide: the border is at 120.
    const { isCrowded, firstHit } = setup([
      { x: 80, y: 100, radius: 20 },
      { x: 200, y: 100, radius: 100 },
    ])
    assert.ok(isCrowded(1, [81, 100]))
    assert.is(firstHit([95, 50], [105, 150], 1), 2)
    assert.is(firstHit([90, 50], [99, 150], 1), 0)
  })

  test('a shot hits the body that it meets first, and not its owner', () => {
    const { firstHit } = setup([
      { x: 100, y: 100, radius: 20 },
      { x: 200, y: 100, radius: 20 },
      { x: 300, y: 110, radius: 20 },
    ])
    assert.is(firstHit([100, 100], [400, 100]), 1)
    assert.is(firstHit([100, 100], [400, 100], 1), 2)
    assert.is(firstHit([400, 100], [100, 100], 1), 3)
    assert.is(firstHit([100, 100], [170, 100], 1), 0, 'too short')
    assert.is(firstHit([200, 200], [200, 100], 1), 2)
    assert.is(firstHit([100, 121], [200, 121], 1), 0, 'past it')
    assert.is(firstHit([200, 105], [200, 105], 1), 2, 'a path of no length')
  })

  test('two that are met at once: the lower id, wherever it is in its list', () => {
    const twins = [
      { x: 200, y: 100, radius: 20 },
      { x: 200, y: 100, radius: 20 },
    ]
    assert.is(setup(twins).firstHit([100, 100], [300, 100]), 1)
  })

  test('agrees with a search of all bodies', () => {
    const seed = 11
    const { below } = createRandom(new Int32Array(1), seed)
    const list = Array.from({ length: 150 }, () => ({
      x: below(1500) + below(4) / 4,
      y: below(1200),
      radius: 8 + below(40),
      isSolid: below(4) > 0,
    }))
    const { firstHit, isCrowded, shardSizes } = setup(list)
    let hits = 0
    for (let i = 0; i < 3000; i++) {
      const from = [below(1500), below(1200)] as const
      const to = [from[0] + below(101) - 50, from[1] + below(101) - 50] as const
      const owner = below(list.length + 1)
      let [nearest, expected] = [Infinity, 0]
      for (const [index, { x, y, radius, isSolid }] of list.entries()) {
        if (!isSolid || index + 1 === owner) continue
        const [alongX, alongY] = [to[0] - from[0], to[1] - from[1]]
        const along = (x - from[0]) * alongX + (y - from[1]) * alongY
        const t = Math.min(Math.max(along / (alongX ** 2 + alongY ** 2 || 1), 0), 1)
        const distance = Math.hypot(from[0] + t * alongX - x, from[1] + t * alongY - y)
        if (distance < radius && t < nearest) [nearest, expected] = [t, index + 1]
      }
      assert.is(firstHit(from, to, owner), expected, `seed ${seed}: ${from} to ${to}`)
      hits += Number(expected !== 0)
      const mover = list[i % list.length]
      const step = [mover.x + below(33) - 16, mover.y + below(33) - 16] as const
      const isBlocked = list.some((other) => {
        const distance = Math.hypot(step[0] - other.x, step[1] - other.y)
        const before = Math.hypot(mover.x - other.x, mover.y - other.y)
        const isNear = distance < mover.radius + other.radius && distance < before
        return other !== mover && other.isSolid && isNear
      })
      assert.is(isCrowded((i % list.length) + 1, step), isBlocked, `seed ${seed}: ${step}`)
    }
    assert.ok(hits > 300 && hits < 2900, `${hits} hits`)
    for (const size of shardSizes) assert.ok(size > 0, `shards of ${shardSizes}`)
  })

  test.run()
}
