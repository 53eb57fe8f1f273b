import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  alignmentBits,
  alignmentInHeader,
  BLOCK_FREED,
  BLOCK_INTERNAL,
  BLOCK_PLAIN,
  BLOCK_SHIFTED,
  CONTENTS,
  HEADER_ALIGNMENT_SHIFT,
  HEADER_RED_ZONE,
  HEADER_STATE_SHIFT,
  HEADER_TAG_SHIFT,
  HEADER_TYPE_SHIFT,
  headerWith,
  MAX_STRUCT_NUMBER,
  stateInHeader,
  typeBits,
  typeInHeader,
} from '../../src/memory/block-header.ts'

const test = suite('block-header')
const STATES = [BLOCK_PLAIN, BLOCK_SHIFTED, BLOCK_INTERNAL, BLOCK_FREED]
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
          const word = headerWith(BLOCK_PLAIN, tag) | fields
          assert.is(alignmentInHeader(word), alignment)
          assert.is(typeInHeader(word), type)
          assert.is(word & (MAX_STRUCT_NUMBER | HEADER_RED_ZONE), rest)
          assert.is(stateInHeader(word, tag), BLOCK_PLAIN)
          assert.is(word & CONTENTS, typeBits(type) | rest)
          assert.not.ok(stateInHeader(word, tag) === BLOCK_INTERNAL)
          assert.ok(stateInHeader(headerWith(BLOCK_INTERNAL, tag) | fields, tag) === BLOCK_INTERNAL)
        }
      }
    }
  }
})

test('no state with any tag looks like another, or like memory that was never written', () => {
  const patterns = TAGS.flatMap((tag) => STATES.map((state) => headerWith(state, tag)))
  assert.is(new Set([0, -1, ...patterns]).size, patterns.length + 2)
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
  for (const state of STATES) assert.not.ok(states.has(state), `${state}`)
})

const bitCount = (word: number) => word.toString(2).replaceAll('0', '').length

test('header: states are four bits, none is 0, and no flipped bit turns one into another', () => {
  for (const [i, state] of STATES.entries()) {
    assert.ok(state > 0 && state < 16)
    for (const other of STATES.slice(0, i)) assert.ok(bitCount(state ^ other) > 1)
  }
})

test('header: the fields fill it without a gap or overlap', () => {
  assert.is(HEADER_RED_ZONE, MAX_STRUCT_NUMBER + 1)
  assert.is(HEADER_TYPE_SHIFT, Math.log2(HEADER_RED_ZONE) + 1)
  assert.is(HEADER_ALIGNMENT_SHIFT, HEADER_TYPE_SHIFT + 4)
  assert.is(HEADER_TAG_SHIFT, HEADER_ALIGNMENT_SHIFT + 4)
  assert.is(HEADER_STATE_SHIFT, HEADER_TAG_SHIFT + 8)
  assert.is(HEADER_STATE_SHIFT + 4, 32)
})

test.run()
