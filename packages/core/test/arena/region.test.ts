import { Arena, type ArenaOptions } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { someOf } from '../../../../test/support/rounds.ts'
import { assertSound, refuses } from '../support/checks.ts'
import { anything, notNumbers, oddNumbers, shownValue } from '../support/values.ts'

const test = suite('region')
const SPAN = 65536
const create = (options: unknown) => Arena.create(options as ArenaOptions)

/** Of an arena with the default slots and classes: its control area, and a span. */
const LEAST = Arena.create({ byteLength: 1 }).byteLength

/** Runs `body` while a global has another value. */
function withGlobal(name: string, value: unknown, body: () => void): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name)
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  try {
    body()
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, name)
    else Object.defineProperty(globalThis, name, before)
  }
}

test('byteLength: rounded up to whole spans, and at least what a block needs', () => {
  for (const [byteLength, expected] of [
    [1, LEAST],
    [LEAST, LEAST],
    [LEAST + 1, LEAST + SPAN],
    [64 * SPAN - 1, 64 * SPAN],
  ]) {
    const arena = Arena.create({ byteLength })
    assert.is(arena.byteLength, expected)
    assert.is(arena.buffer.byteLength, expected)
    assert.is(arena.byteOffset, 0)
    assert.ok(arena.openPool().alloc(1) > 0)
  }
})

test('byteLength of a caller’s memory: rounded down, by default all that is left', () => {
  for (const [rest, byteLength, expected] of [
    [3 * SPAN, undefined, 3 * SPAN],
    [4 * SPAN - 1, undefined, 3 * SPAN],
    [9 * SPAN, 3 * SPAN + 5, 3 * SPAN],
    [9 * SPAN, 9 * SPAN, 9 * SPAN],
  ] as const) {
    const buffer = new ArrayBuffer(32 + rest)
    const arena = Arena.create({
      buffer,
      byteOffset: 32,
      ...(byteLength === undefined ? {} : { byteLength }),
    })
    assert.is(arena.byteLength, expected)
    assert.is(arena.buffer, buffer)
    assert.is(arena.byteOffset, 32)
  }
})

test('byteLength: 2 GiB is the most, and reserved only', () => {
  const arena = Arena.create({ byteLength: 2 ** 31 })
  assert.is(arena.byteLength, 2 ** 31)
  refuses(
    'invalid-argument',
    () => create({ byteLength: 2 ** 31 + 1 }),
    /2147483649.*to 2147483648/,
  )
})

test('byteLength: whatever is no length is refused, with what was given', () => {
  for (const byteLength of [...notNumbers, ...oddNumbers, 0, -0, undefined]) {
    refuses('invalid-argument', () => create({ byteLength }), /byteLength is .*expected/)
    if (byteLength === undefined) continue
    const buffer = new ArrayBuffer(4 * SPAN)
    refuses('invalid-argument', () => create({ buffer, byteLength }), /byteLength is .*expected/)
  }
})

test('byteLength: a caller’s memory that is too short is refused', () => {
  for (const byteLength of [0, 1, SPAN, LEAST - 1]) {
    const buffer = new ArrayBuffer(byteLength)
    refuses('invalid-argument', () => create({ buffer }), new RegExp(`at least ${LEAST} `))
  }
  const buffer = new ArrayBuffer(3 * SPAN)
  refuses('invalid-argument', () => create({ buffer, byteLength: 4 * SPAN }), /from 0 to 196608/)
  refuses('invalid-argument', () => create({ buffer, slots: 254 }), /at least \d+ for 254 slots/)
})

test('byteOffset: multiples of 16 within the memory', () => {
  const buffer = new ArrayBuffer(LEAST + 2 * SPAN)
  for (const byteOffset of [0, -0, 16, 48, SPAN, 2 * SPAN]) {
    const arena = create({ buffer, byteOffset })
    assert.is(arena.byteOffset, byteOffset + 0)
    assert.is(arena.openPool().alloc(16) % 16, 0)
  }
  for (const byteOffset of [
    ...notNumbers,
    ...oddNumbers,
    1,
    8,
    15,
    17,
    LEAST + 2 * SPAN + 16,
    2 ** 31,
  ]) {
    if (byteOffset === null) continue
    refuses('invalid-argument', () => create({ buffer, byteOffset }), /byteOffset is/)
  }
  refuses(
    'invalid-argument',
    () => create({ byteLength: SPAN, byteOffset: 16 }),
    /byteOffset is 16/,
  )
})

