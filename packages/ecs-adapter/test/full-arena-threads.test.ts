// Two threads in an arena that is full to the last byte: everything is read, removed, synced,
// closed and disposed of, in any order, without one error. Then every byte is free.
import { Arena, blocks, type Pool } from '@ashlar/core'
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
  type Schema,
  type SparseComponent,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  getComponent,
  removeComponent,
  removeEntity,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../test/support/rounds.ts'
import { CommandBlocks } from '../src/commands/command-blocks.ts'
import { assertSound, createRandom, fillUp, rowsOf, watch } from './support.ts'

const test = suite('full arena, two threads')

const schema = {
  weight: t.f64,
  points: t.list(t.f32),
  targets: t.list(t.eid, { weak: true }),
  label: t.text,
  kind: t.text({ interned: true }),
} satisfies Schema
const heatSchema = { heat: t.f32, marks: t.list(t.u8), cause: t.text }
const shotSchema = { x: t.f32, life: t.i16 }
const TABLE = { chunkByteLength: 1024, chunkLimit: 32 }
const ENTITY_COUNT = 40

/** How long the lists and texts of an entity are that a thread writes. */
const lengthOf = (eid: number) => (eid % 10 === 0 ? 3000 : 3 + (eid % 60))

interface Paths {
  Path: Component<typeof schema>
  Burning: SparseComponent<typeof heatSchema>
}

/** Makes the lists and texts of an entity another thread's blocks. */
function write({ Path, Burning }: Paths, eid: number): void {
  const count = lengthOf(eid)
  Path.points.replace(eid, Array(count).fill(eid))
  Path.targets.replace(eid, [eid, eid])
  Path.label.set(eid, 'ü'.repeat(count))
  Path.kind.set(eid, `kind ${eid % 20} ${'x'.repeat(count % 100)}`)
  Burning.marks.replace(eid, Array(count).fill(7))
  Burning.cause.set(eid, 'oil'.repeat(count))
}

function assertWritten({ Path, Burning }: Paths, eid: number): void {
  const count = lengthOf(eid)
  assert.equal(Path.points.toArray(eid), Array(count).fill(eid))
  assert.is(Path.points.view(eid).length, count)
  assert.is(Path.label.get(eid), 'ü'.repeat(count))
  assert.is(Path.kind.get(eid), `kind ${eid % 20} ${'x'.repeat(count % 100)}`)
  assert.is(Burning.marks.get(eid, count - 1), 7)
  assert.ok(Burning.cause.equals(eid, 'oil'.repeat(count)))
}

/** Two threads' worth of everything, and not a byte left. */
function createFull(fillers: 'main' | 'both') {
  const arena = Arena.create({ byteLength: 2 ** 23, shared: true })
  arena.onViolation = (error) => assert.unreachable(error.message)
  const pool = arena.openPool()
  const theirPool = Arena.attach(arena.handle).openPool()
  const world = createWorld()
  const storage = watch(arena, createStorage(world, pool, { capacity: 16 }))
  const mine: Paths = {
    Path: storage.component('Path', schema),
    Burning: createSparseComponent(storage, 'Burning', heatSchema),
  }
  const table = createTable(storage, 'Shot', shotSchema, TABLE)
  const attached = attachStorage(storage.handle, theirPool)
  const eids = Array.from({ length: ENTITY_COUNT }, () => addEntity(world))
  for (const eid of eids) {
    addComponent(world, eid, mine.Path)
    addComponent(world, eid, mine.Burning)
    write(mine, eid)
  }
  storage.sync()
  attached.sync()
  const theirs = attached.components as unknown as Paths
  for (const eid of eids) if (eid % 3 > 0) write(theirs, eid)
  for (const one of [table, attached.tables.Shot]) for (let i = 0; i < 300; i++) one.add()
  storage.sync() // knows their chunks
  attached.sync()
  const commands = createCommands(storage)
  const theirCommands = createCommands(attached)
  for (const one of [commands, theirCommands])
    for (let i = 0; i < 1000; i++) one.remove(i, 'Burning')
  const orphan = new CommandBlocks(theirPool, 1) // as a thread leaves it that dies
  for (let i = 0; i < 500; i++) orphan.commit(orphan.reserve(4) + 4)
  const packed = eids.splice(-4).map((eid) => moveOut(storage, eid))
  const pools = fillers === 'main' ? [pool] : [pool, theirPool]
  const held = pools.flatMap((one) => fillUp(one))
  for (const one of pools) assert.is(one.tryAlloc(0), 0)
  const everything = { arena, pool, theirPool, world, storage, table, attached, mine, theirs }
  return { ...everything, eids, commands, theirCommands, orphan, packed, held }
}

