// Every public call, with memory.grow(1) just before it. Of twins the memory of one grows: the call
// gives the same, and leaves the same behind.
import {
  applyCommands,
  attachStorage,
  attachTable,
  createCommands,
  createSparseComponent,
  createStorage,
  createTable,
  createWorkerGroup,
  defineSystems,
  freeCommands,
  freePacked,
  moveIn,
  moveOut,
  t,
  verifyStorage,
} from '@ashlar/ecs-adapter'
import {
  addComponent,
  addEntity,
  createWorld,
  getComponent,
  IsA,
  observe,
  onAdd,
  onRemove,
  onSet,
  query,
  removeComponent,
  removeEntity,
  set,
} from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createScene,
  end,
  type Scene,
  schema,
  setRandom,
  stateOf,
  told,
  VALUES,
} from './memory-growth-scene.ts'
import { assertSound, assertThrows, rowsOf } from './support.ts'

const test = suite('memory growth')

test.before(() => setRandom(false))
test.after(() => setRandom(true))

type Call = (scene: Scene) => unknown

/** By the object whose member is called, and the member. */
const calls: Record<string, Record<string, Call>> = {
  functions: {
    createStorage: ({ pool }) => createStorage(createWorld(), pool).dispose(),
    'createStorage and component': ({ pool }) => {
      const storage = createStorage(createWorld(), pool)
      storage.component('Path', schema)
      createSparseComponent(storage, 'Burning', schema)
      storage.dispose()
    },
    attachStorage: ({ storage, tablePool }) => {
      const attached = attachStorage(storage.handle, tablePool)
      const entities = [...attached.entities]
      attached.detach()
      return entities.length
    },
    createTable: ({ pool }) => createTable(pool, { x: t.u8 }).dispose(),
    attachTable: ({ alone, theirPool }) => {
      const table = attachTable(alone.handle, theirPool)
      const { rowCount } = table
      table.detach()
      return rowCount
    },
    createSparseComponent: ({ storage }) => told(createSparseComponent(storage, 'Late', schema)),
    'createTable of a storage': ({ storage }) => createTable(storage, 'Late', { x: t.u8 }).add(),
    createCommands: ({ storage }) => createCommands(storage).spawn(),
    'createCommands, in another thread': ({ attached }) => {
      const commands = createCommands(attached)
      commands.despawn(1)
      commands.dispose()
    },
    applyCommands: ({ storage, commands, theirCommands }) =>
      applyCommands(storage, [commands, theirCommands]),
    freeCommands: ({ pool, orphan }) => freeCommands(pool, orphan.offset),
    moveOut: ({ storage, eids, pool }) => freePacked(pool, moveOut(storage, eids[2])),
    'moveOut of what has no columns': ({ storage, otherStorage, bare }) =>
      moveIn(otherStorage, moveOut(storage, bare)),
    'moveOut and moveIn': ({ storage, otherStorage, otherWorld, OtherPath, eids }) => {
      const eid = moveIn(otherStorage, moveOut(storage, eids[2]))
      return getComponent(otherWorld, eid, OtherPath)?.points
    },
    moveIn: ({ otherStorage, otherWorld, OtherPath, packed }) => {
      const eid = moveIn(otherStorage, packed)
      return getComponent(otherWorld, eid, OtherPath)?.points
    },
    freePacked: ({ pool, packed }) => freePacked(pool, packed),
  },
  bitecs: {
    'addComponent, new': ({ world, bare, Path }) => addComponent(world, bare, Path),
    'addComponent, new, sparse': ({ world, bare, Burning }) => addComponent(world, bare, Burning),
    'addComponent, set': ({ world, bare, Path }) => addComponent(world, bare, set(Path, VALUES)),
    'addComponent, set, sparse': ({ world, bare, Burning }) =>
      addComponent(world, bare, set(Burning, VALUES)),
    'addComponent, set again': ({ world, eids, Path, Burning }) => {
      addComponent(world, eids[0], set(Path, { points: [5], label: 'new' }))
      addComponent(world, eids[0], set(Burning, { points: [5], label: 'new' }))
    },
    'addComponent, set again, sparse': ({ world, eids, Burning }) =>
      addComponent(world, eids[0], set(Burning, { x: 3, points: [5], label: 'new' })),
    'addComponent, which moves columns': ({ world, Path }) => {
      for (let i = 0; i < 20; i++) addEntity(world)
      addComponent(world, addEntity(world), set(Path, VALUES))
    },
    'addComponent of a tag': ({ world, bare, Tag }) => addComponent(world, bare, Tag),
    'addComponent of IsA': ({ world, bare, prefab, Path }) => {
      addComponent(world, bare, IsA(prefab))
      return getComponent(world, bare, Path)?.label
    },
    'set of a prefab': ({ world, prefab, Path, Burning }) => {
      addComponent(world, prefab, set(Path, { x: 2, label: 'other', kind: 'way' }))
      addComponent(world, prefab, set(Burning, { x: 2, label: 'other' }))
    },
    getComponent: ({ world, eids, Path }) => getComponent(world, eids[1], Path).points,
    'getComponent, sparse': ({ world, eids, Burning }) =>
      getComponent(world, eids[1], Burning).kind,
    removeComponent: ({ world, eids, Path }) => removeComponent(world, eids[1], Path),
    'removeComponent, sparse': ({ world, eids, Burning }) =>
      removeComponent(world, eids[1], Burning),
    'removeComponent, and added again': ({ world, eids, Path, Burning }) => {
      for (const one of [Path, Burning]) {
        removeComponent(world, eids[1], one)
        addComponent(world, eids[1], one)
      }
    },
    removeEntity: ({ world, eids }) => removeEntity(world, eids[0]),
    query: ({ world, Path }) => query(world, [Path]).length,
  },
  storage: {
    component: ({ storage }) => told(storage.component('Late', schema)),
    'component of a tag': ({ storage }) => told(storage.component('Late', {})),
    components: ({ storage }) => told(storage.components),
    tables: ({ storage }) => told(storage.tables),
    pool: ({ storage, pool }) => storage.pool === pool,
    runs: ({ storage }) => storage.runs.checkDone('this'),
    handle: ({ storage }) => storage.handle.offset,
    'handle, for the first time': ({ otherStorage }) => otherStorage.handle.offset,
    isDisposed: ({ storage }) => storage.isDisposed,
    isVersioned: ({ storage }) => storage.isVersioned,
    openGroups: ({ storage }) => storage.openGroups.size,
    parts: ({ storage }) => assert.equal(verifyStorage(storage), []),
    indexOf: ({ storage, eids }) => storage.indexOf(eids[1]),
    stats: ({ storage }) => storage.stats(),
    columnsVersion: ({ storage }) => storage.columnsVersion,
    sync: ({ storage }) => storage.sync(),
    'sync after a removal': ({ storage, world, eids }) => {
      removeEntity(world, eids[0])
      storage.sync()
    },
    publish: ({ storage }) => storage.publish(),
    'publish, in which removed ones leave lists': ({ memory, storage, world, eids, Path }) => {
      removeEntity(world, eids[0])
      if (memory.buffer.byteLength > 64 * 65536) memory.grow(1)
      storage.publish()
      return Path.targets.toArray(eids[1])
    },
    forget: ({ storage, theirPool }) => storage.forget(theirPool.slot),
    reset: ({ storage }) => storage.reset(),
    dispose: ({ storage, attached, theirCommands }) => {
      attached.detach()
      theirCommands.dispose()
      storage.dispose()
    },
  },
  rows: {
    count: ({ Burning }) => Burning.rows.count,
    indexOf: ({ eids, Burning }) => eids.map((eid) => Burning.rows.indexOf(eid)),
    'columns, after sync': ({ storage, Burning }) => {
      storage.sync() // which renews them
      return [told(Burning.rows.x), told(Burning.rows.big)]
    },
    'in another thread': ({ attached, eids }) => {
      const rows = rowsOf(attached.components.Burning)
      return [rows.count, rows.indexOf(eids[1]), rows.indexOf(999)]
    },
    entities: ({ storage, Burning }) => {
      storage.sync() // which renews it, as columns
      return told(Burning.rows.entities)
    },
  },
  attached: {
    components: ({ attached }) => told(attached.components),
    tables: ({ attached }) => told(attached.tables),
    entities: ({ attached }) => {
      attached.sync() // which renews it
      return told(attached.entities)
    },
    indexOf: ({ attached, eids }) => attached.indexOf(eids[1]),
    sync: ({ attached }) => attached.sync(),
    detach: ({ attached }) => attached.detach(),
    'detach and sync': ({ attached }) => {
      attached.detach()
      attached.sync()
    },
  },
  commands: {
    offset: ({ commands }) => commands.offset,
    isEmpty: ({ commands }) => commands.isEmpty,
    hasCommandsSinceBegin: ({ commands }) => commands.hasCommandsSinceBegin,
    spawn: ({ commands }) => commands.spawn(),
    despawn: ({ commands, eids }) => commands.despawn(eids[0]),
    add: ({ commands, eids }) => commands.add(eids[0], 'Path', VALUES),
    remove: ({ commands, eids }) => commands.remove(eids[0], 'Path'),
    set: ({ commands, eids }) => commands.set(eids[0], 'Path', VALUES),
    'set, which takes another block': ({ commands, eids }) =>
      commands.set(eids[0], 'Path', { points: Array(5000).fill(1) }),
    begin: ({ commands }) => commands.begin(3),
    abort: ({ commands }) => commands.abort(),
    clear: ({ commands }) => commands.clear(),
    dispose: ({ commands }) => commands.dispose(),
  },
  table: {
    name: ({ shots }) => shots.name,
    handle: ({ shots }) => shots.handle.offset,
    chunkCapacity: ({ shots }) => shots.chunkCapacity,
    isAttached: ({ shots }) => shots.isAttached,
    chunks: ({ shots }) => shots.chunks.length,
    ownChunks: ({ shots }) => shots.ownChunks.length,
    rowCount: ({ shots }) => shots.rowCount,
    chunk: ({ shots }) => shots.chunk(1)?.number,
    add: ({ shots }) => shots.add(),
    chunkWithRoom: ({ shots }) => {
      const chunk = shots.chunkWithRoom()
      chunk.x[chunk.addRow()] = 5
      return chunk.number
    },
    has: ({ shots, ids }) => [shots.has(ids[7]), shots.has(999)],
    indexOf: ({ shots, ids }) => [shots.indexOf(ids[7]), shots.indexOf(999)],
    chunkOf: ({ shots, ids }) => shots.chunkOf(ids[150])?.x.length,
    remove: ({ shots, ids }) => [shots.remove(ids[7]), shots.remove(999)],
    clear: ({ shots }) => shots.clear(),
    sync: ({ shots }) => shots.sync(),
    adoptChunks: ({ shots }) => shots.adoptChunks(),
    trim: ({ shots }) => shots.trim(),
    'trim of what was cleared': ({ shots }) => {
      shots.clear()
      return shots.trim()
    },
    detach: ({ elsewhere }) => elsewhere.detach(),
    dispose: ({ alone, elsewhere }) => {
      elsewhere.detach()
      alone.dispose()
    },
    'add by another thread': ({ theirShots }) => theirShots.add(),
  },
  chunk: {
    number: ({ shots }) => shots.chunks[0].number,
    'all after sync': ({ shots, ids }) => {
      shots.sync()
      const [chunk] = shots.ownChunks
      chunk.removeRow(3)
      return [chunk.addRow(), chunk.rowCount, chunk.idAt(0) === ids[0], told(chunk.x)]
    },
  },
  group: {
    'of this thread': async ({ storage, eids, Path }) => {
      const systems = defineSystems<{ Path: typeof Path }>()({
        move: ({ components, entities }) => {
          for (const eid of entities) components.Path.x[eid]++
        },
      })
      const group = await createWorkerGroup(storage, [], { systems })
      storage.sync() // which renews columns
      await group.run('move', eids)
      await group.close()
      return eids.map((eid) => Path.x[eid])
    },
  },
}

