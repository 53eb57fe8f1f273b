// Words of blocks are overwritten, at random: those of lists, texts, columns, indices, tables,
// commands, packed entities, and of what storages publish. Whatever is called then ends, throws
// none but our errors, and writes nothing outside of the arena.
import { Arena, blocks as blocksOf } from '@ashlar/core'
import {
  applyCommands,
  attachStorage,
  attachTable,
  createCommands,
  createSparseComponent,
  createStorage,
  createTable,
  freeCommands,
  freePacked,
  moveIn,
  moveOut,
  t,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  entityExists,
  getComponent,
  removeEntity,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../test/support/rounds.ts'
import { isOurs } from './odd-values.ts'
import { createRandom, rowsOf } from './support.ts'

const test = suite('damage')

const BYTE_LENGTH = 2 ** 22
const GUARD_BYTE_LENGTH = 64
const GUARD = 0xa5

/** An arena amid bytes of somebody else. */
function createGuarded() {
  const buffer = new SharedArrayBuffer(BYTE_LENGTH + 2 * GUARD_BYTE_LENGTH)
  const guards = [0, GUARD_BYTE_LENGTH + BYTE_LENGTH].map(
    (start) => new Uint8Array(buffer, start, GUARD_BYTE_LENGTH),
  )
  for (const guard of guards) guard.fill(GUARD)
  const arena = Arena.create({
    buffer,
    byteOffset: GUARD_BYTE_LENGTH,
    byteLength: BYTE_LENGTH,
    slots: 8,
  })
  return { arena, guards }
}

/** A game that has one of each, as two threads see it. */
function createGame() {
  const { arena, guards } = createGuarded()
  const [pool, otherPool] = [arena.openPool(), arena.openPool()]
  const world = createWorld()
  const storage = createStorage(world, pool, { capacity: 64 })
  const Place = storage.component('Place', { x: t.f32, y: t.f64, target: t.eid })
  const Path = storage.component('Path', {
    ...{ points: t.list(t.f32), friends: t.list(t.eid, { weak: true }) },
    ...{ label: t.text, kind: t.text({ interned: true }) },
  })
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32, log: t.list(t.u8) })
  const shots = createTable(storage, 'Shot', { x: t.f32, id: t.u32 }, { chunkByteLength: 512 })
  const eids = Array.from({ length: 40 }, () => addEntity(world))
  for (const eid of eids) {
    addComponent(world, eid, set(Place, { x: eid, target: eids[0] }))
    const texts = { label: `unit ${eid}`, kind: `kind ${eid % 3}` }
    addComponent(world, eid, set(Path, { points: [eid, 2, 3], friends: [eids[1], eid], ...texts }))
    if (eid % 2 === 0) addComponent(world, eid, set(Burning, { heat: eid, log: [1, 2, 3] }))
    shots.add()
  }
  const attached = attachStorage(storage.handle, otherPool)
  const theirs = attached.components as typeof storage.components
  const loose = createTable(pool, { x: t.f64 })
  loose.add()
  const commands = createCommands(attached)
  const abandoned = createCommands(attached)
  for (const recorded of [commands, abandoned]) {
    recorded.begin(3)
    const spawned = recorded.spawn()
    recorded.add(spawned, 'Place', { x: 5 })
    recorded.set(eids[3], 'Path', { points: [1, 2, 3, 4], label: 'new', kind: 'kind 1' })
    recorded.begin(4)
    recorded.set(eids[4], 'Place', { y: 2 })
    recorded.remove(eids[6], 'Burning')
    recorded.despawn(eids[5])
  }
  const packed = [moveOut(storage, eids[20]), moveOut(storage, eids[22])]
  return {
    ...{ arena, guards, pool, otherPool, world, storage, attached, theirs, shots, loose, commands },
    ...{ abandoned, packed, eids, Place, Path, Burning },
  }
}
type Game = ReturnType<typeof createGame>

