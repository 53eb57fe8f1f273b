// Each finding is provoked at least once, by an overwritten word or a lost block. Words are also
// overwritten at random: `verifyStorage` then ends, throws nothing, and writes nothing. A storage
// is sound after calls that leave blocks to be freed later.
import { blocks as blocksOf } from '@ashlar/core'
import {
  attachStorage,
  createCommands,
  createSparseComponent,
  createTable,
  type Storage,
  type StorageInvariant,
  t,
  verifyStorage,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, addPrefab, removeComponent, removeEntity, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../../test/support/rounds.ts'
import { IndexPlace } from '../../src/columns/row-index.ts'
import type { SparseStore } from '../../src/columns/sparse-store.ts'
import * as rootLayout from '../../src/shared/storage-root.ts'
import { entryWord, ownerWord, seedWord } from '../../src/tables/table-root.ts'
import { assertThrows, buffers, createRandom, createScene, EXCLUSIVE } from '../support.ts'

const test = suite('verify-storage')

/** A storage that has one of each, and nothing else in its arena. */
function createGame({ shared = true } = {}) {
  const scene = createScene({ shared, capacity: 64, byteLength: 2 ** 21, slots: 8 })
  const { arena, world, storage } = scene
  const Place = storage.component('Place', { x: t.f32, y: t.f64, target: t.eid })
  const Path = storage.component('Path', {
    ...{ points: t.list(t.f32), friends: t.list(t.eid, { weak: true }) },
    ...{ label: t.text, kind: t.text({ interned: true }) },
  })
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32, log: t.list(t.u8) })
  storage.component('Tag', {})
  const shots = createTable(storage, 'Shot', { x: t.f32, id: t.u32 }, { chunkByteLength: 512 })
  const eids = Array.from({ length: 40 }, () => addEntity(world))
  for (const eid of eids) {
    addComponent(world, eid, set(Place, { x: eid, target: eids[0] }))
    const texts = { label: `unit ${eid}`, kind: `kind ${eid % 3}` }
    addComponent(world, eid, set(Path, { points: [eid, 2, 3], friends: [eids[1], eid], ...texts }))
    if (eid % 2 === 0) addComponent(world, eid, set(Burning, { heat: eid, log: [1, 2, 3] }))
    shots.add()
  }
  const attached = attachStorage(storage.handle, arena.openPool())
  const theirs = attached.components as typeof storage.components
  assert.is((theirs.Path as typeof Path).kind.get(eids[0]), 'kind 1') // their index counts it
  const commands = createCommands(storage)
  for (const eid of eids) commands.set(eid, Path, { label: 'x'.repeat(200) })
  storage.sync()
  attached.sync()
  return { ...scene, Place, Path, Burning, shots, eids, attached, commands }
}
type Game = ReturnType<typeof createGame>

const found = (storage: Storage, options?: object) =>
  verifyStorage(storage, options).map(({ invariant, message }) => `${invariant}: ${message}`)

const storeOf = ({ storage }: Game, number: number) =>
  storage.parts.components.at(number).hooks!.store
/** Index of the handle word of a row of Path. */
const handleWord = (game: Game, field: number, row: number) =>
  storeOf(game, 1).variable[field]!.$wordAt(row)
const [POINTS, LABEL, KIND] = [0, 2, 3]
const placeOf = (game: Game) => new IndexPlace((storeOf(game, 2) as SparseStore).index.entry)
const rootOf = ({ storage }: Game) => storage.parts.publisher.root >> 2
const tableRoot = ({ shots }: Game) => shots.handle.offset >> 2
const chunkOf = (game: Game) => game.arena.i32[tableRoot(game) + entryWord(0)] >> 2
const logOf = (game: Game) => game.arena.i32[rootOf(game) + rootLayout.internLogWord(1)] >> 2
const publishedOf = ({ storage }: Game) => storage.parts.publisher

interface Damage {
  readonly what: string
  readonly damage: (game: Game, words: Int32Array) => void
  readonly invariant: StorageInvariant
  /** What one of its findings says. */
  readonly says: readonly string[]
}

