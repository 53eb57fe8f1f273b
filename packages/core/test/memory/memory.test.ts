import { Arena, blocks, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { slotWordCount } from '../../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../../src/base/units.ts'
import { recordWord, slotWord, spanOf, spanStart, viewsOf } from '../../src/memory/memory.ts'
import { assertSound, refuses } from '../support/checks.ts'
import { fill, memoryOf, smallArena } from '../support/memory.ts'
import { regions } from '../support/regions.ts'

const test = suite('memory')

test('views: of one buffer, fixed in length, up to the arena’s end', () => {
  const arena = Arena.create({ buffer: new ArrayBuffer(4 * 65536 + 999), byteOffset: 16 })
  const byteEnd = arena.byteOffset + arena.byteLength
  const { u8, i8, u16, i16, u32, i32, f32, f64, buffer } = arena
  for (const view of [u8, i8, u16, i16, u32, i32, f32, f64]) {
    assert.is(view.buffer, buffer)
    assert.equal([view.byteOffset, view.byteLength], [0, byteEnd])
  }
  const names = [u8, i8, u16, i16, u32, i32, f32, f64].map((view) => view.constructor.name)
  assert.equal(
    names,
    'Uint8 Int8 Uint16 Int16 Uint32 Int32 Float32 Float64'.split(' ').map((name) => `${name}Array`),
  )
  assert.is(arena.i32, i32)
})

test('views of 2 GiB are as long as they should be', () => {
  const { u8, u16, f32, f64 } = viewsOf(new SharedArrayBuffer(2 ** 31), 2 ** 31)
  assert.equal(
    [u8, u16, f32, f64].map(({ length }) => length),
    [2 ** 31, 2 ** 30, 2 ** 29, 2 ** 28],
  )
})

test('offsets up to the last one below 2^31', () => {
  const arena = Arena.create({ byteLength: 2 ** 31 })
  const pool = arena.openPool()
  const memory = memoryOf(arena)
  // Takes all but the last nine spans, without a touch of their pages.
  const most = pool.alloc((memory.spanCount - memory.controlSpanCount - 9) * 65536 - 16)
  for (const [byteLength, alignment] of [
    [8, 16],
    [8, 4096],
  ]) {
    const offsets = fill(pool, byteLength, alignment)
    const last = offsets.reduce((a, b) => Math.max(a, b))
    assert.ok(last > 2 ** 31 - 2 * alignment - 16 && last < 2 ** 31, `${last}`)
    arena.f64[last >> 3] = 0.5
    assert.is(arena.f64[last / 8], 0.5)
    assert.is(arena.view(last).length, byteLength)
    assert.ok(offsets.every((offset) => offset > most && (offset | 0) === offset))
    assertSound(arena)
    for (const offset of offsets) pool.free(offset)
  }
  const whole = arena.byteLength - memory.controlSpanCount * 65536 - 16
  pool.collect()
  assert.is(pool.realloc(most, whole), most)
  assert.is(pool.byteLengthOf(most), whole)
  assert.is(arena.stats().committedByteLength, 2 ** 31)
  assertSound(arena)
})

test('word indices and spans, for every base of the arena', () => {
  for (const byteOffset of [0, 16, 65536, 70_000]) {
    const arena = Arena.create({ buffer: new ArrayBuffer(6 * 65536), byteOffset })
    const memory = memoryOf(arena)
    const base = arena.byteOffset
    assert.is(spanStart(memory, 2 as SpanIndex), base + 131_072)
    assert.is(spanOf(memory, base), 0)
    assert.is(spanOf(memory, base + 131_071), 1)
    assert.is(spanOf(memory, base + 131_072), 2)
    assert.is(
      slotWord(memory, 1 as SlotIndex, 0) - slotWord(memory, 0 as SlotIndex, 0),
      slotWordCount(memory.slotCount),
    )
    assert.is(recordWord(memory, 1 as SpanIndex, 3) - recordWord(memory, 0 as SpanIndex, 0), 11)
  }
})

for (const hoisted of [false, true]) {
  const how = hoisted ? ', functions kept too' : ''
  test(`a wasm memory that grows: pool and arena work on${how}`, () => {
    const wasm = new WebAssembly.Memory({ initial: 32, maximum: 64 })
    const arena = Arena.create({ memory: wasm })
    const pool = arena.openPool()
    const calls = hoisted ? { ...pool } : pool
    const kept = calls.allocArray(Float32Array, 4)
    kept.set([1, 2, 3, 4])
    const offset = kept.byteOffset
    const live = [offset]
    for (let growth = 0; growth < 5; growth++) {
      wasm.grow(growth % 2) // by no page at all, too: the buffer is replaced all the same
      assert.is(arena.buffer, wasm.buffer)
      const calls: (() => unknown)[] = [
        () => live.push(pool.alloc(100)),
        () => pool.free(live.pop() ?? 0),
        () => assert.is(pool.byteLengthOf(offset), 16),
        () => live.push(pool.realloc(0, 70_000)),
        () => live.push(pool.allocZeroed(100)),
        () => assert.is(pool.collect(), 0),
      ]
      calls.push(...calls.splice(0, growth % calls.length))
      for (const call of calls) call()
      assert.is(arena.f32[(offset >> 2) + 2], 3)
      assert.equal([...arena.view(offset)], [1, 2, 3, 4])
      assertSound(arena)
    }
    wasm.grow(1)
    for (const held of live.reverse()) calls.free(held)
    assert.is(blocks(arena).length, 0)
    assertSound(arena)
  })
}

for (const name of [
  'alloc',
  'tryAlloc',
  'allocZeroed',
  'realloc',
  'free',
  'byteLengthOf',
  'collect',
  'allocArray',
  'close',
] as const) {
  test(`a wasm memory that grows: ${name} of before, and of a pool that was closed`, () => {
    const wasm = new WebAssembly.Memory({ initial: 8, maximum: 64 })
    const arena = Arena.create({ memory: wasm })
    const pool = arena.openPool()
    const offset = pool.alloc(100)
    const kept = { ...pool }
    const call = (on: typeof kept): unknown => {
      if (name === 'allocArray') return on.allocArray(Int32Array, 3)
      if (name === 'realloc') return on.realloc(offset, 2000)
      if (name === 'collect') return on.collect()
      if (name === 'close') return on.close()
      return on[name](name === 'free' || name === 'byteLengthOf' ? offset : 100)
    }
    wasm.grow(1)
    call(kept)
    assertSound(arena)
    if (name === 'close') {
      refuses('pool-closed', () => pool.alloc(16))
      return
    }
    pool.close()
    wasm.grow(1)
    for (const on of [kept, pool]) refuses('pool-closed', () => call(on))
    assert.is(arena.openPool().slot, pool.slot)
    for (const on of [kept, pool]) refuses('pool-closed', () => call(on))
  })
}

test('a wasm memory that grows, in code that was compiled for resizable buffers too', () => {
  const kinds = regions.map(({ create }) => create(4 * 65536).arena)
  const wasm = new WebAssembly.Memory({ initial: 4, maximum: 64 })
  const arena = Arena.create({ memory: wasm })
  const pool = arena.openPool()
  const pools = [pool, ...kinds.map((kind) => kind.openPool())]
  let sum = 0
  for (let i = 0; i < 20_000; i++) {
    for (const kind of [arena, ...kinds]) sum += kind.i32[4]
    for (const each of pools) each.free(each.alloc(i % 100, 64))
  }
  assert.is.not(sum, 0)
  wasm.grow(1)
  assert.is(arena.i32.buffer, wasm.buffer)
  assert.ok(pool.alloc(100) > 0)
  assertSound(arena)
})

test('a shared wasm memory that grows keeps the buffer that was posted', () => {
  const wasm = new WebAssembly.Memory({ initial: 8, maximum: 64, shared: true })
  const arena = Arena.create({ memory: wasm })
  assert.is(arena.shared, true)
  const pool = arena.openPool()
  const offset = pool.alloc(1000)
  wasm.grow(8)
  const other = Arena.attach(arena.handle)
  new Uint8Array(wasm.buffer)[offset] = 99
  assert.is(other.u8[offset], 99)
  assert.is(other.openPool().byteLengthOf(offset), 1000)
  pool.free(offset)
  assertSound(other)
})

test('a wasm memory as a region: the bytes around it stay as they are', () => {
  const wasm = new WebAssembly.Memory({ initial: 8, maximum: 64 })
  new Uint8Array(wasm.buffer).fill(0xcc)
  const arena = Arena.create({ memory: wasm, byteOffset: 65536 + 48, byteLength: 5 * 65536 })
  const pool = arena.openPool()
  pool.alloc(100_000)
  wasm.grow(1)
  pool.alloc(30_000)
  assertSound(arena)
  const bytes = new Uint8Array(wasm.buffer)
  assert.ok(bytes.subarray(0, 65536 + 48).every((byte) => byte === 0xcc))
  const end = arena.byteOffset + arena.byteLength
  assert.ok(bytes.subarray(end, 8 * 65536).every((byte) => byte === 0xcc))
})

test('a buffer that was taken away gives an error, not a wild read', () => {
  const { arena, pool } = smallArena()
  const offset = pool.alloc(16)
  structuredClone(arena.buffer, { transfer: [arena.buffer as ArrayBuffer] })
  const calls: (() => unknown)[] = [
    () => pool.alloc(16),
    () => pool.tryAlloc(16),
    () => pool.allocZeroed(16),
    () => pool.allocArray(Int8Array, 1),
    () => pool.realloc(offset, 8),
    () => pool.free(offset),
    () => pool.byteLengthOf(offset),
    () => pool.collect(),
    () => pool.close(),
    () => arena.view(offset),
    () => arena.f32,
    () => blocks(arena),
    () => verify(arena),
    () => arena.stats(),
    () => arena.openPool(),
  ]
  for (const call of calls) refuses('invalid-argument', call, /buffer\.byteLength is 0/)
})

test.run()
