// Every function of the package, with every odd value for each of its parameters: the functions
// come from what is exported, and from the objects that it gives. Those of groups and schedules are
// in workers/.
import { blocks } from '@ashlar/core'
import * as api from '@ashlar/ecs-adapter'
import {
  applyCommands,
  attachStorage,
  createCommands,
  createSparseComponent,
  createStorage,
  createTable,
  moveOut,
  StorageError,
  t,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, deleteWorld, observe, onAdd, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  anything,
  assertNoFaults,
  type Call,
  faultsOf,
  functionsOf,
  isEmptyRecord,
  isId,
  isNumber,
  isNumbers,
  isOptions,
  isOurs,
  isText,
  isUndefined,
  isWhole,
  nothing,
  ODD_VALUES,
  orUndefined,
  type Takes,
} from './odd-values.ts'
import { assertSound, assertThrows, createScene } from './support.ts'

const test = suite('odd values')

/** A world with one of each. */
function createAll() {
  const scene = createScene({ byteLength: 2 ** 20, slots: 8, capacity: 16 })
  const { arena, pool, world, storage } = scene
  const Position = storage.component('Position', { x: t.f32, y: t.f64, target: t.eid })
  const Path = storage.component('Path', { points: t.list(t.f32), label: t.text })
  const Burning = createSparseComponent(storage, 'Burning', { heat: t.f32 })
  const [eid, bare] = [addEntity(world), addEntity(world)]
  addComponent(world, eid, set(Position, { x: 1 }))
  addComponent(world, eid, set(Path, { points: [1, 2, 3], label: 'gate' }))
  addComponent(world, eid, set(Burning, { heat: 2 }))
  const table = createTable(storage, 'Shot', { x: t.f32 }, { chunkByteLength: 1024 })
  table.add()
  table.add()
  const alone = createTable(pool, { x: t.f32 }, { chunkByteLength: 1024 })
  const elsewhere = createWorld()
  const packed = moveOut(createStorage(elsewhere, pool), addEntity(elsewhere))
  const commands = createCommands(storage)
  commands.spawn()
  const attached = attachStorage(storage.handle, arena.openPool())
  const things = { Position, Path, Burning, eid, bare, table, alone, packed, commands, attached }
  return { ...scene, ...things, reader: arena.openPool() }
}
type All = ReturnType<typeof createAll>

const isName: Takes = (value) => typeof value === 'string' && value !== '' && value !== '\ud800'
const isInt32 = isWhole(-(2 ** 31), 2 ** 31 - 1)
/** Of a list, which writes in any row that there is. */
const hasRow: Takes = (value) => isInt32(value) && ((value as number) & 0xffffff) < 16
const isFunction: Takes = (value) => typeof value === 'function'
const isCount: Takes = (value) =>
  isWhole(0, 1)(value) || (isWhole(2, 2 ** 53 - 1)(value) ? 'perhaps' : false)
const isSystems: Takes = (value) =>
  Object.values(value ?? {}).length > 0 && Object.values(value ?? {}).every(isFunction)
const isEmptyArray: Takes = (value) => Array.isArray(value) && value.length === 0
const isAlive: Takes = (value) => value === 1

const call = (takes: readonly Takes[], args: (all: All) => readonly unknown[]): Call => ({
  takes,
  args,
})
const none = call([], () => [])

/** Of these, `createTable` is called in its other form in `package`. */
const storageFunctions = {
  ...{ createSparseComponent, createTable, createCommands, applyCommands },
  ...{ moveOut, moveIn: api.moveIn },
}

/** The objects of the package, and what each of their functions takes. */
const subjects: Record<
  string,
  { pick: (all: All) => object; calls: Readonly<Record<string, Call>> }
