import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { byteLengthOfText, Utf8, wellFormed } from '../../src/base/utf8.ts'
import { Texts } from '../../src/lists/texts.ts'
import { createBlocks, createRandom, TEXTS } from '../support.ts'

const test = suite('utf8')

const sampleOf = (random: (limit: number) => number) =>
  String.fromCharCode(...Array.from({ length: random(20) }, () => unitOf(random)))
const unitOf = (random: (limit: number) => number) =>
  [random(0x80), random(0x800), random(0x10000), 0xd800 + random(0x800)][random(4)]

test('the bytes equal those of TextEncoder, for every kind of text', () => {
  const encoder = new TextEncoder()
  const random = createRandom(1)
  for (const text of [...TEXTS, ...Array.from({ length: 2000 }, () => sampleOf(random))]) {
    const expected = encoder.encode(text)
    assert.is(byteLengthOfText(text), expected.length, JSON.stringify(text))
    const bytes = new Uint8Array(expected.length + 2).fill(7)
    new Utf8().write(text, bytes, 1)
    assert.equal([...bytes.subarray(1, -1)], [...expected])
    assert.equal([bytes[0], bytes[bytes.length - 1]], [7, 7])
  }
})

test('equals agrees with the texts that are read', () => {
  const { views, utf8 } = createBlocks()
  const texts = new Texts(views, utf8)
  for (const one of TEXTS) {
    const block = texts.create(one)
    const read = texts.read(block)
    for (const two of TEXTS) {
      const isEqual = utf8.equals(two, views.u8, block, texts.byteLength(block))
      assert.is(isEqual, read === wellFormed(two), JSON.stringify([one, two]))
    }
    texts.free(block)
  }
})

test.run()