const damages: readonly Damage[] = [
  {
    what: 'a handle leads to the list of another row',
    damage: (game, words) => {
      words[handleWord(game, POINTS, 4)] = words[handleWord(game, POINTS, 3)]
    },
    ...{ invariant: 'block', says: ['Path.points, row 4', 'which Path.points, row 3 leads to'] },
  },
  {
    what: 'a handle leads to a text of another field',
    damage: (game, words) => {
      words[handleWord(game, LABEL, 4)] = words[handleWord(game, POINTS, 3)]
    },
    ...{ invariant: 'block', says: ['Path.label, row 4', 'Path.points, row 3'] },
  },
  {
    what: 'a handle leads nowhere',
    damage: (game, words) => {
      words[handleWord(game, POINTS, 4)] += 16
    },
    ...{ invariant: 'block', says: ['Path.points, row 4', 'where no live block is'] },
  },
  {
    what: 'a block was freed',
    damage: (game, words) => game.pool.free(words[handleWord(game, LABEL, 4)]),
    ...{ invariant: 'block', says: ['Path.label, row 4', 'where no live block is'] },
  },
  {
    what: 'a block has elements of another type',
    damage: (game, words) => {
      words[handleWord(game, LABEL, 4)] = game.pool.allocArray(Uint16Array, 4).byteOffset
    },
    ...{ invariant: 'block', says: ['Path.label, row 4: found u16, expected untyped'] },
  },
  {
    what: 'a row that is nobody’s has a list',
    damage: (game, words) => {
      words[handleWord(game, POINTS, 60)] = words[handleWord(game, POINTS, 4)]
      words[handleWord(game, POINTS, 4)] = 0
    },
    ...{ invariant: 'handle', says: ['Path.points, row 60', 'no entity has it'] },
  },
  {
    what: 'a sparse row behind the last one has a list',
    damage: (game, words) => {
      const log = storeOf(game, 2).variable[1]!
      words[log.$wordAt(30)] = words[log.$wordAt(3)]
      words[log.$wordAt(3)] = 0
    },
    ...{ invariant: 'handle', says: ['Burning.log, row 30', 'no entity has it'] },
  },
  {
    what: 'a list is longer than its room',
    damage: (game, words) => {
      words[words[handleWord(game, POINTS, 4)] >> 2] = 1000
    },
    ...{ invariant: 'handle', says: ['Path.points, row 4', 'a list of 1000', 'at most 4'] },
  },
  {
    what: 'a list says that it has more room',
    damage: (game, words) => {
      words[(words[handleWord(game, POINTS, 4)] >> 2) + 1] += 16
    },
    ...{ invariant: 'handle', says: ['Path.points, row 4', 'room for 32 bytes, expected 16'] },
  },
  {
    what: 'a list is of another type',
    damage: (game, words) => {
      words[(words[handleWord(game, POINTS, 4)] >> 2) + 1] ^= 1
    },
    ...{ invariant: 'handle', says: ['Path.points, row 4', 'elements of type 1, expected 0'] },
  },
  {
    what: 'a list is too short for a length',
    damage: (game, words) => {
      words[handleWord(game, POINTS, 4)] = game.pool.alloc(4)
    },
    ...{ invariant: 'handle', says: ['Path.points, row 4', '4 bytes, expected a list'] },
  },
  {
    what: 'a text has no bytes',
    damage: (game, words) => {
      words[handleWord(game, LABEL, 4)] = game.pool.alloc(0)
    },
    ...{ invariant: 'handle', says: ['Path.label, row 4', 'a text without bytes'] },
  },
  {
    what: 'an interned text counts a reference too many',
    damage: (game, words) => {
      words[words[handleWord(game, KIND, 4)] >> 2] += 1
    },
    ...{ invariant: 'interned', says: ['Path.kind, row 1', 'references of 15, expected 14'] },
  },
  {
    what: 'an interned text counts an index too few',
    damage: (game, words) => {
      words[words[handleWord(game, KIND, 4)] >> 2] -= 2 ** 24
    },
    ...{ invariant: 'interned', says: ['indexes of 1, expected 2'] },
  },
  {
    what: 'a row has lost its interned text',
    damage: (game, words) => {
      words[handleWord(game, KIND, 4)] = 0
    },
    ...{ invariant: 'interned', says: ['references of 14, expected 13'] },
  },
  {
    what: 'an interned text is not the one in the index',
    damage: (game, words) => {
      words[(words[handleWord(game, KIND, 4)] >> 2) + 1] ^= 1
    },
    ...{ invariant: 'interned', says: ['another text, expected "kind 1"'] },
  },
  {
    what: 'an interned text has no room for a count',
    damage: (game, words) => {
      words[handleWord(game, KIND, 4)] = game.pool.alloc(2)
    },
    ...{ invariant: 'interned', says: ['Path.kind, row 4', '2 bytes, expected a count'] },
  },
  {
    what: 'a column is shorter than its rows',
    damage: (game) => {
      const { blockOffset } = storeOf(game, 0).columns[0]
      assert.ok(game.pool.tryResize(blockOffset, 4 * 63))
    },
    ...{ invariant: 'block', says: ['column Place.x: found 252 bytes, expected 256 bytes'] },
  },
  {
    what: 'users have an array elsewhere',
    damage: ({ Place }, words) => {
      const value = new Float32Array(words.buffer, Place.x.byteOffset + 4, 63)
      Object.defineProperty(Place, 'x', { value })
    },
    ...{ invariant: 'column', says: ['column Place.x: found an array of length 63, expected 64'] },
  },
  {
    what: 'a list field looks for handles elsewhere',
    damage: (game) => storeOf(game, 1).variable[0]!.$bind(16, 8),
    ...{ invariant: 'column', says: ['column Path.points: found handles of 8, expected 64'] },
  },
  {
    what: 'entities have no rows',
    damage: (game) => Object.defineProperty(storeOf(game, 0), 'rowCount', { value: 40 }),
    ...{ invariant: 'rows', says: ['the rows of Place: found 40 rows, expected one of entity 40'] },
  },
  {
    what: 'the count of sparse rows',
    damage: (game, words) => {
      words[placeOf(game).head]++
    },
    ...{ invariant: 'rows', says: ['the rows of Burning: found a count of 21, expected 20'] },
  },
  {
    what: 'the key of a sparse row',
    damage: (game, words) => {
      words[placeOf(game).keys + 3] = 7
    },
    ...{ invariant: 'rows', says: ['found row -1 by key 7, expected row 3'] },
  },
  {
    what: 'the entity of a sparse row',
    damage: (game, words) => {
      words[placeOf(game).entities + 3] = 7
    },
    ...{ invariant: 'rows', says: ['found entity 7 in row 3, expected 8 or 0'] },
  },
  {
    what: 'a sparse row is lost, though its entity has the component',
    damage: (game, words) => {
      words[placeOf(game).entities + 3] = 0
    },
    ...{ invariant: 'rows', says: ['found no row of entity 8, expected one'] },
  },
  {
    what: 'a sparse row is lost, and not counted',
    damage: (game, words) => {
      words[placeOf(game).entities + 3] = 0
    },
    ...{ invariant: 'rows', says: ['found lost rows: 1, expected 0'] },
  },
  {
    what: 'a slot of the index',
    damage: (game, words) => {
      const { slots } = placeOf(game)
      words[words.indexOf(0, slots)] = 4
    },
    ...{ invariant: 'rows', says: ['found slots in use: 21, expected 20'] },
  },
  {
    what: 'an entity has a sparse row without the component',
    damage: (game, words) => {
      const { keys, entities } = placeOf(game)
      words[keys + 3] = 7
      words[entities + 3] = 7
    },
    ...{ invariant: 'rows', says: ['found a row of entity 7, expected that it has the component'] },
  },
  {
    what: 'the root of the storage',
    damage: (game, words) => {
      words[rootOf(game)]++
    },
    ...{ invariant: 'published', says: ['the root: found magic'] },
  },
  {
    what: 'the root leads to another manifest',
    damage: (game, words) => {
      words[rootOf(game) + 2] += 16
    },
    ...{ invariant: 'published', says: ['the root: found a manifest at'] },
  },
  {
    what: 'a thread has seen an epoch to come',
    damage: (game, words) => {
      words[rootOf(game) + rootLayout.internLogWord(1) - 1] += 5
    },
    ...{ invariant: 'published', says: ['seen by slot 1'] },
  },
  {
    what: 'the text of the manifest',
    damage: (game, words) => {
      words[(publishedOf(game).manifest >> 2) + 2] = 0
    },
    ...{ invariant: 'published', says: ['the manifest: found', 'what can be read'] },
  },
  {
    what: 'a name in the manifest',
    damage: ({ arena, ...game }) => {
      const { manifest } = publishedOf({ arena, ...game })
      const first = new TextDecoder().decode(arena.u8.slice(manifest)).indexOf('Burning')
      arena.u8[manifest + first] ^= 1
    },
    ...{ invariant: 'published', says: ['the manifest: found another one'] },
  },
  {
    what: 'the count of published entities',
    damage: (game, words) => {
      words[(publishedOf(game).entities >> 2) + 1]--
    },
    ...{ invariant: 'published', says: ['the entities: found a count of 39, expected 40'] },
  },
  {
    what: 'a text in an intern log',
    damage: (game, words) => {
      words[logOf(game) + 4] = 0
    },
    ...{ invariant: 'interned', says: ['indexes of 2, expected 1'] },
  },
  {
    what: 'the length of an intern log',
    damage: (game, words) => {
      words[logOf(game)] = -1
    },
    ...{ invariant: 'published', says: ['the intern log of slot 1: found a list of'] },
  },
  {
    what: 'the rows of a chunk',
    damage: (game, words) => {
      words[chunkOf(game)] = -1
    },
    ...{ invariant: 'table', says: ['table "Shot", chunk 0: found -1 rows, expected 0 to'] },
  },
  {
    what: 'the id of a row',
    damage: ({ shots }) => {
      shots.chunks[0].ids[2] = shots.chunks[0].ids[3]
    },
    ...{ invariant: 'table', says: ['table "Shot", chunk 0: found row 3 for id', 'row 2'] },
  },
  {
    what: 'an id of another chunk',
    damage: ({ shots }) => {
      shots.chunks[0].ids[2] = shots.chunks[1].ids[2]
    },
    ...{ invariant: 'table', says: ['table "Shot", chunk 0: found id', 'one of chunk 0'] },
  },
  {
    what: 'the block of a chunk',
    damage: (game, words) => {
      words[tableRoot(game) + entryWord(0)] = 0
    },
    ...{ invariant: 'table', says: ['table "Shot", chunk 0: found block 0'] },
  },
  {
    what: 'a chunk twice',
    damage: (game, words) => {
      words[tableRoot(game) + entryWord(9)] = words[tableRoot(game) + entryWord(0)]
    },
    ...{ invariant: 'block', says: ['table "Shot", chunk 9', 'table "Shot", chunk 0 leads to'] },
  },
  {
    what: 'a chunk of this thread that it does not know',
    damage: (game, words) => {
      const owner = words[tableRoot(game) + ownerWord(0)]
      words[tableRoot(game) + ownerWord(9)] = owner
      words[tableRoot(game) + entryWord(9)] = game.pool.alloc(512)
    },
    ...{ invariant: 'table', says: ['chunk 9: found this thread as its owner'] },
  },
  {
    what: 'the owner of a chunk',
    damage: (game, words) => {
      words[tableRoot(game) + ownerWord(0)] = 0
    },
    ...{ invariant: 'table', says: ['chunk 0: found owner 0, expected a pool of the arena'] },
  },
  {
    what: 'the generation of a number',
    damage: (game, words) => {
      words[tableRoot(game) + seedWord(7)] = -1
    },
    ...{ invariant: 'table', says: ['chunk 7: found first generation -1'] },
  },
  {
    what: 'the root of a table',
    damage: (game, words) => {
      words[tableRoot(game)]++
    },
    ...{ invariant: 'table', says: ['table "Shot": found', 'what can be read'] },
  },
  {
    what: 'the name of a table',
    damage: ({ arena, ...game }) => {
      const { offset } = game.shots.handle
      const first = new TextDecoder('latin1').decode(arena.u8.slice(offset)).indexOf('Shot')
      arena.u8[offset + first] ^= 1
    },
    ...{ invariant: 'table', says: ['table "Shot": found the name Rhot, expected Shot'] },
  },
  {
    what: 'commands lead in a circle',
    damage: ({ commands }, words) => {
      words[commands.offset >> 2] = commands.offset
    },
    ...{ invariant: 'block', says: ['the commands at', ', block 1', ', block 0 leads to'] },
  },
  {
    what: 'a block of commands',
    damage: ({ commands }, words) => {
      words[(commands.offset >> 2) + 3]++
    },
    ...{ invariant: 'commands', says: ['the commands at', 'what can be read'] },
  },
  {
    what: 'commands for another storage',
    damage: ({ commands }, words) => {
      words[(commands.offset >> 2) + 6] ^= 1
    },
    ...{ invariant: 'commands', says: ['the commands at', 'for storage'] },
  },
  {
    what: 'a block of commands on its way',
    damage: ({ commands }, words) => {
      words[(commands.offset >> 2) + 4] = 16
    },
    ...{ invariant: 'commands', says: ['a block in transit: 16, expected 0'] },
  },
  {
    what: 'what a group holds',
    damage: ({ storage }) => {
      const held = { controlBlock: 48, reports: [64], scratches: [80], commands: [96], inputs: [7] }
      storage.openGroups.add({ held })
    },
    ...{ invariant: 'block', says: ["a worker group, a worker's scratch: found 80"] },
  },
  {
    what: 'a block that nothing leads to',
    damage: ({ pool }) => pool.alloc(100),
    ...{ invariant: 'leak', says: ['a block of 100 bytes, untyped, of slot 0'] },
  },
  {
    what: 'an arena whose blocks cannot be listed',
    damage: ({ storage }) => {
      const { i32, u8 } = storage.pool.arena
      Object.defineProperty(storage.pool, 'arena', { value: { i32, u8 } })
    },
    ...{ invariant: 'arena', says: ['the arena: found ArenaError: '] },
  },
]

