// Objects of another realm, as Jest, jsdom, vm contexts and iframes have them: each has an
// ArrayBuffer of its own, which `instanceof` does not know. And objects that only claim to be one.

import { createContext, runInContext } from 'node:vm'
import { Arena, blocks, createScratch, exactStats, threadExited } from '@ashlar/core'
import { openSupervisor } from '@ashlar/core/tuning'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refuses, refusesUnharmed } from './support/checks.ts'
import { smallArena } from './support/memory.ts'
import { anything } from './support/values.ts'

const test = suite('realms')

const context = createContext()
/** What some code gives in a realm of its own. */
const there = (code: string) => anything(runInContext(`(${code})`, context))

const BUFFERS = {
  ArrayBuffer: 'new ArrayBuffer(2 ** 20)',
  SharedArrayBuffer: 'new SharedArrayBuffer(2 ** 20)',
  'resizable ArrayBuffer': 'new ArrayBuffer(2 ** 20, { maxByteLength: 2 ** 21 })',
  'growable SharedArrayBuffer': 'new SharedArrayBuffer(2 ** 20, { maxByteLength: 2 ** 21 })',
  'subclass of ArrayBuffer': 'new (class Mine extends ArrayBuffer {})(2 ** 20)',
  'buffer of a memory': 'new WebAssembly.Memory({ initial: 16 }).buffer',
}
const MEMORIES = {
  'WebAssembly.Memory': 'new WebAssembly.Memory({ initial: 16, maximum: 32 })',
  'shared WebAssembly.Memory': 'new WebAssembly.Memory({ initial: 16, maximum: 32, shared: true })',
}
const ARRAYS = [
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array'],
  ...['Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
]

const isShared = (code: string) => code.toLowerCase().includes('shared')

/** An arena works: it is used by a pool and a scratch, and from another thread where it can be. */
function assertWorks(arena: Arena, shared: boolean): void {
  assert.is(arena.shared, shared)
  const pool = arena.openPool()
  const offset = pool.alloc(100)
  arena.u8[offset] = 7
  assert.is(arena.view(offset)[0], 7)
  const scratch = createScratch(pool, { byteLength: 256 })
  assert.is(scratch.array(Float32Array, 100).buffer, arena.buffer)
  if (shared) assert.is(Arena.attach(arena.handle).view(offset)[0], 7)
  scratch.dispose()
  pool.free(offset)
  assert.equal(blocks(arena), [])
  assertSound(arena)
}

for (const [name, code] of Object.entries(BUFFERS)) {
  test(`an arena in a ${name} of another realm, and in a region of it`, () => {
    const buffer = there(code)
    assertWorks(Arena.create({ buffer }), isShared(code))
    const byteLength = 2 ** 19
    assertWorks(Arena.create({ buffer, byteOffset: 4096, byteLength }), isShared(code))
  })

  test(`a ${name} of another realm by itself: the error says how to pass it`, () => {
    refuses('invalid-argument', () => Arena.create(there(code)), /expected .* buffer,/)
  })
}

for (const [name, code] of Object.entries(MEMORIES)) {
  test(`an arena in a ${name} of another realm, which grows`, () => {
    const memory = there(code) as WebAssembly.Memory
    const arena = Arena.create({ memory })
    assertWorks(arena, isShared(code))
    memory.grow(1)
    assertWorks(arena, isShared(code))
    refuses('invalid-argument', () => Arena.create(anything(memory)), / memory,/)
  })
}

test('handles that are objects of another realm, with buffers of either', () => {
  const arena = Arena.create({ byteLength: 1, shared: true })
  const handle = there('{ byteOffset: 0 }') as { buffer: ArrayBufferLike; byteOffset: number }
  handle.buffer = arena.buffer
  assert.is(Arena.attach(handle).buffer, arena.buffer)
  const buffer = there(BUFFERS.SharedArrayBuffer)
  const { handle: other } = Arena.create({ buffer })
  assert.is(Arena.attach(Object.assign(there('{}'), other)).buffer, buffer)
  const copy = { buffer: there(BUFFERS.ArrayBuffer), byteOffset: 0 }
  refuses('not-shareable', () => Arena.attach(copy), /a copy/)
})

test('options that are objects of another realm', () => {
  const arena = Arena.create(there('{ byteLength: 2 ** 20, classes: [48], shared: false }'))
  const pool = arena.openPool()
  const scratch = createScratch(pool, there('{ byteLength: 256 }'))
  assert.is(exactStats(arena, there('{ }')).liveBlockCount, 1)
  assert.is(openSupervisor(arena, there('{ state: "learn" }')).state, 'learn')
  scratch.dispose()
  assert.is(pool.collect(there('{ spans: 1 }')), 1)
  refuses('invalid-argument', () => Arena.create(there('{ byteLenght: 5 }')), /"byteLenght"/)
})

for (const name of ARRAYS) {
  test(`${name} of another realm: allocArray, view and scratch.array`, () => {
    const { arena, pool } = smallArena()
    const type = there(name) as Float32ArrayConstructor
    assert.is.not(type, Reflect.get(globalThis, name))
    const array = pool.allocArray(type, 5)
    const { byteOffset: offset } = array
    assert.instance(array, type)
    assert.is(array.length, 5)
    assert.is(pool.byteLengthOf(offset), array.byteLength)
    assert.is(arena.view(offset).constructor.name, name)
    assert.is(arena.view(offset).length, 5)
    const own = pool.allocArray(Reflect.get(globalThis, name), 5)
    const types = blocks(arena).map(({ type }) => type)
    assert.is(types[0], types[1])
    const scratch = createScratch(pool, { byteLength: 64 })
    const inScratch = scratch.array(type, 1000)
    assert.instance(inScratch, type)
    assert.is(inScratch.length, 1000)
    scratch.dispose()
    for (const { byteOffset } of [own, array]) pool.free(byteOffset)
    assert.equal(blocks(arena), [])
    assertSound(arena)
  })
}

test('constructors that are none of the eleven are refused, of whatever realm', () => {
  const { arena, pool } = smallArena()
  const scratch = createScratch(pool, { byteLength: 256 })
  for (const code of [
    'class Mine extends Float32Array {}',
    'class Float32Array {}',
    'function Float32Array() {}',
    'Object.setPrototypeOf(function Float32Array() {}, Object.getPrototypeOf(Float32Array))',
    'Float32Array.bind()',
    '(function Float32Array() {}).bind()',
    'new Proxy(Float32Array, {})',
    'Object.getPrototypeOf(Float32Array)',
    'new Float32Array(1)',
    'Array',
    'DataView',
    'ArrayBuffer',
    '"Float32Array"',
    '{ name: "Float32Array", BYTES_PER_ELEMENT: 4 }',
  ]) {
    for (const type of [there(code), anything(new Function(`return (${code})`)())]) {
      refusesUnharmed(arena, 'invalid-argument', () => pool.allocArray(type, 3), /type is/)
      refusesUnharmed(arena, 'invalid-argument', () => scratch.array(type, 3), /type is/)
    }
  }
})

const CLAIMS = [
  ...['ArrayBuffer', 'SharedArrayBuffer', 'WebAssembly.Memory'].flatMap((tag) => [
    `{ [Symbol.toStringTag]: '${tag}', byteLength: 2 ** 20, buffer: new ArrayBuffer(2 ** 20) }`,
    `Object.create(${tag}.prototype)`,
    `new Proxy(new ${tag}(${tag === 'WebAssembly.Memory' ? '{ initial: 16 }' : '2 ** 20'}), {})`,
  ]),
  'new Uint8Array(2 ** 20)',
  'new DataView(new ArrayBuffer(2 ** 20))',
  '{ buffer: new ArrayBuffer(2 ** 20) }',
]

for (const code of CLAIMS) {
  test(`refused as a buffer, a memory, a handle and options: ${code}`, () => {
    for (const claim of [there(code), anything(new Function(`return (${code})`)())]) {
      refuses('invalid-argument', () => Arena.create({ buffer: claim }), /buffer is .* expected/)
      refuses('invalid-argument', () => Arena.create({ memory: claim }), /memory is .* expected/)
      refuses('not-an-arena', () => Arena.attach({ buffer: claim, byteOffset: 0 }))
      if (code.startsWith('{ buffer')) continue
      refuses('invalid-argument', () => Arena.create(claim), /options is .* expected/)
      refuses('not-an-arena', () => Arena.attach(claim))
    }
  })
}

test('threadExited of objects of another realm', async () => {
  const listening = there('{ threadId: -1, once() {} }')
  await threadExited(Object.assign(there('{}'), { worker: listening }))
})

test.run()
