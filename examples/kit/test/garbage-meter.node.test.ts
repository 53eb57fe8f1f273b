import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGarbageMeter } from '../src/garbage-meter.ts'

const test = suite('kit: garbage-meter')

let sink: unknown

function measure(step: () => void, steps = 2000): number | undefined {
  const meter = createGarbageMeter()
  for (let i = 0; i < steps; i++) meter.around(step)
  return meter.bytesPerStep()
}

test('a step that makes no garbage measures next to none', () => {
  const numbers = new Float64Array(100)
  const step = () => {
    for (let i = 0; i < numbers.length; i++) numbers[i] += i
  }
  // Compilers allocate, too, and are done some day: the least of some windows is the step's own.
  const windows = Array.from({ length: 8 }, () => measure(step, 5000) ?? Infinity)
  assert.ok(Math.min(...windows) < 64, `${windows} bytes`)
})

test('a step that makes known garbage measures that', () => {
  // An array of 1,000 doubles: 8,000 bytes, and a little for its headers.
  const step = () => {
    sink = new Array<number>(1000).fill(0.5)
  }
  // A collection in a step takes from what is measured, a compiler adds to it: in some window there
  // is neither.
  const windows = Array.from({ length: 8 }, () => measure(step) ?? Infinity)
  assert.ok(sink !== undefined)
  assert.ok(
    windows.some((bytes) => bytes > 7900 && bytes < 9000),
    `${windows} bytes`,
  )
})

test('too few steps to say', () => {
  assert.is(
    measure(() => {}, 50),
    undefined,
  )
})

test('every step runs, measured or not', () => {
  let ran = 0
  measure(() => ran++, 777)
  assert.is(ran, 777)
})

test.run()
