import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isLookDue, refillCount } from '../src/policy.ts'
import { MAX_STRIDE } from '../src/size-classes.ts'

const test = suite('policy')

test('a refill hands out 64 of the smallest blocks, down to 16 of the largest', () => {
  assert.is(refillCount(16), 64)
  assert.is(refillCount(MAX_STRIDE), 16)
  let above = 64
  for (let stride = 16; stride <= MAX_STRIDE; stride += 16) {
    const count = refillCount(stride)
    assert.is(count, Math.min(64, Math.max(16, Math.floor(8192 / stride))), `${stride}`)
    assert.ok(count <= above)
    above = count
  }
})

test('a look is due at twice the spans of the last one, and not before there are 64', () => {
  for (const [spanCount, atLook, expected] of [
    [0, 0, false],
    [63, 0, false],
    [64, 0, true],
    [83, 10, false],
    [84, 10, true],
    [32_000, 16_000, false],
    [32_064, 16_000, true],
  ] as const) {
    assert.is(isLookDue(spanCount, atLook), expected, `${spanCount} after ${atLook}`)
  }
})

test.run()
