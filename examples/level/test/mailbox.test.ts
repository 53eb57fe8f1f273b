import { Arena, blocks, verify } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCommons } from '../src/sim/commons.ts'
import { createCountedPool } from '../src/sim/counted-pool.ts'
import { ACTOR_MAILBOX, createMailbox, SHOT_MAILBOX } from '../src/sim/mailbox.ts'
import { tinyMap } from './support/tiny-level.ts'

const test = suite('level: mail')

const ROWS = 20

/** Three shards with a component of every width; `made` and `arrived` say what `receive` did. */
function setup() {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const common = arena.openPool()
  const { commons } = createCommons({ pool: common, map: tinyMap, shardCount: 3, bodyCount: 1 })
  const shards = [0, 1, 2].map((shard) => {
    const pool = arena.openPool()
    const counted = createCountedPool(pool)
    const events = { shotsFired: 0, hits: 0, knockouts: 0, handedOver: 0 }
    const narrow = {
      a: pool.allocArray(Uint8Array, ROWS).fill(0),
      b: pool.allocArray(Int16Array, ROWS).fill(0),
    }
    const wide = {
      c: pool.allocArray(Float32Array, ROWS).fill(0),
      d: pool.allocArray(Uint32Array, ROWS).fill(0),
    }
    const scene = { arena, pool: counted, commons, shard, events }
    const mail = createMailbox(scene, ACTOR_MAILBOX, [narrow, wide])
    const shots = createMailbox(scene, SHOT_MAILBOX, [wide])
    const arrived: number[] = []
    let made = 10
    const receive = () => {
      arrived.length = 0
      mail.receive(
        () => made++,
        (eid) => arrived.push(eid),
      )
      return arrived
    }
    return { pool, counted, narrow, wide, mail, shots, receive, events }
  })
  return { arena, shards }
}

test('every field arrives as it was, bit by bit', () => {
  const { shards } = setup()
  const [from, to] = shards
  from.narrow.a[3] = 255
  from.narrow.b[3] = -32768
  from.wide.d[3] = 0xffffffff
  new Uint32Array(from.wide.c.buffer, from.wide.c.byteOffset)[3] = 0x7fc12345 // a NaN of its own
  from.mail.send(3, 1)
  const [eid] = to.receive()
  assert.is(eid, 10)
  assert.is(to.narrow.a[eid], 255)
  assert.is(to.narrow.b[eid], -32768)
  assert.is(to.wide.d[eid], 0xffffffff)
  assert.is(new Uint32Array(to.wide.c.buffer, to.wide.c.byteOffset)[eid], 0x7fc12345)
  for (const column of [to.narrow.a, to.narrow.b, to.wide.c, to.wide.d]) {
    assert.equal([column[eid - 1], column[eid + 1]], [0, 0], 'and no other row')
  }
})

test('lists arrive with their elements, empty ones too', () => {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const common = arena.openPool()
  const { commons } = createCommons({ pool: common, map: tinyMap, shardCount: 2, bodyCount: 1 })
  const [from, to] = [0, 1].map((shard) => {
    const pool = createCountedPool(arena.openPool())
    const world = createWorld()
    const storage = createStorage(world, pool)
    const Path = storage.component('Path', { a: t.list(t.f32), b: t.i32, c: t.list(t.i32) })
    const events = { shotsFired: 0, hits: 0, knockouts: 0, handedOver: 0 }
    const mail = createMailbox({ arena, pool, commons, shard, events }, SHOT_MAILBOX, [Path])
    const create = () => {
      const eid = addEntity(world)
      addComponent(world, eid, Path)
      return eid
    }
    return { Path, create, mail, storage }
  })
  const long = Array.from({ length: 1000 }, (_, i) => i - 500)
  const cases = [
    { a: [0.5, -0, Number.NaN], b: 1, c: [] as number[] },
    { a: [], b: 2, c: [7] },
    { a: long, b: 3, c: long },
  ]
  for (const { a, b, c } of cases) {
    const eid = from.create()
    from.Path.a.replace(eid, a)
    from.Path.b[eid] = b
    from.Path.c.replace(eid, c)
    from.mail.send(eid, 1)
  }
  const arrived: object[] = []
  to.mail.receive(to.create, (eid) => {
    const { a, b, c } = to.Path
    arrived.push({ a: a.toArray(eid), b: b[eid], c: c.toArray(eid) })
  })
  assert.equal(arrived, cases.toReversed())
  assert.equal(verify(arena), [])
})

test('to whom it was sent, once, and not before', () => {
  const { shards } = setup()
  assert.equal(shards[1].receive(), [])
  shards[0].mail.send(1, 1)
  assert.equal(shards[0].receive(), [])
  assert.equal(shards[2].receive(), [])
  assert.equal(shards[1].receive(), [10])
  assert.equal(shards[1].receive(), [])
})

test('kinds of mail do not mix', () => {
  const { shards } = setup()
  shards[0].wide.d[1] = 77
  shards[0].shots.send(1, 1)
  assert.equal(shards[1].receive(), [])
  const arrived: number[] = []
  shards[1].shots.receive(
    () => 5,
    (eid) => arrived.push(shards[1].wide.d[eid]),
  )
  assert.equal(arrived, [77])
})

test('one order, whoever sent first: shard by shard, the latest of each first', () => {
  for (const order of [
    [0, 2],
    [2, 0],
  ]) {
    const { shards } = setup()
    for (const from of order) {
      for (const eid of [1, 2, 3]) {
        shards[from].wide.d[eid] = 10 * from + eid
        shards[from].mail.send(eid, 1)
      }
    }
    const values = shards[1].receive().map((eid) => shards[1].wide.d[eid])
    assert.equal(values, [3, 2, 1, 23, 22, 21], `sent by ${order}`)
  }
})

test('a sender allocates a block for each, the receiver frees it, the sender gets it back', () => {
  const { arena, shards } = setup()
  const [from, to] = shards
  const before = blocks(arena).length
  for (let i = 0; i < 100; i++) from.mail.send(1, 1)
  assert.is(blocks(arena).length, before + 100)
  assert.equal(from.counted.counts, { allocs: 100, reallocs: 0, frees: 0 })
  assert.is(from.events.handedOver, 100)
  to.mail.receive(
    () => 1,
    () => {},
  )
  assert.equal(to.counted.counts, { allocs: 0, reallocs: 0, frees: 100 })
  to.pool.flush()
  from.pool.collect()
  assert.is(blocks(arena).length, before)
  const { remoteFrees } = arena.stats().slots.find(({ slot }) => slot === from.pool.slot)!
  assert.is(remoteFrees, 100)
  assert.equal(verify(arena), [])
})

test('out of memory: nothing was sent', () => {
  const { arena, shards } = setup()
  const { pool, mail, counted } = shards[0]
  const held: number[] = []
  for (const byteLength of [2 ** 16, 1024, 32, 16]) {
    for (let o = pool.tryAlloc(byteLength); o !== 0; o = pool.tryAlloc(byteLength)) held.push(o)
  }
  assert.throws(() => mail.send(1, 1), /no room/)
  assert.equal(shards[1].receive(), [])
  assert.is(shards[0].events.handedOver, 0)
  for (const offset of held) pool.free(offset)
  pool.collect()
  mail.send(1, 1)
  assert.is(shards[1].receive().length, 1)
  assert.is(counted.counts.frees, 0)
  assert.equal(verify(arena), [])
})

test.run()
