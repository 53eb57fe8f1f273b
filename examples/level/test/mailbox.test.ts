import { Arena, blocks, verify } from '@ashlar/core'
import { createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getAllEntities, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCommons } from '../src/sim/commons.ts'
import { createCountedPool } from '../src/sim/counted-pool.ts'
import { createMailbox } from '../src/sim/mailbox.ts'
import { tinyMap } from './support/tiny-level.ts'

const test = suite('level: mail')

/** Three shards; `receive` gives the number of each entity that arrives. */
function setup() {
  const arena = Arena.create({ byteLength: 16 * 2 ** 20 })
  const common = arena.openPool()
  const { commons } = createCommons({ pool: common, map: tinyMap, shardCount: 3, bodyCount: 1 })
  const shards = [0, 1, 2].map((shard) => {
    const pool = createCountedPool(arena.openPool())
    const world = createWorld()
    const storage = createStorage(world, pool)
    const Path = storage.component('Path', { number: t.i32, points: t.list(t.f32) })
    const events = { shotsFired: 0, hits: 0, knockouts: 0, handedOver: 0 }
    const mail = createMailbox({ arena, pool, storage, commons, shard, events })
    const create = (number: number, points: readonly number[] = []) => {
      const eid = addEntity(world)
      addComponent(world, eid, set(Path, { number, points }))
      return eid
    }
    const receive = () => {
      const numbers: number[] = []
      mail.receive((eid) => numbers.push(Path.number[eid]))
      return numbers
    }
    return { arena, pool, world, storage, Path, mail, events, create, receive }
  })
  return { arena, shards }
}

test('an entity arrives with its numbers and lists, and is gone where it was', () => {
  const { arena, shards } = setup()
  const [from, to] = shards
  const long = Array.from({ length: 1000 }, (_, i) => i - 500)
  for (const [number, points] of [[0.5, -0, Number.NaN], [], long].entries()) {
    from.mail.send(from.create(number, points), 1)
  }
  assert.equal(getAllEntities(from.world), [])
  const arrived: object[] = []
  to.mail.receive((eid) => arrived.push(to.Path.points.toArray(eid)))
  assert.equal(arrived, [long, [], [0.5, -0, Number.NaN]])
  assert.is(getAllEntities(to.world).length, 3)
  assert.equal(verify(arena), [])
})

test('to whom it was sent, once, and not before', () => {
  const { shards } = setup()
  assert.equal(shards[1].receive(), [])
  shards[0].mail.send(shards[0].create(7), 1)
  assert.equal(shards[0].receive(), [])
  assert.equal(shards[2].receive(), [])
  assert.equal(shards[1].receive(), [7])
  assert.equal(shards[1].receive(), [])
})

test('one order, whoever sent first: shard by shard, the latest of each first', () => {
  for (const order of [
    [0, 2],
    [2, 0],
  ]) {
    const { shards } = setup()
    for (const from of order) {
      for (const i of [1, 2, 3]) {
        shards[from].mail.send(shards[from].create(10 * from + i), 1)
      }
    }
    assert.equal(shards[1].receive(), [3, 2, 1, 23, 22, 21], `sent by ${order}`)
  }
})

test('two blocks for each entity, which the receiver frees and the sender gets back', () => {
  const { arena, shards } = setup()
  const [from, to] = shards
  const eids = Array.from({ length: 100 }, (_, i) => from.create(i))
  from.storage.sync()
  to.storage.sync()
  const before = blocks(arena).length
  for (const eid of eids) from.mail.send(eid, 1)
  assert.is(blocks(arena).length, before + 200)
  assert.is(from.events.handedOver, 100)
  const { frees } = to.pool.counts
  to.receive()
  assert.is(to.pool.counts.frees, frees + 200)
  to.pool.flush()
  from.pool.collect()
  assert.is(blocks(arena).length, before)
  const { remoteFreeCount } = arena.stats().slots.find(({ slot }) => slot === from.pool.slot)!
  assert.is(remoteFreeCount, 200)
  assert.equal(verify(arena), [])
})

test('what nobody takes in is freed, with its lists', () => {
  const { arena, shards } = setup()
  const [from, to] = shards
  const eids = [1, 2, 3].map((number) => from.create(number, [1, 2]))
  const before = blocks(arena).length
  for (const [i, eid] of eids.entries()) from.mail.send(eid, i === 2 ? 2 : 1)
  to.mail.dispose()
  assert.equal(to.receive(), [])
  assert.equal(shards[2].receive(), [3])
  from.storage.sync()
  to.pool.flush()
  from.pool.collect()
  assert.is(blocks(arena).length, before - 2, 'the lists of two')
  assert.equal(verify(arena), [])
})

test('out of memory: the entity stays', () => {
  const { arena, shards } = setup()
  const { pool, mail, events, create, world } = shards[0]
  const eid = create(5, [1, 2])
  const held: number[] = []
  for (const byteLength of [2 ** 16, 1024, 32, 16]) {
    for (let o = pool.tryAlloc(byteLength); o !== 0; o = pool.tryAlloc(byteLength)) held.push(o)
  }
  for (const isRoomForLetter of [false, true]) {
    if (isRoomForLetter) pool.free(held.pop()!)
    assert.throws(() => mail.send(eid, 1), /no room/)
    assert.equal(getAllEntities(world), [eid])
    assert.equal(shards[1].receive(), [])
    assert.is(events.handedOver, 0)
  }
  for (const offset of held) pool.free(offset)
  pool.collect()
  mail.send(eid, 1)
  assert.equal(shards[1].receive(), [5])
  assert.equal(verify(arena), [])
})

test.run()