> = {
  package: {
    pick: () => api,
    calls: {
      attachStorage: call([nothing, nothing], ({ storage, reader }) => [storage.handle, reader]),
      attachTable: call([nothing, nothing], ({ alone, reader }) => [alone.handle, reader]),
      createStorage: call([nothing, nothing, isOptions], ({ pool }) => [createWorld(), pool]),
      createTable: call([nothing, nothing, isOptions], ({ pool }) => [pool, { x: t.f32 }]),
      freeCommands: call([nothing, isNumber], ({ pool, commands }) => [pool, commands.offset]),
      freePacked: call([nothing, nothing], ({ pool, packed }) => [pool, packed]),
      joinWorkerGroup: {
        ...call([nothing, isSystems], () => [
          { postMessage() {}, on() {}, off() {} },
          { move() {} },
        ]),
        isAwaited: false, // nobody invites it
      },
    },
  },
  t: {
    pick: () => ({ ...t }),
    calls: {
      ...Object.fromEntries(
        Object.keys(t).map((name) => [name, call([isEmptyRecord], () => [{}])]),
      ),
      list: call([nothing, isOptions], () => [t.eid]),
    },
  },
  'functions of a storage': {
    pick: () => storageFunctions,
    calls: {
      createSparseComponent: call([nothing, isName, isEmptyRecord], ({ storage }) => [
        ...[storage, 'A', { x: t.f32 }],
      ]),
      createTable: call([nothing, isName, nothing, isOptions], ({ storage }) => [
        ...[storage, 'A', { x: t.f32 }],
      ]),
      createCommands: call([nothing, isUndefined], ({ storage }) => [storage]),
      applyCommands: call([nothing, isEmptyArray], ({ storage, commands }) => [storage, commands]),
      moveOut: call([nothing, isAlive], ({ storage, eid }) => [storage, eid]),
      moveIn: call([nothing, nothing, isUndefined], ({ storage, packed }) => [storage, packed]),
    },
  },
  storage: {
    pick: ({ storage }) => storage,
    calls: {
      component: call([isName, isEmptyRecord], () => ['A', { x: t.f32 }]),
      indexOf: call([isWhole(0, 2 ** 31 - 1)], ({ eid }) => [eid]),
      forget: call(
        [isWhole(0, 255), orUndefined((value) => Number.isInteger(value))],
        ({ reader }) => [reader.slot, 0],
      ),
      stats: none,
      sync: none,
      publish: none,
      reset: none,
      dispose: none,
    },
  },
  commands: {
    pick: ({ commands }) => commands,
    calls: {
      spawn: call([orUndefined(isId)], ({ eid }) => [eid]),
      despawn: call([isId], ({ eid }) => [eid]),
      add: call([isId, nothing, isOptions], ({ eid }) => [eid, 'Position', { x: 1 }]),
      remove: call([isId, nothing], ({ eid }) => [eid, 'Position']),
      set: call([isId, nothing, isEmptyRecord], ({ eid }) => [eid, 'Position', { x: 1 }]),
      begin: call([isWhole(0, 2 ** 31 - 1)], () => [1]),
      abort: none,
      clear: none,
      dispose: none,
    },
  },
  list: {
    pick: ({ Path }) => Path.points,
    calls: {
      length: call([isInt32], ({ eid }) => [eid]),
      capacity: call([isInt32], ({ eid }) => [eid]),
      get: call([isAlive, isWhole(0, 2)], ({ eid }) => [eid, 0]),
      set: call([isAlive, isWhole(0, 2), isNumber], ({ eid }) => [eid, 0, 1]),
      push: call([hasRow, isNumber], ({ eid }) => [eid, 1]),
      append: call([hasRow, isNumbers], ({ eid }) => [eid, [1]]),
      pop: call([isInt32], ({ eid }) => [eid]),
      insert: call([hasRow, isWhole(0, 3), isNumber], ({ eid }) => [eid, 0, 1]),
      removeAt: call([isAlive, isWhole(0, 2)], ({ eid }) => [eid, 0]),
      swapRemoveAt: call([isAlive, isWhole(0, 2)], ({ eid }) => [eid, 0]),
      indexOf: call([isInt32, anything], ({ eid }) => [eid, 1]),
      replace: call([hasRow, isNumbers], ({ eid }) => [eid, [1]]),
      resize: call([hasRow, isCount], ({ eid }) => [eid, 1]),
      reserve: call([hasRow, isCount], ({ eid }) => [eid, 1]),
      clear: call([isInt32], ({ eid }) => [eid]),
      offset: call([isInt32], ({ eid }) => [eid]),
      view: call([isInt32], ({ eid }) => [eid]),
      toArray: call([isInt32], ({ eid }) => [eid]),
      // Of an empty list: a class is a function, too, and would throw where it is called.
      forEach: call([isInt32, isFunction], ({ bare }) => [bare, () => {}]),
    },
  },
  text: {
    pick: ({ Path }) => Path.label,
    calls: {
      get: call([isInt32], ({ eid }) => [eid]),
      set: call([hasRow, isText], ({ eid }) => [eid, 'way']),
      clear: call([isInt32], ({ eid }) => [eid]),
      equals: call([isInt32, anything], ({ eid }) => [eid, 'gate']),
      byteLength: call([isInt32], ({ eid }) => [eid]),
      offset: call([isInt32], ({ eid }) => [eid]),
      view: call([isInt32], ({ eid }) => [eid]),
    },
  },
  rows: {
    pick: ({ Burning }) => Burning.rows,
    calls: { indexOf: call([anything], ({ eid }) => [eid]) },
  },
  attached: {
    pick: ({ attached }) => attached,
    calls: {
      indexOf: call([isId], ({ eid }) => [eid]),
      sync: none,
      detach: none,
    },
  },
  table: {
    pick: ({ table }) => table,
    calls: {
      chunk: call([anything], () => [0]),
      has: call([anything], () => [1]),
      indexOf: call([anything], () => [1]),
      chunkOf: call([anything], () => [1]),
      remove: call([anything], () => [1]),
      add: none,
      room: none,
      clear: none,
      sync: none,
      adoptChunks: none,
      trim: none,
      detach: none,
      dispose: none,
    },
  },
  chunk: {
    pick: ({ table }) => table.chunks[0],
    calls: {
      idAt: call([anything], () => [0]),
      removeRow: call([isWhole(0, 1)], () => [0]),
      addRow: none,
    },
  },
}
const twins: Record<string, (all: All) => object> = {
  list: ({ attached, Path }) => (attached.components.Path as typeof Path).points,
  text: ({ attached, Path }) => (attached.components.Path as typeof Path).label,
  rows: ({ attached, Burning }) => (attached.components.Burning as typeof Burning).rows,
  commands: ({ attached }) => createCommands(attached),
  table: ({ alone }) => alone,
}