test('slots: 1 to 254, each count with room for a block in the smallest arena', () => {
  const counts = Array.from({ length: 254 }, (_, i) => 254 - i)
  for (const slots of someOf(counts)) {
    const arena = Arena.create({ byteLength: 1, shared: false, slots })
    const pools = Array.from({ length: slots }, () => arena.openPool())
    assert.is(pools.at(-1)?.slot, slots - 1)
    assert.ok(pools[slots - 1].alloc(16) > 0)
    if (slots % 50 === 0 || slots === 254) assertSound(arena)
  }
  for (const slots of [...notNumbers, ...oddNumbers, 0, 255, 1.5]) {
    if (slots === null) continue
    refuses('invalid-argument', () => create({ byteLength: SPAN, slots }), /slots is/)
  }
})

test('with the default slots, the control area of a small arena takes two or three spans', () => {
  assert.is(LEAST, 3 * SPAN)
  for (const [spanCount, controlSpanCount] of [
    [3, 2],
    [12, 2],
    [64, 3],
  ]) {
    const stats = Arena.create({ byteLength: spanCount * SPAN }).stats()
    assert.is(stats.controlByteLength, controlSpanCount * SPAN)
  }
})

test('buffer: what is none is refused', () => {
  const notBuffers = [...notNumbers, 5, new DataView(new ArrayBuffer(8))]
  for (const value of notBuffers) {
    const name = shownValue(value)
    refuses('invalid-argument', () => create({ buffer: value }), /buffer is .*ArrayBuffer/)
    if (name.includes('Uint8Array')) continue // it has a `buffer`, as a memory has
    refuses('invalid-argument', () => create({ memory: value }), /memory is|byteLength is/)
  }
  const memory = new WebAssembly.Memory({ initial: 4 })
  const buffer = new ArrayBuffer(4 * SPAN)
  refuses('invalid-argument', () => create({ memory, buffer }), /none beside `memory`/)
})

test('buffer: a detached one is refused', () => {
  const buffer = new ArrayBuffer(4 * SPAN)
  structuredClone(buffer, { transfer: [buffer] })
  refuses('invalid-argument', () => create({ buffer }), /byteLength is 0/)
  refuses('invalid-argument', () => create({ buffer, byteOffset: 16 }), /byteOffset is 16/)
})

test('options: what are none are refused', () => {
  for (const options of [undefined, null, 5, 'x', true, 16n]) {
    refuses('invalid-argument', () => Arena.create(anything(options)), /options is/)
  }
})