type Full = ReturnType<typeof createFull>

function readAll({ world, eids, storage, attached, mine, theirs, table }: Full): void {
  for (const eid of eids) {
    assertWritten(mine, eid)
    assertWritten(theirs, eid)
    assert.is(getComponent(world, eid, mine.Path).label, 'ü'.repeat(lengthOf(eid)))
    assert.is(getComponent(world, eid, mine.Burning).marks.length, lengthOf(eid))
    assert.is(
      rowsOf(storage.components.Burning).indexOf(eid),
      rowsOf(attached.components.Burning).indexOf(eid),
    )
  }
  assert.is(table.rowCount, 600)
  assert.is(attached.tables.Shot.rowCount, 600)
}

/** What gives something back, by one of the threads. */
function returnsOf(full: Full): (() => void)[] {
  const { pool, theirPool, world, storage, table, attached, mine, theirs, eids } = full
  const shots = attached.tables.Shot
  const ids = [table, shots].flatMap((one) => one.ownChunks.flatMap((chunk) => [...chunk.ids]))
  return [
    ...eids.map((eid, i) => () => {
      const { Path, Burning } = i % 2 === 0 ? mine : theirs
      if (i % 4 < 2) {
        // Of one that was removed, and synced, nothing is left that could be shorter.
        if (Path.label.byteLength(eid) === 0 || Burning.cause.byteLength(eid) === 0) return
        Path.points.replace(eid, [1])
        Path.label.set(eid, 'short')
        Burning.marks.resize(eid, 1)
        Burning.marks.pop(eid)
        Burning.cause.set(eid, 'o')
        assert.equal([Path.label.get(eid), Burning.cause.get(eid)], ['short', 'o'])
        assert.equal(Path.points.toArray(eid), [1])
      } else {
        for (const field of [Path.points, Path.targets, Burning.marks]) field.clear(eid)
        for (const field of [Path.label, Path.kind, Burning.cause]) field.clear(eid)
      }
    }),
    ...eids.slice(0, 10).map((eid) => () => removeEntity(world, eid)),
    ...eids.slice(10, 20).map((eid) => () => removeComponent(world, eid, mine.Path)),
    ...eids.slice(15, 25).map((eid) => () => removeComponent(world, eid, mine.Burning)),
    () => storage.sync(),
    () => storage.sync(),
    () => attached.sync(),
    () => full.commands.clear(),
    () => full.commands.dispose(),
    () => full.theirCommands.dispose(),
    () => freeCommands(pool, full.orphan.offset),
    ...full.packed.map((one, i) => () => freePacked(i % 2 === 0 ? pool : theirPool, one)),
    ...ids.map((id) => () => void table.remove(id)),
    () => void table.trim(),
    () => void shots.trim(),
    () => attached.detach(),
    () => theirPool.flush(),
    () => pool.flush(),
  ]
}

function shuffle<T>(all: T[], random: (limit: number) => number): T[] {
  for (let i = all.length - 1; i > 0; i--) {
    const other = random(i + 1)
    const one = all[i]
    all[i] = all[other]
    all[other] = one
  }
  return all
}

/** Only what was held is live; and when that is freed, every byte is free. */
function assertAllFree({ arena, pool, held }: Full, others: readonly Pool[]): void {
  pool.flush()
  assert.is(blocks(arena).length, held.length)
  for (const offset of held) pool.free(offset)
  for (const one of [pool, ...others, pool, ...others]) one.collect()
  assertSound(arena)
  assert.equal(blocks(arena), [])
  // Every byte can be had: spans of closed slots, too.
  const everything = arena.byteLength - arena.stats().controlByteLength - 16
  pool.free(pool.alloc(everything))
}

