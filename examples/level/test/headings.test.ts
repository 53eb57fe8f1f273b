import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADING_COUNT, headingOfDegrees, headingVectors } from '../src/sim/headings.ts'

const test = suite('level: headings')

test('are unit vectors, evenly around the circle', () => {
  for (let heading = 0; heading < HEADING_COUNT; heading++) {
    const angle = (2 * Math.PI * heading) / HEADING_COUNT
    const errorX = headingVectors[2 * heading] - Math.cos(angle)
    const errorY = headingVectors[2 * heading + 1] - Math.sin(angle)
    assert.ok(Math.abs(errorX) < 1e-14 && Math.abs(errorY) < 1e-14, `heading ${heading}`)
  }
})

test('are the same bits on every engine', () => {
  const words = new Int32Array(headingVectors.buffer)
  const sum = words.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193), 0)
  assert.is(sum, 1631711632)
})

test('degrees of a WAD, also odd ones', () => {
  const eighths = [0, 32, 64, 96, 128, 160, 192, 224, 0]
  const degrees = eighths.map((_, index) => 45 * index)
  assert.equal(degrees.map(headingOfDegrees), eighths)
  assert.equal([-90, 450, 1, 359].map(headingOfDegrees), [192, 64, 1, 255])
  assert.is(headingOfDegrees(32767), headingOfDegrees(32767 % 360))
  assert.is(headingOfDegrees(-32768), headingOfDegrees(-32768 + 360 * 92))
})

test.run()
