import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  alignmentBits,
  alignmentInHeader,
  classInHeader,
  ELEMENT_TYPE_NAMES,
  ELEMENT_TYPES,
  freePattern,
  livePattern,
  STATE_AND_TAG,
  STATE_TAG_ALIGNMENT,
  shiftedPattern,
  typeBits,
  typeInHeader,
  typeOf,
} from '../src/header.ts'
import { anything, notNumbers } from './support/values.ts'

const test = suite('header')
const TAGS = [1, 2, 127, 128, 254, 255]
const CLASSES = [0, 1, 126, 127, 255]
const ALIGNMENTS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

test('every field comes back out at its limits, whatever the others are', () => {
  for (const tag of TAGS) {
    for (const classIndex of CLASSES) {
      for (const alignment of ALIGNMENTS) {
        for (let type = 0; type < ELEMENT_TYPES.length; type++) {
          const fields = alignmentBits(alignment) | typeBits(type) | classIndex
          const word = livePattern(tag) | fields
          assert.is(classInHeader(word), classIndex)
          assert.is(alignmentInHeader(word), alignment)
          assert.is(typeInHeader(word), type)
          assert.is(word & STATE_AND_TAG, livePattern(tag))
          assert.is((word & STATE_TAG_ALIGNMENT) === livePattern(tag), alignment === 16)
        }
      }
    }
  }
})

test('no state of no tag is taken for another, nor for memory that was never written', () => {
  const patterns = TAGS.flatMap((tag) => [livePattern(tag), freePattern(tag), shiftedPattern(tag)])
  assert.is(new Set([0, -1, ...patterns]).size, patterns.length + 2)
  for (const pattern of patterns) assert.is(pattern, (pattern & STATE_AND_TAG) | 0)
})

test('no float that games store looks like a live header', () => {
  const words = new Int32Array(1)
  const floats = new Float32Array(words.buffer)
  for (const tag of TAGS) {
    words[0] = livePattern(tag) | 0xfff
    assert.ok(Math.abs(floats[0]) < 1e-8, `${floats[0]}`)
  }
})

test('types: every typed array has a name, and is found again', () => {
  assert.is(ELEMENT_TYPES.length, ELEMENT_TYPE_NAMES.length)
  assert.ok(ELEMENT_TYPES.length <= 16)
  assert.is(ELEMENT_TYPES[0], Uint8Array)
  for (const [i, type] of ELEMENT_TYPES.slice(1).entries()) assert.is(typeOf(type), i + 1)
})

test('types: whatever is no typed array constructor has none', () => {
  class Vectors extends Float32Array {}
  const others = [
    ...notNumbers,
    undefined,
    Array,
    DataView,
    ArrayBuffer,
    Vectors,
    'Float32Array',
    8,
  ]
  for (const other of others) assert.is(typeOf(anything(other)), -1)
})

test.run()