type Random = (limit: number) => number
type Call = readonly [name: string, call: () => unknown]

/** Reads and changes the lists and texts of some entities, by the components of one thread. */
function callsOfFields(
  label: string,
  { Path }: Pick<Game, 'Path'>,
  eids: number[],
  random: Random,
) {
  const eid = () => eids[random(eids.length)]
  const calls: Call[] = []
  for (let i = 0; i < 4; i++) {
    calls.push(
      ['toArray', () => Path.points.toArray(eid())],
      ['view', () => Path.points.view(eid()).fill(1)],
      ['get', () => Path.points.get(eid(), random(4))],
      ['push', () => Path.points.push(eid(), 4)],
      ['append', () => Path.points.append(eid(), [1, 2, 3])],
      ['pop', () => Path.points.pop(eid())],
      ['insert', () => Path.points.insert(eid(), 0, 4)],
      ['set', () => Path.points.set(eid(), 0, 4)],
      ['removeAt', () => Path.points.removeAt(eid(), 0)],
      ['swapRemoveAt', () => Path.points.swapRemoveAt(eid(), 0)],
      ['resize', () => Path.points.resize(eid(), random(50))],
      ['reserve', () => Path.points.reserve(eid(), random(50))],
      ['replace', () => Path.points.replace(eid(), [5, 6])],
      ['forEach', () => Path.points.forEach(eid(), () => {})],
      ['clear', () => Path.points.clear(eid())],
      ['friends', () => Path.friends.push(eid(), eids[2])],
      ['label', () => [Path.label.get(eid()), Path.label.equals(eid(), 'unit 3')]],
      ['label.view', () => Path.label.view(eid()).byteLength],
      ['label.set', () => Path.label.set(eid(), 'x'.repeat(random(60)))],
      ['kind', () => [Path.kind.get(eid()), Path.kind.equals(eid(), 'kind 1')]],
      ['kind.set', () => Path.kind.set(eid(), `kind ${random(5)}`)],
      ['kind.clear', () => Path.kind.clear(eid())],
    )
  }
  return calls.map(([name, call]): Call => [`${label} ${name}`, call])
}

/** Whatever can be done. */
function callsOf(game: Game, random: Random): Call[] {
  const { arena, pool, otherPool, world, storage, attached, shots, loose, commands } = game
  const { abandoned, packed, eids, Place, Path, Burning } = game
  const eid = () => {
    const picked = eids[random(eids.length)]
    return entityExists(world, picked) ? picked : addEntity(world) // bitECS takes none that is gone
  }
  const tables = { shots, theirs: attached.tables.Shot ?? shots, loose }
  return [
    ...callsOfFields('their', { Path: game.theirs.Path as typeof Path }, eids, random),
    ...callsOfFields('our', game, eids, random),
    ['getComponent', () => [Place, Path, Burning].map((one) => getComponent(world, eid(), one))],
    [
      'set of bitECS',
      () => addComponent(world, eid(), set(Path, { points: [1], label: 'a', kind: 'b' })),
    ],
    [
      'set of bitECS, sparse',
      () => addComponent(world, eid(), set(Burning, { heat: 1, log: [1] })),
    ],
    ...Array.from({ length: 4 }, (): Call => ['removeEntity', () => removeEntity(world, eid())]),
    ['grow', () => addComponent(world, addEntity(world), Place)],
    ['rows', () => Burning.rows.indexOf(eid())],
    ['their rows', () => rowsOf(attached.components.Burning).indexOf(eid())],
    ['their entities', () => rowsOf(attached.components.Burning).entities.length],
    ['moveOut', () => moveOut(storage, eid())],
    ['moveIn', () => moveIn(storage, packed[0])],
    ['freePacked', () => freePacked(pool, packed[1])],
    ['applyCommands', () => applyCommands(storage, commands)],
    ['applyCommands, both', () => applyCommands(storage, [commands, abandoned])],
    ['freeCommands', () => freeCommands(pool, abandoned.offset)],
    ['commands.set', () => commands.set(eid(), 'Path', { points: [1, 2] })],
    ['commands.clear', () => commands.clear()],
    ['commands.dispose', () => commands.dispose()],
    ...Object.entries(tables).flatMap(([name, table]): Call[] => [
      [`${name}: add`, () => table.add()],
      [`${name}: rows`, () => table.chunks.map((chunk) => chunk.rowCount)],
      [`${name}: removeRow`, () => table.chunks[0]?.removeRow(0)],
      [`${name}: room`, () => table.chunkWithRoom()],
      [`${name}: trim`, () => table.trim()],
      [`${name}: sync`, () => table.sync()],
    ]),
    ['attachTable', () => attachTable(loose.handle, otherPool)],
    ['attachStorage', () => attachStorage(storage.handle, arena.openPool()).detach()],
    ['storage.component', () => storage.component(`New ${random(1e9)}`, { x: t.f32 })],
    ['createTable', () => createTable(storage, `New ${random(1e9)}`, { x: t.f32 })],
    ...Array.from({ length: 3 }, (): Call => ['storage.sync', () => storage.sync()]),
    ...Array.from({ length: 3 }, (): Call => ['attached.sync', () => attached.sync()]),
    ['storage.publish', () => storage.publish()],
    ['storage.forget', () => storage.forget(otherPool.slot)],
  ]
}

