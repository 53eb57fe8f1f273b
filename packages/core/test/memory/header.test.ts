import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADER_RED_ZONE, MAX_STRUCT_NUMBER } from '../../src/base/layout.ts'
import {
  alignmentBits,
  alignmentInHeader,
  CONTENTS,
  ELEMENT_TYPE_NAMES,
  ELEMENT_TYPES,
  freedPattern,
  internalPattern,
  isInternal,
  plainPattern,
  STATE_AND_TAG,
  shiftedPattern,
  typeBits,
  typeInHeader,
  typeOf,
} from '../../src/memory/header.ts'
import { anything, notNumbers } from '../support/values.ts'

const test = suite('header')
const TAGS = [1, 2, 127, 128, 254, 255]
const STRUCTS = [0, 1, MAX_STRUCT_NUMBER]
const RED_ZONES = [0, HEADER_RED_ZONE]
const ALIGNMENTS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

test('every field is read back at its limits, for all values of the others', () => {
  for (const tag of TAGS) {
    for (const rest of STRUCTS.flatMap((struct) => RED_ZONES.map((zone) => struct | zone))) {
      for (const alignment of ALIGNMENTS) {
        for (let type = 0; type < 16; type++) {
          const fields = alignmentBits(alignment) | typeBits(type) | rest
          const word = plainPattern(tag) | fields
          assert.is(alignmentInHeader(word), alignment)
          assert.is(typeInHeader(word), type)
          assert.is(word & (MAX_STRUCT_NUMBER | HEADER_RED_ZONE), rest)
          assert.is(word & STATE_AND_TAG, plainPattern(tag))
          assert.is(word & CONTENTS, typeBits(type) | rest)
          assert.not.ok(isInternal(tag, word))
          assert.ok(isInternal(tag, internalPattern(tag) | fields))
        }
      }
    }
  }
})

test('no state with any tag looks like another, or like memory that was never written', () => {
  const make = [plainPattern, shiftedPattern, internalPattern, freedPattern]
  const patterns = TAGS.flatMap((tag) => make.map((pattern) => pattern(tag)))
  assert.is(new Set([0, -1, ...patterns]).size, patterns.length + 2)
  for (const pattern of patterns) assert.is(pattern, pattern & STATE_AND_TAG)
})

/** What a write past the end of the block before may leave in a header: numbers of games. */
const STORED = [
  ...[0, 1e-6, 0.001, 0.1, 0.5, 1, 1.5, 2, 3.14, 10, 255, 1000, 65_535, 1e6, 3e8],
  ...[Number.POSITIVE_INFINITY, Number.NaN],
]

test('no number that games store looks like a header, with any tag', () => {
  const bytes = new DataView(new ArrayBuffer(8))
  const states = new Set<number>()
  for (const number of STORED.flatMap((one) => [one, -one])) {
    bytes.setFloat32(0, number)
    states.add(bytes.getUint32(0) >>> 28)
    bytes.setFloat64(0, number)
    states.add(bytes.getUint32(0) >>> 28)
    if (Number.isInteger(number)) states.add((number >>> 0) >>> 28)
  }
  for (const pattern of [plainPattern, shiftedPattern, internalPattern, freedPattern]) {
    assert.not.ok(states.has(pattern(1) >>> 28), `${pattern.name}`)
  }
})

test('types: every typed array has a name, and is found again', () => {
  assert.is(ELEMENT_TYPES.length, ELEMENT_TYPE_NAMES.length)
  assert.ok(ELEMENT_TYPES.length <= 16)
  assert.is(ELEMENT_TYPES[0], Uint8Array)
  for (const [i, type] of ELEMENT_TYPES.slice(1).entries()) assert.is(typeOf(type), i + 1)
})

test('types: a value that is no typed array constructor has none', () => {
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
