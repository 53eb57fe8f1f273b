import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { StagedNumbers } from '../../src/lists/staged-numbers.ts'
import { assertThrows } from '../support.ts'

const test = suite('staged numbers')

test('take stacks the numbers of any array', () => {
  const staging = new StagedNumbers(2 ** 20)
  staging.take([1, 2.5], 'P.a')
  staging.take(Uint8Array.of(3), 'P.a')
  staging.take(Float64Array.of(Number.NaN, -0), 'P.a')
  staging.take([], 'P.a')
  assert.equal([...staging.values.subarray(0, staging.length)], [1, 2.5, 3, Number.NaN, -0])
  staging.dropFrom(2)
  staging.take(
    Array.from({ length: 100_000 }, (_, i) => i),
    'P.a',
  )
  assert.equal([...staging.values.subarray(0, 4)], [1, 2.5, 0, 1])
  assert.is(staging.length, 100_002)
  staging.dropFrom(0)
  assert.ok(staging.values.length <= 2 ** 16, 'what was large is given back')
})

test('other values than lists of numbers are refused, and nothing stays', () => {
  const staging = new StagedNumbers(2 ** 20)
  staging.take([7], 'P.a')
  const hostile: unknown[] = [
    ...[undefined, null, 5, 'points', {}, new Set([1]), new DataView(new ArrayBuffer(8)), () => 1],
    { length: 2, 0: 1, 1: 2 },
  ]
  for (const given of hostile) {
    assertThrows(() => staging.take(given, 'P.a'), 'invalid-argument', 'P.a', 'array')
  }
  for (const element of ['1', null, undefined, {}, 5n, true]) {
    assertThrows(() => staging.take([1, element], 'P.a'), 'invalid-argument', 'P.a[1]', 'number')
  }
  assertThrows(() => staging.take(new Array(3), 'P.a'), 'invalid-argument', 'P.a[0]')
  assertThrows(() => staging.take(BigInt64Array.of(1n), 'P.a'), 'invalid-argument', 'P.a[0]', '1n')
  assert.equal([...staging.values.subarray(0, staging.length)], [7])
})

test('nested uses do not disturb each other', () => {
  const staging = new StagedNumbers(2 ** 20)
  const nested = new Proxy([1, 2, 3], {
    get(target, key) {
      if (key === '1') {
        const start = staging.length
        staging.take([50, 60], 'P.b')
        assert.equal([...staging.values.subarray(start, staging.length)], [50, 60])
        staging.dropFrom(start)
      }
      return Reflect.get(target, key)
    },
  })
  staging.take(nested, 'P.a')
  assert.equal([...staging.values.subarray(0, staging.length)], [1, 2, 3])
})

test('an array with a false length is read to that length', () => {
  const staging = new StagedNumbers(2 ** 20)
  const lying = new Proxy([1, 2], {
    get: (target, key) => (key === 'length' ? 1 : Reflect.get(target, key)),
  })
  staging.take(lying, 'P.a')
  assert.is(staging.length, 1)
})

test('an invalid or too large length is refused before anything is read', () => {
  const staging = new StagedNumbers(1000)
  staging.take([7], 'P.a')
  const odd = [-5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1001, '1', null, {}, 5n, Symbol()]
  for (const length of odd) {
    const given = new Proxy([1], { get: (_, key) => (key === 'length' ? length : 1) })
    assertThrows(() => staging.take(given, 'P.a'), 'invalid-argument', 'the length of P.a', '1000')
  }
  class Shrunk extends Float64Array {
    override get length() {
      return -5
    }
  }
  assertThrows(() => staging.take(new Shrunk(2), 'P.a'), 'invalid-argument', '-5')
  assertThrows(() => staging.take(new Array(2 ** 32 - 1), 'P.a'), 'invalid-argument', '4294967295')
  assert.ok(staging.values.length <= 2 ** 16, 'room is made for nothing that is refused')
  assert.equal([...staging.values.subarray(0, staging.length)], [7])
})

test.run()
