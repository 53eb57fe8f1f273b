// In an arena that is full to the last byte, everything can be read and given back: no call
// allocates a block to learn the buffer, also where a WebAssembly.Memory has grown before it.
import { Arena, blocks } from '@ashlar/core'
import {
  applyCommands,
  createCommands,
  createSparseComponent,
  createStorage,
  createTable,
  freeCommands,
  freePacked,
  moveOut,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getComponent, removeComponent, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandBlocks } from '../src/commands/command-blocks.ts'
import { assertSound, fillUp, watch } from './support.ts'

const test = suite('full arena')

/** A storage with something of every kind, in memory of one thread that can grow. */
function createFull() {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 200 })
  const arena = Arena.create({ memory })
  const pool = arena.openPool()
  const world = createWorld()
  const storage = watch(arena, createStorage(world, pool, { capacity: 16 }))
  const Path = storage.component('Path', { x: t.f32, points: t.list(t.f64), label: t.text })
  const Kind = createSparseComponent(storage, 'Kind', { name: t.text({ interned: true }) })
  const table = createTable(storage, 'Shot', { x: t.f32 }, { chunkByteLength: 1024, chunkLimit: 8 })
  const [eid, other] = [addEntity(world), addEntity(world)]
  for (const one of [eid, other]) {
    addComponent(world, one, set(Path, { x: 1, points: [1, 2], label: 'gate' }))
    addComponent(world, one, set(Kind, { name: 'iron' }))
  }
  const shot = table.add()
  const commands = createCommands(storage)
  commands.remove(other, Kind)
  const orphan = new CommandBlocks(pool, 1) // as a thread leaves it that dies
  const packed = moveOut(storage, other)
  const held = fillUp(pool)
  const parts = { storage, Path, Kind, table, eid, shot, commands, orphan, packed, held }
  return { memory, arena, pool, world, ...parts }
}

type Full = ReturnType<typeof createFull>

/** Whatever reads. */
const reads: Record<string, (full: Full) => void> = {
  'a column': ({ storage, Path, eid }) => {
    storage.sync()
    assert.is(Path.x[eid], 1)
  },
  getComponent: ({ storage, world, Path, eid }) => {
    storage.sync()
    assert.equal(getComponent(world, eid, Path), { x: 1, points: [1, 2], label: 'gate' })
  },
  'getComponent of a sparse one': ({ storage, world, Kind, eid }) => {
    storage.sync()
    assert.equal(getComponent(world, eid, Kind), { name: 'iron' })
  },
  'a list': ({ storage, Path, eid }) => {
    storage.sync()
    assert.equal(Path.points.toArray(eid), [1, 2])
    assert.equal([Path.points.length(eid), Path.points.get(eid, 1)], [2, 2])
    assert.equal([...Path.points.view(eid)], [1, 2])
  },
  'a text': ({ storage, Path, eid }) => {
    storage.sync()
    assert.is(Path.label.get(eid), 'gate')
  },
  'a table': ({ table, shot }) => {
    table.sync()
    assert.ok(table.has(shot))
  },
}

for (const [name, read] of Object.entries(reads)) {
  test(`read: ${name}`, () => {
    const full = createFull()
    const before = blocks(full.arena)
    read(full)
    full.memory.grow(1)
    read(full)
    assert.equal(blocks(full.arena), before)
    assertSound(full.arena)
  })
}

/** Whatever gives something back. */
const returns: Record<string, (full: Full) => void> = {
  'commands are applied': ({ storage, commands }) => void applyCommands(storage, commands),
  'commands are disposed of': ({ commands }) => commands.dispose(),
  freeCommands: ({ pool, orphan }) => freeCommands(pool, orphan.offset),
  freePacked: ({ pool, packed }) => freePacked(pool, packed),
  'a component is removed': ({ storage, world, Path, eid }) => {
    removeComponent(world, eid, Path)
    storage.sync()
  },
  'lists and texts are cleared': ({ Path, eid }) => {
    Path.points.clear(eid)
    Path.label.clear(eid)
  },
  'a row of a table is removed': ({ table, shot }) => void table.remove(shot),
  reset: ({ storage }) => storage.reset(),
}

for (const hasGrown of [false, true]) {
  for (const [name, giveBack] of Object.entries(returns)) {
    test(`give back: ${name}${hasGrown ? ', after growth' : ''}`, () => {
      const full = createFull()
      const { memory, arena, pool, storage, held, packed, orphan } = full
      if (hasGrown) memory.grow(1)
      giveBack(full)
      assertSound(arena)
      if (hasGrown) memory.grow(1)
      if (name !== 'freePacked') freePacked(pool, packed)
      if (name !== 'freeCommands') orphan.dispose()
      storage.dispose()
      assertSound(arena)
      for (const offset of held) pool.free(offset)
      assert.equal(blocks(arena), [])
    })
  }
}

test.run()