/** Classes of errors, which users do not make; and what the tests of workers walk. */
const ELSEWHERE = [
  'StorageError',
  'CommandsError',
  'RunError',
  'createSchedule',
  'verifyStorage', // see inspect/verify-storage.test.ts
  'createWorkerGroup',
  'defineSystems', // see workers/define-systems.test.ts
]

test('every function there is has its place in this test', () => {
  const all = createAll()
  const { package: exported, ...others } = subjects
  const walked = [...Object.keys(exported.calls), ...ELSEWHERE, ...Object.keys(storageFunctions)]
  assert.equal(functionsOf({ ...api }), [...new Set(walked)].sort())
  for (const [name, { pick, calls }] of Object.entries(others)) {
    assert.equal(functionsOf(pick(all)), Object.keys(calls).sort(), name)
    const twin = twins[name]?.(all)
    if (twin !== undefined)
      assert.equal(functionsOf(twin), Object.keys(calls).sort(), `other ${name}`)
  }
  assert.equal(functionsOf(all.attached.tables.Shot), functionsOf(all.table))
})

for (const [subject, { pick, calls }] of Object.entries(subjects)) {
  for (const [name, one] of Object.entries(calls)) {
    if (one.takes.length === 0) continue
    test(`${subject}.${name}`, async () => {
      const blockCounts = new WeakMap<All, number>()
      const make = () => {
        const all = createAll()
        blockCounts.set(all, blocks(all.arena).length)
        return all
      }
      const check = (all: All, isRefused: boolean) => {
        if (isRefused) assert.is(blocks(all.arena).length, blockCounts.get(all), 'blocks are left')
        else assertSound(all.arena)
      }
      assertNoFaults(await faultsOf(subject, make, pick, name, one, check))
    })
  }
}

test('values of commands: other fields, and what is no number, list or text', () => {
  const { storage, commands, eid, Path } = createAll()
  const tag = storage.component('Tag', {})
  const wrong: [string | object, unknown, string][] = [
    [
      'Position',
      { x: 1, z: 1 },
      'a field of component Position is "z", expected one of x, y, target',
    ],
    ['Position', { z: undefined }, '"z"'],
    ['Position', Object.create({ z: 1 }), '"z"'],
    ['Position', [1, 2], '"0"'],
    ['Position', Float32Array.of(1), '"0"'],
    [Path, { points: [1], labels: 'x' }, '"labels"'],
    [tag, { x: 1 }, 'a field of component Tag is "x", expected none: it is a tag'],
  ]
  for (const [component, values, words] of wrong) {
    assertThrows(
      () => commands.add(eid, component as never, values as never),
      'invalid-argument',
      words,
    )
    assertThrows(
      () => commands.set(eid, component as never, values as never),
      'invalid-argument',
      words,
    )
  }
  for (const [component, fields] of [
    ['Position', { x: isNumber, y: isNumber, target: isNumber }],
    ['Path', { points: isNumbers, label: isText }],
  ] as const) {
    for (const [field, takes] of Object.entries(fields)) {
      for (const value of ODD_VALUES) {
        const set = () => commands.set(eid, component, { [field]: anything(value) })
        if (value === undefined || takes(value)) set()
        else assertThrows(set, 'invalid-argument', field)
      }
    }
  }
})

