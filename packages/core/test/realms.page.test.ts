// Objects of an iframe's realm. What every kind of them is taken for: realms.node.test.ts.
import { Arena, blocks, createScratch } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertSound, refuses } from './support/checks.ts'
import { anything } from './support/values.ts'

const test = suite('realms, iframe')

/** The globals of an iframe. */
const there = document.body.appendChild(document.createElement('iframe'))
  .contentWindow as unknown as typeof globalThis

test('buffers and memories of an iframe', () => {
  const memory = new there.WebAssembly.Memory({ initial: 16, maximum: 20 })
  for (const options of [
    { memory },
    { buffer: new there.ArrayBuffer(2 ** 20) },
    { buffer: new there.SharedArrayBuffer(2 ** 20) },
  ]) {
    const arena = Arena.create(options)
    const pool = arena.openPool()
    const scratch = createScratch(pool, { byteLength: 256 })
    if ('memory' in options) memory.grow(1)
    scratch.alloc(1000)
    scratch.dispose()
    assert.equal(blocks(arena), [])
    assertSound(arena)
  }
  refuses('invalid-argument', () => Arena.create(anything(memory)), / memory,/)
})

test('handles and typed arrays of an iframe', () => {
  const arena = Arena.create({ byteLength: 2 ** 20, shared: true })
  const handle = Object.assign(new there.Object(), arena.handle)
  assert.is(Arena.attach(handle).buffer, arena.buffer)
  const pool = arena.openPool()
  for (const name of ['Float32Array', 'Uint8ClampedArray', 'BigInt64Array'] as const) {
    const array = pool.allocArray(there[name] as Float32ArrayConstructor, 3)
    assert.instance(array, there[name])
    assert.is(arena.view(array.byteOffset).constructor.name, name)
  }
  refuses('invalid-argument', () => pool.allocArray(anything(there.DataView), 3))
})

test.run()
