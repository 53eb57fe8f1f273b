// Values, ids, arguments and errors of another realm, as Jest, jsdom, iframes and vm contexts have
// them.
import { createContext, runInContext } from 'node:vm'
import { Arena, blocks } from '@ashlar/core'
import { applyCommands, createCommands, createStorage, t } from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, getComponent, set } from 'bitecs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeJson, refuseLoss } from '../src/base/json.ts'
import { codeOf } from '../src/base/thrown.ts'
import {
  CONTROL_BATCH_COUNT,
  CONTROL_BYTE_LENGTH,
  ControlWords,
} from '../src/workers/control-block.ts'
import { JobList } from '../src/workers/job.ts'
import { JobReader } from '../src/workers/job-reader.ts'
import { failureOf } from '../src/workers/system-failure.ts'
import { assertSound, assertThrows, createScene } from './support.ts'

const test = suite('realms')

const context = createContext()
/** What some code gives in a realm of its own. */
const there = (code: string) => runInContext(`(${code})`, context)

test('a storage over memory of another realm', () => {
  for (const code of ['new SharedArrayBuffer(2 ** 21)', 'new ArrayBuffer(2 ** 21)']) {
    const arena = Arena.create({ buffer: there(code) })
    const world = createWorld()
    const storage = createStorage(world, arena.openPool())
    const Path = storage.component('Path', { x: t.f32, points: t.list(t.f32), label: t.text })
    const eid = addEntity(world)
    addComponent(world, eid, set(Path, { x: 1, points: [1, 2], label: 'gate' }))
    storage.sync()
    assert.equal(getComponent(world, eid, Path), { x: 1, points: [1, 2], label: 'gate' })
    storage.dispose()
    assertSound(arena)
    assert.equal(blocks(arena), [])
  }
})

test('lists are set to arrays and typed arrays of another realm, and to no DataView', () => {
  const { world, storage } = createScene()
  const Path = storage.component('Path', { points: t.list(t.f64) })
  const commands = createCommands(storage)
  const eid = addEntity(world)
  addComponent(world, eid, Path)
  const types = ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32']
  const arrays = [...types, 'Float32', 'Float64'].map((type) => `${type}Array.of(1, 2, 3)`)
  for (const code of ['[1, 2, 3]', ...arrays]) {
    const values = there(code)
    Path.points.replace(eid, values)
    assert.equal([...Path.points.view(eid)], [1, 2, 3], code)
    Path.points.append(eid, values)
    assert.is(Path.points.length(eid), 6, code)
    addComponent(world, eid, set(Path, there(`{ points: ${code} }`)))
    assert.equal([...Path.points.view(eid)], [1, 2, 3], code)
    Path.points.clear(eid)
    commands.set(eid, Path, there(`{ points: ${code} }`))
    applyCommands(storage, commands)
    assert.equal([...Path.points.view(eid)], [1, 2, 3], code)
  }
  for (const code of ['new DataView(new ArrayBuffer(8))', '{ length: 1, 0: 5 }']) {
    const values = there(code)
    assertThrows(() => Path.points.replace(eid, values), 'invalid-argument')
    assertThrows(() => addComponent(world, eid, set(Path, { points: values })), 'invalid-argument')
    assertThrows(() => commands.set(eid, Path, { points: values }), 'invalid-argument')
    assert.equal([...Path.points.view(eid)], [1, 2, 3], code)
  }
})

test('ids in arrays of another realm: those in the arena are not copied', () => {
  const { arena, pool, storage } = createScene()
  const controlBlock = pool.allocZeroed(CONTROL_BYTE_LENGTH)
  const control = new ControlWords(arena, controlBlock >> 2)
  const reader = new JobReader(control, storage.tables)
  const jobs = new JobList(storage)
  const idsOf = (entities: ArrayLike<number>) => {
    const call = { name: '', system: 'a', args: undefined, batchSize: 9, number: 0, entities }
    jobs.prepare([call], { control, systems: ['a'], members: Array(1) })
    control.store(CONTROL_BATCH_COUNT, 1)
    reader.begin()
    assert.ok(reader.enter(0))
    return reader.ids
  }
  const { byteOffset } = pool.allocArray(Int32Array, 3)
  for (const name of ['Int32Array', 'Uint32Array']) {
    assert.equal([...idsOf(there(`${name}.of(3, 5, 7)`))], [3, 5, 7])
    const inArena = new (there(name) as Int32ArrayConstructor)(arena.buffer, byteOffset, 3)
    inArena.set([2, 4, 6])
    const ids = idsOf(inArena)
    assert.equal([...ids], [2, 4, 6])
    assert.is(ids.byteOffset, byteOffset)
  }
  assert.equal([...idsOf(there('[1, 2]'))], [1, 2])
  jobs.dispose()
  for (const offset of [byteOffset, controlBlock]) pool.free(offset)
  storage.dispose()
  assert.equal(blocks(arena), [])
})

test('arguments are plain objects of any realm, and nothing else', () => {
  const bytes = encodeJson(there('{ a: [1, { b: Object.create(null) }] }'), refuseLoss)
  assert.is(new TextDecoder().decode(bytes), '{"a":[1,{"b":{}}]}')
  for (const code of [
    '{ a: new Map() }',
    '{ a: new Float32Array(2) }',
    '{ a: new (class A {})() }',
  ]) {
    assert.throws(() => encodeJson(there(code), refuseLoss), /a is/)
  }
})

test('errors of another realm are told as what they are', () => {
  const { name, message, stack } = failureOf(there('new RangeError("too far")'), 0, 0)
  assert.equal([name, message], ['RangeError', 'too far'])
  assert.ok(stack.startsWith('RangeError: too far'))
  assert.is(codeOf(there(`Object.assign(new Error('x'), { code: 'corrupt' })`)), 'corrupt')
  for (const code of ['new Error()', 'undefined', 'null', '5', `'corrupt'`]) {
    assert.is(codeOf(there(code)), undefined, code)
  }
})

test.run()
