import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { median, pairedRatios, quantile, quartiles } from '../driver/statistics.ts'

const test = suite('statistics')

test('the median of any order, of odd and even counts, and of one value', () => {
  assert.is(median([3, 1, 2]), 2)
  assert.is(median([10, 9, 100, 1]), 9.5)
  assert.is(median([7]), 7)
})

test('quantiles are interpolated, and end at the least and the greatest value', () => {
  const values = [50, 10, 40, 20, 30]
  assert.is(quantile(values, 0), 10)
  assert.is(quantile(values, 1), 50)
  assert.is(quantile(values, 0.125), 15)
  assert.equal(quartiles(values), [20, 40])
})

test('the values stay in the order of their turns', () => {
  const values = [3, 1, 2]
  median(values)
  quartiles(values)
  assert.equal(values, [3, 1, 2])
})

test('a machine that is slow for some turns spreads the times, not their ratios', () => {
  const slowness = [1, 4, 1, 9, 2]
  const ratios = pairedRatios(
    slowness.map((slow) => slow * 30),
    slowness.map((slow) => slow * 20),
  )
  assert.equal(quartiles(ratios), [1.5, 1.5])
})

test.run()
