import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Progress, shownProgress } from '../src/progress.ts'

const test = suite('level: progress')

const progress: Progress = {
  map: 'E1M1',
  step: 50,
  steps: 200,
  stepsPerSecond: 1234.5,
  entities: 1519,
  shots: 281,
  allocsPerSecond: 84_000,
  liveByteLength: 210_000,
}

test('figures of constant width', () => {
  assert.equal(shownProgress(progress), {
    name: 'E1M1',
    step: 50,
    steps: 200,
    figures: ' 1,235 steps/s  1,519 entities   281 shots  84,000 allocs/s  205 KiB',
  })
})

test('they fit into the line of a bar', () => {
  const most = { ...progress, shots: 9999, entities: 99_999, allocsPerSecond: 999_999 }
  assert.ok(shownProgress(most).figures.length <= 69)
})

test.run()
