import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMeters, METERS_BYTE_LENGTH } from '../src/meters.ts'

const test = suite('level: meters')

test('each worker has its own words, and sums are over all', () => {
  const i32 = new Int32Array(new SharedArrayBuffer(16 + 3 * METERS_BYTE_LENGTH)).fill(-1)
  i32.fill(0, 4)
  const meters = createMeters(i32, 16, 3)
  const none = { steps: 0, entities: 0, shots: 0, allocs: 0 }
  const some = { steps: 7, entities: 100, shots: 20, allocs: 3000 }
  meters.write(1, some)
  assert.equal([0, 1, 2].map(meters.read), [none, some, none])
  meters.write(2, { ...some, entities: 5 })
  assert.is(meters.sum('entities'), 105)
  assert.is(meters.sum('steps'), 14)
  assert.equal([...i32.subarray(0, 4)], [-1, -1, -1, -1])
  assert.is(createMeters(i32, 16, 2).sum('entities'), 100)
})

test.run()