type Fields = Pick<Scene['Path'], 'points' | 'targets' | 'label' | 'kind'>

/** Of a list and of a text: flat, sparse, and in another thread. */
const fieldCalls: Record<string, (fields: Fields, eid: number) => unknown> = {
  length: ({ points }, eid) => points.length(eid),
  capacity: ({ points }, eid) => points.capacity(eid),
  get: ({ points }, eid) => [points.get(eid, 1)],
  set: ({ points }, eid) => points.set(eid, 1, 0.5),
  push: ({ points }, eid) => points.push(eid, 0.5),
  append: ({ points }, eid) => points.append(eid, [4, 5, 6]),
  pop: ({ points }, eid) => points.pop(eid),
  insert: ({ points }, eid) => points.insert(eid, 1, 9),
  removeAt: ({ points }, eid) => points.removeAt(eid, 0),
  swapRemoveAt: ({ points }, eid) => points.swapRemoveAt(eid, 0),
  indexOf: ({ points }, eid) => points.indexOf(eid, 2),
  replace: ({ points }, eid) => points.replace(eid, [7, 8]),
  clear: ({ points }, eid) => points.clear(eid),
  resize: ({ points }, eid) => points.resize(eid, 40),
  reserve: ({ points }, eid) => points.reserve(eid, 400),
  forEach: ({ points }, eid) => {
    const all: number[] = []
    points.forEach(eid, (value) => all.push(value))
    return all
  },
  toArray: ({ points }, eid) => points.toArray(eid),
  offset: ({ points }, eid) => points.offset(eid),
  view: ({ points }, eid) => told(points.view(eid)),
  'text get': ({ label, kind }, eid) => [label.get(eid), kind.get(eid)],
  'text set': ({ label, kind }, eid) => {
    label.set(eid, 'a longer text '.repeat(5))
    kind.set(eid, 'way')
  },
  'interned set': ({ kind }, eid) => kind.set(eid, 'way'),
  'text clear': ({ label }, eid) => label.clear(eid),
  'interned clear': ({ kind }, eid) => kind.clear(eid),
  'text equals': ({ label, kind }, eid) => [label.equals(eid, 'Größe'), kind.equals(eid, 'road')],
  'text byteLength': ({ label }, eid) => label.byteLength(eid),
  'text offset': ({ label, kind }, eid) => [label.offset(eid), kind.offset(eid)],
  'text view': ({ label }, eid) => told(label.view(eid)),
  'interned view': ({ kind }, eid) => told(kind.view(eid)),
  'push of one that was removed': ({ targets }, eid) => targets.push(eid, 1),
  'replace with ids of which one was removed': ({ targets }, eid) =>
    targets.replace(eid, [1, 2, 1]),
}
for (const [name, call] of Object.entries(fieldCalls)) {
  calls.fields ??= {}
  calls.fields[name] = ({ Path, eids }) => call(Path, eids[1])
  calls.fields[`${name}, sparse`] = ({ Burning, eids }) => call(Burning, eids[1])
  calls.fields[`${name}, in another thread`] = ({ seen, eids }) => call(seen, eids[1])
  calls.fields[`${name}, sparse, in another thread`] = ({ seenBurning, eids }) =>
    call(seenBurning, eids[1])
  calls.fields[`${name}, of one that has none`] = ({ Path, prefab }) => {
    try {
      return call(Path, prefab)
    } catch (error) {
      return (error as { code?: string }).code // of an index
    }
  }
}

