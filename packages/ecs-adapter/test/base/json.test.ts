import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeJson, loadJson, refuseLoss, storeBytes } from '../../src/base/json.ts'
import { buffers } from '../support.ts'

const test = suite('json')

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: values come back as they were`, () => {
    const words = new Int32Array(shared ? new SharedArrayBuffer(4096) : new ArrayBuffer(4096))
    const values = [0, -1.5e300, 'ü \u0000 \ud83d\ude00', true, null, [1, [2]], { a: { b: [] } }]
    for (const value of values) {
      for (const byteOffset of [0, 3, 1000]) {
        const bytes = encodeJson(value, refuseLoss)
        storeBytes(words, byteOffset, bytes)
        assert.equal(loadJson(words, byteOffset, bytes.length), value)
      }
    }
  })
}

test('a value that JSON would drop or change is refused, and named', () => {
  const cases: [string, unknown][] = [
    ['they are', undefined],
    ['they are', Number.NaN],
    ['x is', { x: Number.POSITIVE_INFINITY }],
    ['x is', { x: undefined }],
    ['1 is', { list: [0, () => 0] }],
    ['y is', { x: { y: new Map() } }],
    ['y is', { x: [{ y: new Float32Array(2) }] }],
    ['big is', { big: 1n }],
    ['s is', { s: Symbol('s') }],
  ]
  for (const [words, value] of cases) {
    assert.throws(() => encodeJson(value, refuseLoss), new RegExp(words))
  }
})

test.run()
