import { Arena, ArenaError, type ArenaErrorCode } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shown } from '../../src/base/errors.ts'
import { refuses } from '../support/checks.ts'
import { fill, smallArena } from '../support/memory.ts'
import { anything } from '../support/values.ts'

const test = suite('errors')

test('an ArenaError is an Error with a name, a code and the package in its message', () => {
  const error = new ArenaError('corrupt', 'what')
  assert.instance(error, Error)
  assert.is(error.name, 'ArenaError')
  assert.is(error.code, 'corrupt')
  assert.is(error.message, '@ashlar/core: what')
  assert.ok(error.stack?.includes('ArenaError'))
})

test('a message shows values so that they can be distinguished', () => {
  class Thing {}
  for (const [value, expected] of [
    ['16', '"16"'],
    [16, '16'],
    [-0, '0'],
    [16n, '16n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('x'), 'Symbol(x)'],
    [[1], 'Array'],
    [new Thing(), 'Thing'],
    [Object.create(null), 'an object'],
    [{ constructor: 5 }, 'an object'],
    [{ constructor: { name: Symbol('odd') } }, 'an object'],
    [Thing, 'function Thing'],
  ] as const) {
    assert.is(shown(value), expected)
  }
})

test('each message says what was given, what was expected and what to do', () => {
  const { arena, pool } = smallArena()
  const freed = pool.alloc(100)
  pool.free(freed)
  const full = smallArena()
  fill(full.pool, 600_000)
  const closed = arena.openPool()
  closed.close()
  const one = Arena.create({ byteLength: 1, shared: false, slots: 1 })
  one.openPool()
  const cases: [ArenaErrorCode, () => unknown, RegExp][] = [
    ['invalid-argument', () => pool.alloc(anything('16')), /byteLength is "16", expected a whole/],
    ['invalid-argument', () => pool.alloc(16, 24), /alignment is 24, expected a power of two/],
    ['invalid-argument', () => pool.allocArray(anything(Array), 1), /type is function Array, exp/],
    ['invalid-argument', () => pool.allocArray(Int8Array, -1), /length is -1, expected a whole/],
    ['invalid-argument', () => pool.collect({ spans: -1 }), /spans is -1, expected 0 or more/],
    ['invalid-offset', () => pool.free(24), /offset 24 is not a multiple of 16\. Pass what alloc/],
    [
      'double-free',
      () => pool.free(freed),
      new RegExp(`offset ${freed} is free already\\. Free a`),
    ],
    [
      'out-of-memory',
      () => full.pool.alloc(600_000),
      /600000 bytes: \d+ of the.*\. Free something/,
    ],
    ['pool-closed', () => closed.alloc(16), /this pool is closed\. Open another/],
    ['no-free-slot', () => one.openPool(), /all 1 slots have an open pool\. Close one/],
    ['not-shareable', () => arena.handle, /not shared.*Create it with `shared: true`/],
    ['not-an-arena', () => Arena.attach(anything({})), /no SharedArrayBuffer\. Pass arena\.handle/],
  ]
  for (const [code, call, message] of cases) refuses(code, call, message)
})

test.run()
