/** Everything that the public functions make, in a memory that can grow. */
import { Arena, blocks as blocksOf } from '@ashlar/core'
import {
  attachStorage,
  attachTable,
  type Component,
  createCommands,
  createSparseComponent,
  createStorage,
  createTable,
  freeCommands,
  freePacked,
  moveOut,
  type SparseComponent,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, addPrefab, createWorld, getComponent, set } from 'bitecs'
import * as assert from 'uvu/assert'
import { CommandBlocks } from '../src/commands/command-blocks.ts'
import { assertSound, watch } from './support.ts'

export const schema = {
  x: t.f32,
  big: t.f64,
  points: t.list(t.f32),
  targets: t.list(t.eid, { weak: true }),
  label: t.text,
  kind: t.text({ interned: true }),
}
export const VALUES = {
  ...{ x: 1.5, big: 0.1, points: [1, 2, 3] },
  ...{ label: 'Größe', kind: 'road' },
}
const tableSchema = { x: t.f32, life: t.i16 }

const { crypto } = globalThis
let serial = 0

/**
 * Serial numbers are random, and as long as chance has it in what is published: not so of twins.
 */
export function setRandom(isRandom: boolean): void {
  const count = (numbers: Int32Array) => numbers.fill(1000 + serial++)
  if (isRandom) Reflect.deleteProperty(crypto, 'getRandomValues')
  else crypto.getRandomValues = count as Crypto['getRandomValues']
}

/** What twins, one of whose memory grows, have in common. */
export function createScene() {
  serial = 0
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 512 })
  const arena = Arena.create({ memory })
  const pool = arena.openPool()
  const [world, otherWorld] = [createWorld(), createWorld()]
  const storage = watch(arena, createStorage(world, pool, { capacity: 8 }))
  const otherStorage = watch(arena, createStorage(otherWorld, pool, { capacity: 8 }))
  const Path = storage.component('Path', schema)
  const Burning = createSparseComponent(storage, 'Burning', schema)
  const Tag = storage.component('Tag', {})
  const OtherPath = otherStorage.component('Path', schema)
  createSparseComponent(otherStorage, 'Burning', schema)
  otherStorage.component('Tag', {})
  const eids = Array.from({ length: 5 }, () => addEntity(world))
  for (const eid of eids) {
    addComponent(world, eid, set(Path, { ...VALUES, targets: [eids[0], eid] }))
    addComponent(world, eid, set(Burning, VALUES))
    addComponent(world, eid, Tag)
  }
  const bare = addEntity(world)
  const prefab = addPrefab(world)
  addComponent(world, prefab, set(Path, { x: 7, label: 'prefab' }))
  const shots = createTable(storage, 'Shot', tableSchema, { chunkByteLength: 1024, chunkLimit: 8 })
  const ids = Array.from({ length: 200 }, () => shots.add())
  const alone = createTable(pool, tableSchema, { chunkByteLength: 1024, chunkLimit: 8 })
  const aloneId = alone.add()
  const theirPool = arena.openPool()
  const attached = attachStorage(storage.handle, theirPool)
  const seen = attached.components.Path as Component<typeof schema>
  const seenBurning = attached.components.Burning as SparseComponent<typeof schema>
  const theirShots = attached.tables.Shot
  theirShots.add()
  storage.sync()
  const tablePool = arena.openPool()
  const elsewhere = attachTable(alone.handle, tablePool)
  const commands = createCommands(storage)
  commands.set(commands.spawn(), Path, VALUES)
  commands.despawn(eids[4])
  const theirCommands = createCommands(attached)
  theirCommands.add(eids[3], 'Burning', { x: 9 })
  const orphan = new CommandBlocks(pool, 1) // as a thread leaves it that dies
  const packed = moveOut(storage, eids.pop()!)
  const made = { memory, arena, pool, world, otherWorld, storage, otherStorage }
  const components = { Path, Burning, Tag, OtherPath, eids, bare, prefab }
  const tables = { shots, ids, alone, aloneId, elsewhere, theirShots, tablePool }
  const others = { attached, seen, seenBurning, theirPool, commands, theirCommands, orphan, packed }
  return { ...made, ...components, ...tables, ...others }
}

export type Scene = ReturnType<typeof createScene>

/** What is there, as the world's thread and an attached one have it. */
export function stateOf(scene: Scene): unknown {
  const { arena, world, storage, otherStorage, attached, alone, shots, Path, Burning } = scene
  if (!storage.isDisposed) storage.sync()
  if (!otherStorage.isDisposed) otherStorage.sync()
  if (!storage.isDisposed) attached.sync()
  const values = scene.eids.map((eid) => [
    getComponent(world, eid, Path),
    getComponent(world, eid, Burning),
    scene.seen.points.toArray(eid),
    scene.seenBurning.label.get(eid),
  ])
  const rows = [shots, alone].map((table) => {
    if (table.isAttached) table.sync()
    return table.isAttached ? table.rowCount : -1
  })
  assertSound(arena)
  const numbers = [
    [...(Path.x ?? [])],
    [...(Path.big ?? [])],
    storage.isDisposed ? [] : [...scene.seen.x],
  ]
  const entities = storage.isDisposed ? [] : [...attached.entities]
  const blocks = blocksOf(arena).map(({ offset, byteLength, slot }) => [offset, byteLength, slot])
  return { values, rows, numbers, entities, blocks }
}

/** A result, where views and objects are told by what they hold. */
export function told(result: unknown): unknown {
  if (ArrayBuffer.isView(result)) return [...(result as Float32Array)]
  if (typeof result !== 'object' || result === null) return result
  return Object.keys(result).sort()
}

/** Gives everything back. */
export function end({ arena, pool, theirPool, storage, otherStorage, ...scene }: Scene): void {
  scene.memory.grow(1)
  if (!storage.isDisposed) {
    scene.attached.detach()
    scene.theirCommands.dispose()
    storage.dispose()
  }
  freeCommands(pool, scene.orphan.offset)
  if (blocksOf(arena).some(({ offset }) => offset === scene.packed)) freePacked(pool, scene.packed)
  if (!otherStorage.isDisposed) otherStorage.dispose()
  scene.elsewhere.detach()
  if (scene.alone.isAttached) scene.alone.dispose()
  for (const one of [theirPool, scene.tablePool, pool]) one.collect()
  assertSound(arena)
  assert.equal(blocksOf(arena), [])
}
