import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { refillCount } from '../src/policy.ts'
import { MAX_STRIDE } from '../src/size-classes.ts'

const test = suite('policy')

test('a refill hands out 64 of the smallest blocks, down to 16 of the largest', () => {
  assert.is(refillCount(16), 64)
  assert.is(refillCount(MAX_STRIDE), 16)
  let above = 64
  for (let stride = 16; stride <= MAX_STRIDE; stride += 16) {
    const count = refillCount(stride)
    assert.ok(Number.isInteger(count) && count >= 16 && count <= above, `${stride}: ${count}`)
    above = count
  }
})

test.run()
