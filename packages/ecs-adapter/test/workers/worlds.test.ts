// Worlds of their own, each in its worker: entities wander from one to the other.
import { Arena, blocks, createThreadLock, verify } from '@ashlar/core'
import {
  attachStorage,
  createStorage,
  moveIn,
  moveOut,
  type StorageHandle,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, query, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain, type ThreadKind, threadKinds } from '../../../../test/support/threads.ts'
import { until } from './game.ts'
import { type EntityOrder, startWorker, type WorldOrder } from './worker.ts'

const test = suite('worlds')

interface Answer {
  readonly assignedRun: number
  readonly packed?: number
  readonly kept?: number
}

async function startWorld(arena: Arena, kind: ThreadKind) {
  const told: { handle?: StorageHandle | undefined; isClosed?: boolean } = {}
  const answers = new Map<number, Answer>()
  const thread = startWorker(kind, 'world', (message) => {
    if (message === 'closed') told.isClosed = true
    else if ('handle' in (message as object)) told.handle = (message as typeof told).handle
    else answers.set((message as Answer).assignedRun, message as Answer)
  })
  const order: WorldOrder = {
    arena: arena.handle,
    slot: arena.reserveSlot(),
    lock: createThreadLock(),
  }
  thread.post(order)
  await until(() => told.handle !== undefined)
  const send = async (order: EntityOrder): Promise<Answer> => {
    thread.post(order)
    await until(() => answers.has(order.assignedRun))
    return answers.get(order.assignedRun) as Answer
  }
  const end = async () => {
    thread.post('end')
    await until(() => told.isClosed === true)
    thread.terminate()
  }
  return { send, end, handle: told.handle as StorageHandle }
}

for (const kind of threadKinds) {
  test(`${kind}: entities wander from world to world with their lists and texts`, async () => {
    const arena = Arena.create({ byteLength: 16 << 20, shared: true })
    arena.onViolation = (error) => assert.unreachable(error.message)
    const worlds = [await startWorld(arena, kind), await startWorld(arena, kind)]
    const world = createWorld()
    const storage = createStorage(world, arena.openPool())
    const Marked = storage.component('Marked', { marks: t.list(t.i32), label: t.text, last: t.i32 })
    const eids: number[] = []
    for (let i = 0; i < 20; i++) {
      const eid = addEntity(world)
      addComponent(world, eid, set(Marked, { marks: [-i], label: 'way' }))
      eids.push(eid)
    }
    // Around both worlds, all at the same time; every fifth stays in the last one.
    const kept: number[] = []
    await Promise.all(
      eids
        .map((eid) => moveOut(storage, eid))
        .map(async (parcel, i) => {
          let packed = parcel
          for (let hop = 0; hop < 10; hop++) {
            const isKept = i % 5 === 0 && hop === 9
            const assignedRun = i * 10 + hop
            const answer = await worlds[hop % 2].send({ packed, mark: hop, isKept, assignedRun })
            if (answer.kept !== undefined) kept.push(answer.kept)
            if (answer.packed !== undefined) packed = answer.packed
          }
          if (i % 5 !== 0) moveIn(storage, packed)
        }),
    )
    const here = [...query(world, [Marked])]
    assert.is(here.length, 16)
    const labels = here.map((eid) => Marked.label.get(eid))
    assert.equal(new Set(labels), new Set(['wayü0ü1ü2ü3ü4ü5ü6ü7ü8ü9']))
    const marks = here.map((eid) => Marked.marks.toArray(eid))
    assert.ok(marks.every((list) => list.slice(1).every((mark, i) => mark === i)))
    assert.is(new Set(marks.map(([first]) => first)).size, 16)
    // Any thread goes over the entities and columns of another's world.
    const attached = attachStorage(worlds[1].handle, storage.pool)
    const theirs = attached.components.Marked as typeof Marked
    const owners = [...attached.entities].filter((eid) => theirs.last[eid] === 9)
    assert.equal(owners.sort(), kept.sort())
    for (const eid of owners) assert.is(theirs.marks.length(eid), 11)
    attached.detach()
    for (const { end } of worlds) await end()
    storage.dispose()
    storage.pool.flush()
    storage.pool.collect()
    assert.equal(verify(arena), [])
    for (const { slot } of arena.stats().slots) if (slot !== storage.pool.slot) arena.openPool()
    assert.equal(blocks(arena), [])
  })
}

if (isMain) test.run()
