// Large columns are reserved, and touched as rows come into use. Values that users write by their
// views in other rows are neither lost nor taken for 0 later.
import { Arena, blocks, type Pool } from '@ashlar/core'
import {
  attachStorage,
  type Checked,
  type Component,
  createStorage,
  type Schema,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getComponent, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { freeReserved, settleTouched } from '../../src/memory/blocks.ts'
import { assertSound, buffers, createRandom } from '../support.ts'

const test = suite('column-growth')

/** Rows of f32 that take more than a size class holds. */
const CAPACITY = 200_000
const MIB = 2 ** 20

/** A storage with large columns, on a pool that notes what it is told to be in use. */
function createLarge<const S extends Schema>(
  schema: Checked<S>,
  { shared = true, byteLength = 64 * MIB } = {},
) {
  const arena = Arena.create({ byteLength, shared })
  const pool = arena.openPool()
  const touches: [offset: number, byteLength: number][] = []
  const touch = (offset: number, byteLength: number) => {
    touches.push([offset, byteLength])
    pool.touch(offset, byteLength)
  }
  const noting: Pool = Object.assign(Object.create(pool), { touch })
  const world = createWorld()
  const storage = createStorage(world, noting, { capacity: CAPACITY })
  const Big = storage.component<S>('Big', schema)
  const spawn = (count: number) => {
    for (let i = 1; i < count; i++) addEntity(world)
    return addEntity(world)
  }
  const end = () => {
    assertSound(arena)
    storage.dispose()
    assertSound(arena)
    assert.equal(blocks(arena), [])
    assertZero(pool)
  }
  return { arena, pool, world, storage, Big, touches, spawn, end }
}

/** What memory there is reads zero to those who are promised so. */
function assertZero(pool: Pool): void {
  const { arena } = pool
  const byteLength = arena.byteLength - arena.stats().controlByteLength - 16
  const offset = pool.reserve(byteLength)
  assert.is(sumOfBits(arena, offset, byteLength), 0)
  pool.free(offset)
}

/** By a loop: a callback for each word takes seconds. */
function sumOfBits({ i32 }: Arena, offset: number, byteLength: number): number {
  let sum = 0
  for (let word = offset >> 2; word < (offset + byteLength) >> 2; word++) sum |= i32[word]
  return sum
}

test('columns are touched as far as rows are handed out, in steps that double', () => {
  const { world, Big, touches, spawn, end } = createLarge({ x: t.f32, y: t.f64, z: t.f32 })
  assert.equal(
    touches.filter(([, byteLength]) => byteLength > 2048),
    [],
  )
  touches.length = 0
  const eids = Array.from({ length: 100_000 }, () => spawn(1))
  for (const eid of eids) addComponent(world, eid, set(Big, { x: eid, y: eid }))
  assert.ok(touches.length <= 3 * 6, `${touches.length} touches`)
  const [lastOfY] = touches.slice(-2)
  assert.ok(lastOfY[1] >= 8 * 100_000)
  assert.ok(lastOfY[1] < 8 * CAPACITY, 'not as far as there are rows')
  assert.ok(eids.every((eid) => Big.x[eid] === eid && Big.y[eid] === eid && Big.z[eid] === 0))
  assert.is(Big.x.length, CAPACITY)
  end()
})

test('a row far above all others is touched at once, and reads zero', () => {
  const { world, Big, touches, spawn, end } = createLarge({ x: t.f32, y: t.u8 })
  const eid = spawn(150_000)
  touches.length = 0
  addComponent(world, eid, Big)
  assert.ok(touches.every(([, byteLength]) => byteLength > eid))
  assert.equal([Big.x[eid], Big.y[eid]], [0, 0])
  end()
})

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: writes to rows without an entity are kept, and freed memory reads zero`, () => {
    const { arena, pool, world, storage, Big, spawn, end } = createLarge(
      { x: t.f32, flag: t.u8 },
      { shared },
    )
    const eid = spawn(10)
    addComponent(world, eid, set(Big, { x: 1 }))
    const wall = pool.alloc(1) // what lies behind the columns is taken
    const filler = pool.alloc(30 * MIB)
    pool.free(pool.alloc(MIB)) // of which a part was in use
    Big.x[170_000] = 5
    Big.x[CAPACITY - 1] = -0
    Big.flag[CAPACITY - 1] = 7
    const before = Big.x
    addComponent(world, spawn(CAPACITY), Big)
    assert.is.not(Big.x.byteOffset, before.byteOffset)
    assert.equal([Big.x[eid], Big.x[170_000], Big.flag[CAPACITY - 1]], [1, 5, 7])
    assert.ok(Object.is(Big.x[CAPACITY - 1], -0))
    assert.is(sumOfBits(arena, Big.x.byteOffset + 4 * CAPACITY, 4 * CAPACITY), 0)
    before[1000] = 3 // lost, but not taken for 0
    Big.x[2 * CAPACITY - 1] = 9
    storage.sync()
    storage.reset()
    assert.is(sumOfBits(arena, Big.x.byteOffset, 4 * Big.x.length), 0)
    Big.x[2 * CAPACITY - 1] = 9
    pool.free(filler)
    pool.free(wall)
    end()
  })
}

test('writes ahead of all rows are cleared by reset, and not taken for 0 after dispose', () => {
  for (const last of ['reset', 'dispose', 'dispose of a shared one'] as const) {
    const { arena, world, storage, Big, spawn, end } = createLarge({ x: t.f32, flag: t.u8 })
    addComponent(world, spawn(10), Big)
    if (last === 'dispose of a shared one') void storage.handle
    for (const row of [5000, 100_000, CAPACITY - 1]) {
      Big.x[row] = row
      Big.flag[row] = 1
    }
    if (last === 'reset') {
      storage.reset()
      assert.is(sumOfBits(arena, Big.x.byteOffset, 4 * CAPACITY), 0)
      assert.is(sumOfBits(arena, Big.flag.byteOffset, CAPACITY), 0)
    }
    end()
  }
})

test('lists of entities without the component survive when columns move', () => {
  const { arena, world, storage, Big, spawn, end, pool } = createLarge({ points: t.list(t.f32) })
  const theirPool = arena.openPool()
  const attached = attachStorage(storage.handle, theirPool)
  const theirs = attached.components.Big as Component<{ points: ReturnType<typeof t.list> }>
  addComponent(world, spawn(1), Big)
  const [mine, other] = [spawn(100_000), spawn(50_000)]
  Big.points.push(mine, 1)
  theirs.points.push(other, 2)
  const wall = pool.alloc(MIB)
  const { byteOffset } = Big.points.view(mine)
  addComponent(world, spawn(CAPACITY), Big)
  assert.is(Big.points.view(mine).byteOffset, byteOffset)
  assert.equal([Big.points.toArray(mine), Big.points.toArray(other)], [[1], [2]])
  attached.detach()
  pool.free(wall)
  storage.reset()
  pool.flush()
  theirPool.close()
  end()
})

test('at random: large columns that grow in place or move, against a model', () => {
  for (let seed = 1; seed <= 3; seed++) {
    const random = createRandom(seed)
    const { pool, world, storage, Big, spawn, end } = createLarge(
      { x: t.f64, flag: t.u8, label: t.text },
      { byteLength: 128 * MIB },
    )
    const model = new Map<number, { x: number; flag: number; label: string }>()
    const walls: number[] = []
    let last = spawn(100_000)
    for (let step = 0; step < 400; step++) {
      const eid = 1 + random(last)
      const values = { x: random(1000), flag: random(256), label: `${random(10)}` }
      const dice = random(10)
      if (dice < 4) {
        addComponent(world, eid, set(Big, values))
        model.set(eid, values)
      } else if (dice < 7 && !model.has(eid) && eid < Big.x.length) {
        Big.x[eid] = 99 // nobody's: to be cleared when somebody gets the row
      } else if (dice === 7 && last < 1_000_000) last = spawn(20_000)
      else if (dice === 8) storage.sync()
      else if (random(2) === 0) walls.push(pool.alloc(random(4 * MIB)))
      else pool.free(walls.splice(random(walls.length), 1)[0] ?? 0)
    }
    for (const [eid, values] of model) assert.equal(getComponent(world, eid, Big), values)
    for (const offset of walls) pool.free(offset)
    end()
  }
})

test('settleTouched finds the last byte that is not 0', () => {
  const arena = Arena.create({ byteLength: 8 * MIB })
  const pool = arena.openPool()
  for (const byteLength of [MIB, MIB + 1, MIB + 2, MIB + 3, MIB + 5]) {
    for (const at of [-1, 0, 1, 2, 3, 4, 5, 1000, byteLength - 2, byteLength - 1]) {
      const offset = pool.reserve(byteLength)
      if (at >= 0) arena.u8[offset + at] = 128
      freeReserved(pool, offset)
      assertZero(pool)
      const again = pool.reserve(byteLength)
      if (at >= 0) arena.u8[again + at] = 128
      const used = settleTouched(pool, again)
      assert.ok(used > at && used <= at + 4 && used <= byteLength, `${used} of ${at}`)
      pool.free(again)
      assertZero(pool)
    }
  }
  const small = pool.alloc(100)
  assert.is(settleTouched(pool, small), 100)
  freeReserved(pool, small)
  assert.equal(blocks(arena), [])
})

test.run()