/** A call on twins, one of whose memory grows at some instant. */
async function assertSame(call: Call, prepare: (scene: Scene, grow: () => void) => void) {
  const [still, growing] = [createScene(), createScene()]
  prepare(still, () => {})
  const expected = await call(still)
  prepare(growing, () => void growing.memory.grow(1))
  assert.equal(await call(growing), expected)
  assert.equal(stateOf(growing), stateOf(still))
  for (const scene of [still, growing]) end(scene)
}

for (const [object, members] of Object.entries(calls)) {
  for (const [name, call] of Object.entries(members)) {
    test(`before: ${object}, ${name}`, () => assertSame(call, (_, grow) => grow()))
  }
}

/** Observers of a user run while a call is half done. */
const observed: Record<string, (scene: Scene, grow: () => void) => void> = {
  onAdd: ({ world, otherWorld, Path, Burning, OtherPath }, grow) => {
    for (const one of [Path, Burning]) observe(world, onAdd(one), grow)
    observe(otherWorld, onAdd(OtherPath), grow)
  },
  onSet: ({ world, otherWorld, Path, Burning, OtherPath }, grow) => {
    for (const one of [Path, Burning]) observe(world, onSet(one), grow)
    observe(otherWorld, onSet(OtherPath), grow)
  },
  onRemove: ({ world, Path, Burning, Tag }, grow) => {
    for (const one of [Path, Burning, Tag]) observe(world, onRemove(one), grow)
  },
  'onAdd, and removed at once': ({ world, otherWorld, Path, OtherPath }, grow) => {
    for (const [one, component] of [[world, Path] as const, [otherWorld, OtherPath] as const]) {
      observe(one, onAdd(component), (eid) => {
        grow()
        removeComponent(one, eid, component)
      })
    }
  },
}
for (const [when, prepare] of Object.entries(observed)) {
  for (const [object, name] of [
    ...Object.keys(calls.bitecs).map((one) => ['bitecs', one]),
    ...[
      ...['applyCommands', 'moveOut', 'moveOut of what has no columns'],
      ...['moveOut and moveIn', 'moveIn'],
    ].map((one) => ['functions', one]),
  ]) {
    test(`${when}: ${object}, ${name}`, () => assertSame(calls[object][name], prepare))
  }
}