test('options: keys that mean nothing are refused', () => {
  const { storage, pool } = createAll()
  const wrong: [(options: never) => unknown, object][] = [
    [(options) => createStorage(createWorld(), pool, options), { capacities: 5 }],
    [(options) => createTable(storage, 'A', { x: t.f32 }, options), { name: 'B' }],
    [(options) => createTable(pool, { x: t.f32 }, options), { chunkLimits: 5 }],
    [(options) => t.list(t.eid, options), { weaker: true }],
    [(options) => t.text(options), { internal: true }],
  ]
  for (const [call, options] of wrong) {
    const [key] = Object.keys(options).slice(-1)
    assertThrows(() => call(options as never), 'invalid-argument', 'the options', `"${key}"`)
  }
})

test('options: what is no value of theirs is refused', () => {
  const { pool } = createAll()
  const isBoolean: Takes = (value) => typeof value === 'boolean'
  const isLength: Takes = (value) => isWhole(1, 2 ** 53)(value) && 'perhaps'
  const makers: [string, Takes, (options: never) => unknown][] = [
    ['capacity', isLength, (options) => createStorage(createWorld(), pool, options)],
    ['chunkByteLength', nothing, (options) => createTable(pool, { x: t.f32 }, options)],
    ['chunkLimit', isLength, (options) => createTable(pool, { x: t.f32 }, options)],
    ['name', isName, (options) => createTable(pool, { x: t.f32 }, options)],
    ['weak', isBoolean, (options) => t.list(t.eid, options)],
  ]
  for (const [key, takes, make] of makers) {
    for (const value of ODD_VALUES) {
      const error = errorOf(() => make({ [key]: value } as never))
      const label = `${key}: ${typeof value} ${error}`
      if (takes(value) === false && value !== undefined) assert.ok(isOurs(error), label)
      else if (takes(value) === true) assert.is(error, undefined, label)
    }
  }
})

test('whatever is thrown, and whatever is given, can be shown in an error', () => {
  const hostile = new Proxy({}, { get: () => assert.unreachable('a getter was called') })
  const { world, storage, commands, Position, eid } = createAll()
  for (const value of [...ODD_VALUES, hostile]) {
    if (value === 'Position') continue
    assert.instance(
      errorOf(() => commands.add(eid, value as never)),
      StorageError,
    )
  }
  const thrown = ODD_VALUES.filter((value) => value !== undefined)
  observe(world, onAdd(Position), () => {
    throw thrown.pop()
  })
  const count = thrown.length
  for (let i = 0; i < count; i++) commands.add(commands.spawn(), Position)
  const error = errorOf(() => applyCommands(storage, commands))
  assert.ok(isOurs(error), String(error))
  assert.is((error as api.CommandsError).failedCommandCount, count)
  assert.ok(storage.indexOf(eid) > 0)
})

function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

test('after deleteWorld: every function works, or says that the world is gone', () => {
  for (const [subject, { pick, calls }] of Object.entries(subjects)) {
    if (subject === 'package' || subject === 't') continue
    for (const [name, { args }] of Object.entries(calls)) {
      const all = createAll()
      const { arena, world, storage, pool, Path, bare } = all
      Path.points.push(bare, 1) // a list whose end nothing tells
      const given = args(all as never)
      deleteWorld(world)
      if (name === 'dispose') all.attached.detach() // or it holds up storage and table
      const error = errorOf(() => Reflect.apply(Reflect.get(pick(all), name), pick(all), given))
      assert.ok(error === undefined || isOurs(error), `${subject}.${name}: ${error}`)
      if (
        ['applyCommands', 'moveOut', 'moveIn', 'createSparseComponent'].includes(name) ||
        (['component', 'reset'].includes(name) && subject === 'storage')
      ) {
        assert.is((error as StorageError).code, 'invalid-argument')
        assert.ok((error as StorageError).message.includes('the world is'))
      } else assert.is(error, undefined, `${subject}.${name}`)
      assertSound(arena)
      if (storage.isDisposed) continue
      storage.sync()
      all.attached.detach()
      storage.dispose()
      all.alone.dispose()
      assertSound(arena)
      const left = blocks(arena).filter(({ offset }) => offset !== all.packed)
      assert.ok(
        left.every(({ slot }) => slot !== pool.slot),
        `${subject}.${name}: ${left.length} blocks`,
      )
    }
  }
})

test.run()