/** What becomes of the other thread, before this one gives back what it has of it. */
const ends: Record<string, (full: Full) => void> = {
  idles: () => {},
  closes: ({ theirPool }) => theirPool.close(),
  dies: ({ arena, theirPool, storage }) => {
    const { slot, generation } = theirPool
    const adopted = arena.adopt(slot, generation)
    storage.forget(slot, generation)
    adopted.close()
  },
}

for (const fillers of ['main', 'both'] as const) {
  for (const [how, end] of Object.entries(ends)) {
    test(`read, removed, freed and disposed of, as another ${how}; ${fillers} fill`, () => {
      for (const seed of someOf([1, 4, 2, 3], 2)) {
        const full = createFull(fillers)
        const { arena, theirPool, storage, attached } = full
        const before = blocks(arena)
        readAll(full)
        if (fillers === 'both') assert.equal(blocks(arena), before)
        const random = createRandom(seed)
        const calls = shuffle(returnsOf(full), random)
        for (const [i, call] of calls.entries()) {
          try {
            call()
          } catch (error) {
            // What was detached, disposed of or freed before has nothing to give back.
            const { code } = error as { code?: string }
            const known = ['table-detached', 'commands-disposed', 'invalid-argument']
            if (!known.includes(code ?? '')) throw error
          }
          if (i % 100 === 0) assertSound(arena)
        }
        assertSound(arena)
        attached.detach()
        end(full)
        if (seed % 2 === 0) storage.reset()
        storage.sync()
        storage.dispose()
        assertSound(arena)
        assertAllFree(full, how === 'idles' ? [theirPool] : [])
      }
    })

    test(`one that ${how} at once leaves nothing; ${fillers} fill`, () => {
      const full = createFull(fillers)
      const { pool, theirPool, arena, storage, theirCommands, orphan, packed } = full
      if (how !== 'dies') full.attached.detach()
      end(full)
      freeCommands(pool, theirCommands.offset)
      freeCommands(pool, orphan.offset)
      for (const one of packed) freePacked(pool, one)
      storage.sync()
      storage.dispose()
      assertSound(arena)
      assertAllFree(full, how === 'idles' ? [theirPool] : [])
    })
  }
}

test('chunks taken over and trimmed are free once their thread has closed its pool', () => {
  for (const how of Object.keys(ends)) {
    const arena = Arena.create({ byteLength: 2 ** 21, shared: true })
    const open = () => Arena.attach(arena.handle).openPool()
    const [pool, maker, taker, filler] = [open(), open(), open(), open()]
    const table = createTable(pool, { x: t.f32 })
    const made = attachTable(table.handle, maker)
    for (let i = 0; i < 3 * made.chunkCapacity + 1; i++) made.add()
    made.detach()
    maker.close()
    const taken = attachTable(table.handle, taker)
    assert.is(taken.adoptChunks(), 4)
    taken.clear()
    const held = [filler, taker].flatMap((one) => fillUp(one))
    assert.is(taken.trim(), 3)
    taken.detach()
    if (how === 'closes') taker.close()
    if (how === 'dies') arena.adopt(taker.slot).close()
    if (how === 'idles') taker.flush()
    assert.is(blocks(arena).length, held.length + 2)
    assertSound(arena)
    table.sync()
    table.dispose()
    for (const offset of held) filler.free(offset)
    for (const one of [filler, pool]) one.collect()
    assert.equal(blocks(arena), [])
    assertSound(arena)
  }
})

test('lists and texts that an attached thread frees before it closes are free', () => {
  for (const fillers of ['main', 'both'] as const) {
    const full = createFull(fillers)
    const { arena, pool, theirPool, attached, theirs, storage, eids } = full
    for (const eid of eids) {
      const { Path, Burning } = theirs
      for (const field of [Path.points, Path.targets, Burning.marks]) field.clear(eid)
      for (const field of [Path.label, Path.kind, Burning.cause]) field.clear(eid)
    }
    attached.detach()
    full.theirCommands.dispose()
    theirPool.close()
    assertSound(arena)
    for (const eid of eids) assert.is(full.mine.Path.points.length(eid), 0)
    freeCommands(pool, full.orphan.offset)
    for (const one of full.packed) freePacked(pool, one)
    storage.dispose()
    assertAllFree(full, [])
  }
})

test.run()