for (const { what, damage, invariant, says } of damages) {
  test(`is found: ${what}`, () => {
    const game = createGame()
    assert.equal(found(game.storage, EXCLUSIVE), [])
    damage(game, game.arena.i32)
    const findings = found(game.storage, EXCLUSIVE)
    const isIt = (finding: string) =>
      finding.startsWith(`${invariant}: `) && says.every((words) => finding.includes(words))
    assert.ok(findings.some(isIt), findings.slice(0, 10).join('\n'))
    assert.ok(findings.length < 60, `${findings.length} findings`)
  })
}

for (const [kind, options] of Object.entries(buffers)) {
  test(`${kind}: it only reads, and what waits to be freed is accounted for`, () => {
    const game = createGame(options)
    const { arena, storage, world, eids, Place, Path, Burning, attached } = game
    const check = () => {
      const before = arena.u8.slice()
      assert.equal(found(storage, EXCLUSIVE), [])
      assert.ok(
        before.every((byte, i) => byte === arena.u8[i]),
        'it has written',
      )
    }
    for (const eid of eids.slice(0, 10)) {
      removeComponent(world, eid, Path)
      removeComponent(world, eid, Burning)
    }
    for (const eid of eids.slice(10, 15)) removeEntity(world, eid)
    check()
    for (let i = 0; i < 200; i++) {
      const eid = addEntity(world)
      for (const component of [Place, Path, Burning]) addComponent(world, eid, component)
    }
    check() // columns and an index that have moved
    const prefab = addPrefab(world)
    addComponent(world, prefab, Path)
    addComponent(world, prefab, Burning)
    check()
    Path.points.push(prefab, 1)
    Burning.log.push(prefab, 1)
    removeComponent(world, prefab, Burning)
    removeEntity(world, prefab)
    check()
    storage.sync()
    check() // they are retired until the attached thread has synced
    attached.sync()
    storage.sync()
    check()
    storage.reset()
    check()
    attached.detach()
    storage.dispose()
    check()
  })
}

