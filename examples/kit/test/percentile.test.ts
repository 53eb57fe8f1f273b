import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { percentile } from '../src/percentile.ts'

const test = suite('kit: percentile')

test('the least value that is not below that part of them', () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => i + 1)
  assert.is(percentile(values, 0.5), 50)
  assert.is(percentile(values, 0.99), 99)
  assert.is(percentile(values, 1), 100)
  assert.is(percentile(values, 0), 1)
  assert.is(percentile(Float64Array.of(3), 0.5), 3)
  assert.is(percentile(Float64Array.of(3, 8), 0.5), 3)
  assert.is(percentile(Float64Array.of(3, 8), 0.51), 8)
})

test.run()
