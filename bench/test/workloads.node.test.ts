// Laps and warm-ups of the topics `alloc` and `curve`.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createWork,
  curve,
  nativeArgumentsOf,
  warmUpOpCountOf,
  workloads,
} from '../alloc/workloads.ts'

const test = suite('workloads of alloc')

test('a lap replaces each live block at least eight times on average', () => {
  for (const { name, liveCount, stepCount } of [...workloads, ...curve]) {
    assert.ok(stepCount >= 8 * liveCount, name)
    assert.is(Math.log2(stepCount) % 1, 0, `${name}: a power of two`)
  }
})

test('a long lap leaves few of a million blocks out, and a short one would leave many', () => {
  const million = curve.find(({ liveCount }) => liveCount === 1_000_000)!
  const { slots } = createWork(million)
  const replaced = (stepCount: number) => new Set(slots.subarray(0, stepCount)).size
  assert.ok(replaced(million.stepCount) > 999_000)
  assert.ok(replaced(2 ** 20) < 700_000)
})

test('the laps of curve have one length', () => {
  assert.is(new Set(curve.map(({ stepCount }) => stepCount)).size, 1)
})

test('a million random blocks are replaced four times each before the clock runs', () => {
  for (const workload of [...workloads, ...curve]) {
    const isLong = workload.pattern === 'random' && workload.liveCount === 1_000_000
    assert.is(warmUpOpCountOf(workload), isLong ? 4_000_000 : 0, workload.name)
  }
})

test('native code gets the same counts', () => {
  const workload = workloads.find(({ name }) => name === 'random-64-1M')!
  const counts = ['1000000', '8388608', '4000000']
  assert.equal(nativeArgumentsOf(workload), ['random', '64', ...counts])
})

test('steps of 64 bytes replace the same blocks as mixed ones', () => {
  const [mixed, fixed] = ['mixed', '64'].map((byteLengths) => {
    return createWork(workloads.find(({ name }) => name === `random-${byteLengths}-1k`)!)
  })
  assert.equal(mixed.slots, fixed.slots)
  assert.ok(fixed.requests.every((request) => request === 64))
  assert.is(Math.min(...mixed.requests.subarray(0, 10_000)), 16)
  assert.ok(mixed.requests.every((request) => request >= 16 && request <= 4096))
})

test.run()