const end = ({ storage, attached, loose }: Game): Call[] => [
  ['attached.detach', () => attached.detach()],
  ['storage.reset', () => storage.reset()],
  ['storage.dispose', () => storage.dispose()],
  ['loose.dispose', () => loose.dispose()],
]

/** Words of blocks, with values that are likely to lead somewhere. */
function overwrite({ arena, pool }: Game, random: Random): void {
  const blocks = blocksOf(arena)
  const words = pool.arena.i32
  const pick = (values: readonly number[]) => values[random(values.length)]
  const offset = () => pick(blocks.map((block) => block.offset))
  for (let i = 1 + random(8); i > 0; i--) {
    const block = blocks[random(blocks.length)]
    const count = Math.max(1, block.byteLength >> 2)
    // The first words of a block say most.
    const word = (block.offset >> 2) + random(random(2) === 0 ? Math.min(8, count) : count)
    words[word] = pick([
      ...[0, 1, -1, 2 ** 31 - 1, -(2 ** 31), random(300), -random(300), random(2 ** 31)],
      ...[words[word] + 1, words[word] - 1, words[word] ^ (1 << random(32)), words[word] + 16],
      ...[offset(), offset(), offset() + 16, offset() + 4, -offset(), arena.byteOffset],
      ...[arena.byteOffset + arena.byteLength, arena.byteOffset + arena.byteLength - 16],
    ])
  }
}

function attempt([name, call]: Call, { guards }: Game): void {
  try {
    call()
  } catch (error) {
    const what = `${name}: ${error instanceof Error ? error.stack : error}`
    if (!isOurs(error)) throw new Error(what, { cause: error })
  }
  for (const guard of guards) {
    if (guard.some((byte) => byte !== GUARD)) assert.unreachable(`${name} wrote outside`)
  }
}

function round(seed: number): void {
  const random = createRandom(seed)
  const game = createGame()
  overwrite(game, random)
  const calls = callsOf(game, random)
  while (calls.length > 0) attempt(calls.splice(random(calls.length), 1)[0], game)
  for (const call of end(game)) attempt(call, game)
}

const ROUND_COUNT = rounds(150)
const FIRST_SEED = Math.floor(Math.random() * 2 ** 31)

test(`rounds from seed ${FIRST_SEED} on`, () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUND_COUNT; seed++) {
    try {
      round(seed)
    } catch (error) {
      console.error(`seed ${seed}`)
      throw error
    }
  }
})

test.run()
