import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_CLASS_COUNT, SPAN_BYTE_LENGTH } from '../../src/base/layout.ts'
import type { ClassIndex } from '../../src/base/units.ts'
import {
  blockCapacity,
  capacityFor,
  classFor,
  MAX_CLASS_PAYLOAD,
  MAX_STRIDE,
  preferredRunSpanCount,
  type SizeClasses,
  spanCountFor,
  stridesWith,
  tablesOf,
} from '../../src/memory/size-classes.ts'
import { refuses } from '../support/checks.ts'
import { anything, notNumbers, oddNumbers } from '../support/values.ts'

const test = suite('size classes')
const HEADER = 8
const classes = tablesOf(Int32Array.from(stridesWith([])))
const strides = [...classes.strides]
const strideOf = (byteLength: number) => strides[classFor(classes, byteLength)]
/** As the fast path looks it up. */
const fastClassOf = (of: SizeClasses, byteLength: number) => of.classOf[(byteLength + 23) >>> 4]

test('strides ascend in multiples of 16, up to the largest class', () => {
  assert.equal(
    strides,
    [...new Set(strides)].sort((a, b) => a - b),
  )
  assert.ok(strides.every((stride) => stride > 0 && stride % 16 === 0))
  assert.is(strides.at(-1), MAX_STRIDE)
  assert.is(classes.classCount, strides.length)
  assert.is(classes.maxClassByteLength, MAX_STRIDE - HEADER)
  assert.ok(MAX_CLASS_PAYLOAD <= classes.maxClassByteLength)
})

test('every length up to the largest class has the smallest class that holds it', () => {
  let expected = 0
  for (let byteLength = 0; byteLength <= classes.maxClassByteLength; byteLength++) {
    if (byteLength + HEADER > strides[expected]) expected++
    if (
      classFor(classes, byteLength) !== expected ||
      fastClassOf(classes, byteLength) !== expected
    ) {
      assert.unreachable(`${byteLength} bytes are of class ${classFor(classes, byteLength)}`)
    }
  }
  assert.is(expected, classes.classCount - 1)
})

test('waste: a header and 15 bytes up to 128, then at most a fifth of the stride', () => {
  for (let byteLength = 0; byteLength <= classes.maxClassByteLength; byteLength++) {
    const stride = strideOf(byteLength)
    const waste = stride - byteLength
    if (byteLength > 128 ? waste > stride / 5 : waste > HEADER + 15) {
      assert.unreachable(`${byteLength} bytes take ${stride}`)
    }
  }
})

test('waste: at most a tenth on average from 128 to 4096 bytes', () => {
  const lengths = Array.from({ length: 4096 - 128 + 1 }, (_, i) => 128 + i)
  const wasted = lengths.map((byteLength) => 1 - byteLength / strideOf(byteLength))
  const mean = wasted.reduce((sum, part) => sum + part) / wasted.length
  assert.ok(mean <= 0.1, `${mean}`)
})

for (const byteLength of [256, 1024, 4096, 16384, 65536, 524288]) {
  test(`${byteLength} bytes fit their class`, () => {
    assert.is(strideOf(byteLength), byteLength + 16)
  })
}

test('from 128 bytes on there are four classes a doubling', () => {
  for (let power = 256; power < MAX_CLASS_PAYLOAD; power *= 2) {
    const between = strides.filter((stride) => stride > power + 16 && stride <= 2 * power + 16)
    assert.is(between.length, 4, `${power} to ${2 * power}`)
  }
})

test('a caller’s classes fit their lengths exactly, beside the default ones', () => {
  const own = [48, 400, 4000, MAX_CLASS_PAYLOAD]
  const table = tablesOf(Int32Array.from(stridesWith([...own, ...own])))
  for (const byteLength of own) {
    assert.is(table.strides[classFor(table, byteLength)], byteLength + 16)
    assert.is(fastClassOf(table, byteLength), classFor(table, byteLength))
  }
  assert.equal(stridesWith(own.reverse()), [...table.strides])
  assert.ok(strides.every((stride) => table.strides.includes(stride)))
})

test('as many further classes as an arena has room for, and not one more', () => {
  const room = MAX_CLASS_COUNT - strides.length
  const own = Array.from({ length: room }, (_, i) => 131072 + 2048 * i + 16)
  assert.is(stridesWith(own).length, MAX_CLASS_COUNT)
  refuses('invalid-argument', () => stridesWith([...own, 48, 400]), /all size classes is 96.*to 95/)
})

test('further classes of odd lengths are refused', () => {
  for (const byteLength of [...notNumbers, ...oddNumbers, 0, 8, 24, MAX_CLASS_PAYLOAD + 16]) {
    refuses('invalid-argument', () => stridesWith([anything(byteLength)]), /classes is/)
  }
  const notArrays = [...notNumbers, new Set([48])].filter((value) => !Array.isArray(value))
  for (const value of notArrays) {
    refuses('invalid-argument', () => stridesWith(anything(value)), /an array/)
  }
})

const restOf = (stride: number, spanCount: number) =>
  spanCount * SPAN_BYTE_LENGTH - blockCapacity(stride, spanCount) * stride

test('the shortest run holds one block, and a shorter one none', () => {
  for (let stride = 16; stride <= MAX_STRIDE; stride += 16) {
    const least = spanCountFor(stride - HEADER)
    assert.ok(least >= 1 && blockCapacity(stride, least) >= 1, `${stride}`)
    assert.is(blockCapacity(stride, least - 1) >= 1, false, `${stride}`)
  }
})

test('the usual run wastes an eighth at most, or what the best of nine lengths wastes', () => {
  const shareOf = (stride: number, spanCount: number) => restOf(stride, spanCount) / spanCount
  for (let stride = 16; stride <= MAX_STRIDE; stride += 16) {
    const usual = preferredRunSpanCount(stride)
    assert.ok(usual >= spanCountFor(stride - HEADER) && usual <= 9, `${stride}`)
    assert.ok(restOf(stride, usual) >= HEADER, `${stride}`)
    const best = Math.min(...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((count) => shareOf(stride, count)))
    assert.ok(shareOf(stride, usual) <= Math.max(best, SPAN_BYTE_LENGTH / 8), `${stride}`)
  }
})

test('capacities of the table are those of the quotient, for runs of any length', () => {
  const table = tablesOf(Int32Array.from(stridesWith([2000, 196_592])))
  table.strides.forEach((stride, classIndex) => {
    for (let spanCount = 1; spanCount <= 12; spanCount++) {
      const capacity = capacityFor(table, classIndex as ClassIndex, spanCount)
      assert.is(capacity, blockCapacity(stride, spanCount))
    }
    assert.is(table.runSpanCounts[classIndex], preferredRunSpanCount(stride))
  })
})

test('the division check accepts where blocks begin and nowhere else', () => {
  for (const own of [[], [2000, 30000, 208, 524288, 368]]) {
    const table = tablesOf(Int32Array.from(stridesWith(own)))
    table.strides.forEach((stride, classIndex) => {
      assert.is(table.divisors[2 * classIndex], stride)
      const end = preferredRunSpanCount(stride) * SPAN_BYTE_LENGTH
      for (let within = -16; within < end; within += 16) {
        const quotient = Math.imul(within >>> 4, table.divisors[2 * classIndex + 1]) >>> 20
        const accepted = Math.imul(quotient, stride) === within
        if (accepted !== (within >= 0 && within % stride === 0)) {
          assert.unreachable(`byte ${within} of blocks of ${stride}: ${accepted}`)
        }
      }
    })
  }
})

test.run()