test('onRemove, which throws then: moveOut leaves the entity as it was', () => {
  const scenes = [createScene(), createScene()]
  for (const [i, { memory, world, storage, Path, eids }] of scenes.entries()) {
    observe(world, onRemove(Path), () => {
      if (i === 1) memory.grow(1)
      throw new RangeError('stay')
    })
    assert.throws(() => moveOut(storage, eids[1]), /stay/)
  }
  assert.equal(stateOf(scenes[1]), stateOf(scenes[0]))
  for (const scene of scenes) assertSound(scene.arena)
})

const givers: Record<string, (scene: Scene, list: number[]) => void> = {
  'commands.set': ({ storage, commands, Path, eids }, points) => {
    commands.set(eids[1], Path, { points, x: 3, label: 'set' })
    applyCommands(storage, commands)
  },
  set: ({ world, Path, eids }, points) => {
    addComponent(world, eids[1], set(Path, { points, x: 3, label: 'set' }))
  },
  'list.replace': ({ Path, eids }, points) => Path.points.replace(eids[1], points),
  'list.append': ({ Path, eids }, points) => Path.points.append(eids[1], points),
}
for (const [name, give] of Object.entries(givers)) {
  test(`elements of a list that is read, and its length: ${name}`, () => {
    for (const when of ['length', '1']) {
      const scenes = [createScene(), createScene()]
      for (const [i, scene] of scenes.entries()) {
        const list = new Proxy([1.5, 2.5, 3.5], {
          get(target, key) {
            if (i === 1 && key === when) scene.memory.grow(1)
            return Reflect.get(target, key)
          },
        })
        give(scene, list)
      }
      const [still, growing] = scenes
      assert.equal(still.Path.points.toArray(still.eids[1]).slice(-3), [1.5, 2.5, 3.5])
      assert.equal(stateOf(growing), stateOf(still))
      for (const scene of scenes) assertSound(scene.arena)
    }
  })
}