test('options: what is passed by itself is refused, with how to pass it', () => {
  const arena = Arena.create({ byteLength: SPAN })
  const bytes = new Uint8Array(new ArrayBuffer(4 * SPAN), 16)
  for (const [value, message] of [
    [5 * SPAN, /options is 327680, .*{ byteLength,/],
    [bytes.buffer, /options is ArrayBuffer, .* buffer,/],
    [new SharedArrayBuffer(4 * SPAN), /options is SharedArrayBuffer, .* buffer,/],
    [bytes, /options is Uint8Array, .* buffer,/],
    [new DataView(bytes.buffer), /options is DataView, .* buffer,/],
    [new WebAssembly.Memory({ initial: 16 }), /options is Memory, .* memory,/],
    [arena, /options is _?Arena, .*Arena\.attach/],
    [arena.openPool(), /an option is "slot"/],
  ] as const) {
    refuses('invalid-argument', () => create(value), message)
  }
  assert.ok(bytes.every((byte) => byte === 0))
  assertSound(arena)
})

test('options: a name that there is none of is refused, with those that there are', () => {
  const buffer = new ArrayBuffer(4 * SPAN)
  for (const options of [
    { byteLenght: SPAN },
    { byteLength: SPAN, slot: 3 },
    { byteLength: SPAN, maxByteLength: 4 * SPAN },
    { buffer, offset: 16 },
    { buffer, undefined },
    Object.create({ byteLength: SPAN, Shared: true }),
  ]) {
    refuses('invalid-argument', () => create(options), /an option is ".*expected one of byteLength/)
  }
  class Settings {
    byteLength = 4 * SPAN
    get shared() {
      return false
    }
  }
  assert.is(create(new Settings()).shared, false)
})

test('a refused caller’s buffer keeps every byte', () => {
  const buffer = new ArrayBuffer(4 * SPAN)
  const bytes = new Uint8Array(buffer).fill(7)
  const wrong = [
    { byteOffset: 8 },
    { byteLength: 1 },
    { shared: true },
    { slots: 0 },
    { classes: [8] },
  ]
  for (const options of wrong) {
    let failed = false
    try {
      create({ buffer, ...options })
    } catch {
      failed = true
    }
    assert.ok(failed, JSON.stringify(options))
  }
  assert.ok(bytes.every((byte) => byte === 7))
})

test('shared: by default where the platform allows it, else as asked for', () => {
  assert.is(Arena.create({ byteLength: SPAN }).shared, true)
  for (const shared of [true, false]) {
    const arena = Arena.create({ byteLength: SPAN, shared })
    assert.is(arena.shared, shared)
    assert.is(arena.buffer instanceof SharedArrayBuffer, shared)
  }
  for (const shared of [...notNumbers, 0, 1].filter((value) => typeof value !== 'boolean')) {
    refuses('invalid-argument', () => create({ byteLength: SPAN, shared }), /shared is/)
  }
})

test('shared: a caller’s buffer decides, and is not contradicted', () => {
  const plain = new ArrayBuffer(4 * SPAN)
  const shared = new SharedArrayBuffer(4 * SPAN)
  assert.is(Arena.create({ buffer: plain }).shared, false)
  assert.is(Arena.create({ buffer: shared }).shared, true)
  refuses('not-shareable', () => create({ buffer: plain, shared: true }), /ArrayBuffer/)
  refuses('invalid-argument', () => create({ buffer: shared, shared: false }), /shared is false/)
})

test('shared: the error on a page that is not isolated names the missing headers', () => {
  withGlobal('crossOriginIsolated', false, () => {
    assert.is(Arena.create({ byteLength: SPAN }).shared, false)
    refuses(
      'not-shareable',
      () => create({ byteLength: SPAN, shared: true }),
      /Cross-Origin-Opener-Policy: same-origin.*Cross-Origin-Embedder-Policy/,
    )
  })
  withGlobal('crossOriginIsolated', true, () => {
    assert.is(Arena.create({ byteLength: SPAN }).shared, true)
  })
})

test('shared: a platform without SharedArrayBuffer has the rest all the same', () => {
  withGlobal('SharedArrayBuffer', undefined, () => {
    const arena = Arena.create({ byteLength: SPAN })
    assert.is(arena.shared, false)
    assert.ok(arena.openPool().alloc(16) > 0)
    const shared = { byteLength: SPAN, shared: true }
    refuses('not-shareable', () => create(shared), /no SharedArrayBuffer/)
    refuses('not-an-arena', () => Arena.attach({ buffer: anything({}), byteOffset: 0 }))
  })
})

test('memory that the platform does not have is an ArenaError too', () => {
  function Refusing() {
    throw new RangeError('Array buffer allocation failed')
  }
  withGlobal('SharedArrayBuffer', Refusing, () => {
    refuses(
      'out-of-memory',
      () => create({ byteLength: SPAN }),
      new RegExp(`${LEAST} bytes.*smaller`),
    )
  })
})

test('where the platform refuses byteLength, the arena gets less, down to minByteLength', () => {
  const mib = 2 ** 20
  class Refusing extends ArrayBuffer {
    constructor(byteLength: number) {
      if (byteLength > 5 * mib) throw new RangeError(`refused ${byteLength}`)
      super(byteLength)
    }
  }
  const createLess = (byteLength: number, minByteLength: unknown) =>
    create({ byteLength, minByteLength, shared: false })
  withGlobal('ArrayBuffer', Refusing, () => {
    for (const [wanted, least, given] of [
      [16, 1, 4],
      [12, 3, 3],
      [11, 1, 2.75],
      [16, 5, 5],
      [4, 1, 4],
    ]) {
      const arena = createLess(wanted * mib, least * mib)
      assert.is(arena.byteLength, given * mib)
      assert.is(arena.buffer.byteLength, given * mib)
      arena.openPool().alloc(100)
      assertSound(arena)
    }
    refuses('out-of-memory', () => createLess(16 * mib, 6 * mib), /refused/)
    refuses('out-of-memory', () => createLess(16 * mib, undefined), /refused/)
  })
  for (const wrong of [-1, 1.5, 17 * mib, Number.NaN, '1']) {
    refuses('invalid-argument', () => createLess(16 * mib, wrong), /minByteLength/)
  }
})

test.run()