test('without `exclusive`, other blocks are no findings', () => {
  const { pool, storage } = createGame()
  pool.alloc(100)
  assert.equal(verifyStorage(storage), [])
  assert.equal(verifyStorage(storage, { exclusive: false }), [])
  assert.is(verifyStorage(storage, EXCLUSIVE).length, 1)
})

test('what is no storage, and options that there are not, are refused', () => {
  const { storage } = createGame()
  for (const given of [undefined, null, {}, 5]) {
    assertThrows(() => verifyStorage(given as never), 'invalid-argument', 'the storage')
  }
  assertThrows(() => verifyStorage(storage, { all: 1 } as never), 'invalid-argument', 'all')
  assertThrows(() => verifyStorage(storage, { exclusive: 1 } as never), 'invalid-argument', '1')
})

const ROUND_COUNT = rounds(100)
const FIRST_SEED = Math.floor(Math.random() * 2 ** 31)

test(`words that are overwritten at random, from seed ${FIRST_SEED} on`, () => {
  const game = createGame()
  const { arena, storage } = game
  const words = arena.i32
  const sound = words.slice()
  const blocks = blocksOf(arena)
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUND_COUNT; seed++) {
    const random = createRandom(seed)
    const pick = (values: readonly number[]) => values[random(values.length)]
    for (let i = 1 + random(30); i > 0; i--) {
      const block = blocks[random(blocks.length)]
      const count = Math.max(1, block.byteLength >> 2)
      const word = (block.offset >> 2) + random(random(2) === 0 ? Math.min(8, count) : count)
      const offset = blocks[random(blocks.length)].offset
      words[word] = pick([
        ...[0, 1, -1, 2 ** 31 - 1, -(2 ** 31), random(300), -random(300), random(2 ** 31)],
        ...[words[word] + 1, words[word] ^ (1 << random(32)), offset, offset + 4, -offset],
      ])
    }
    const damaged = words.slice()
    for (const { message, offset } of verifyStorage(storage, EXCLUSIVE)) {
      assert.ok(message.length > 10 && Number.isInteger(offset), `seed ${seed}: ${message}`)
      // A reader may throw of words that it does not understand, but not of our own mistakes.
      assert.not.match(message, /TypeError|RangeError|ReferenceError/, `seed ${seed}: ${message}`)
    }
    assert.equal(
      words.every((word, i) => word === damaged[i]),
      true,
      `seed ${seed}: it has written`,
    )
    words.set(sound)
    assert.equal(verifyStorage(storage, EXCLUSIVE), [], `seed ${seed}: it remembers`)
  }
})

test.run()