test('a chunk that is held on to says so until the next sync', () => {
  const { memory, shots } = createScene()
  const [chunk] = shots.ownChunks
  memory.grow(1)
  assertThrows(() => chunk.rowCount, 'stale-chunk', 'table.sync()')
  assertThrows(() => chunk.idAt(0), 'stale-chunk')
  assertThrows(() => chunk.removeRow(0), 'stale-chunk')
  assert.is(chunk.addRow(), -1, 'as of one that is full: table.chunkWithRoom() gives another')
  shots.sync()
  assert.ok(chunk.rowCount > 0)
})

/** Getters and methods of an object, wherever they are. */
function membersOf(object: object): string[] {
  const names = new Set(Object.keys(object))
  let from = Object.getPrototypeOf(object)
  for (; from !== null && from !== Object.prototype; from = Object.getPrototypeOf(from)) {
    for (const name of Object.getOwnPropertyNames(from)) names.add(name)
  }
  return [...names].filter((name) => name !== 'constructor' && !name.startsWith('$'))
}

test('the walk is over all that the public objects have', () => {
  const { storage, attached, shots, commands, Path, Burning } = createScene()
  const walked = (object: string) => Object.keys(calls[object])
  const lacks = (object: object, names: string[]) =>
    membersOf(object).filter((name) => !names.includes(name))
  assert.equal(lacks(storage, walked('storage')), [])
  assert.equal(lacks(Burning.rows, [...walked('rows'), 'x', 'big']), [])
  assert.equal(lacks(attached, walked('attached')), [])
  assert.equal(lacks(shots, walked('table')), [])
  const ofTheWorld = ['isDisposed', 'isBusy', 'isSpent'] // what commands have for their storage
  assert.equal(lacks(commands, [...walked('commands'), ...ofTheWorld]), [])
  assert.equal(lacks(Path.points, Object.keys(fieldCalls)), [])
  const ofTexts = Object.keys(fieldCalls).map((name) => name.replace('text ', ''))
  assert.equal(lacks(Path.label, ofTexts), [])
})

test.run()
