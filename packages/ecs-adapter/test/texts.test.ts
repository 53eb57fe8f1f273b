import { Arena } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Blocks } from '../src/blocks.ts'
import { Cells } from '../src/cells.ts'
import { InternedTexts } from '../src/interned.ts'
import { Texts } from '../src/texts.ts'
import { byteLengthOfText, Utf8, writeText } from '../src/utf8.ts'
import { assertSound, assertThrows, buffers, createRandom } from './support.ts'

const test = suite('texts')

const SAMPLES = [
  ...['', 'gate', '\0', 'a\0b', '\u007f\u0080', 'ß', '\u07ff\u0800', '€', '日本語', '\uffff'],
  ...['\ud7ff\ue000', '😀', '👩‍👩‍👧', '\u{10ffff}', '\ufeffwith a mark', '\ufeff', 'é́'],
  ...[
    '\ud800',
    '\udc00',
    'a\ud800',
    '\ud800a',
    '\udc00\ud800',
    String.fromCharCode(0xd800, 0xd800, 0xdc00),
    '\udbff\ue000',
  ],
  'x'.repeat(1024),
  'x'.repeat(1025),
  '😀'.repeat(5000),
  'ü'.repeat(300_000),
]

const create = (shared = true, byteLength = 2 ** 22) => {
  const arena = Arena.create({ byteLength, shared })
  const pool = arena.openPool()
  const cells = new Cells(pool)
  const blocks = new Blocks(pool, cells)
  return { arena, pool, cells, blocks, utf8: new Utf8() }
}
const sampleOf = (random: (limit: number) => number) =>
  String.fromCharCode(...Array.from({ length: random(20) }, () => unitOf(random)))
const unitOf = (random: (limit: number) => number) =>
  [random(0x80), random(0x800), random(0x10000), 0xd800 + random(0x800)][random(4)]

test('bytes are those of TextEncoder, for every kind of text', () => {
  const encoder = new TextEncoder()
  const random = createRandom(1)
  for (const text of [...SAMPLES, ...Array.from({ length: 2000 }, () => sampleOf(random))]) {
    const expected = encoder.encode(text)
    assert.is(byteLengthOfText(text), expected.length, JSON.stringify(text))
    const bytes = new Uint8Array(expected.length + 2).fill(7)
    writeText(text, bytes, 1)
    assert.equal([...bytes.subarray(1, -1)], [...expected])
    assert.equal([bytes[0], bytes[bytes.length - 1]], [7, 7])
  }
})

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: a text is what it was, surrogates without a pair replaced`, () => {
    const { arena, blocks, utf8 } = create(shared)
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    for (const texts of [new Texts(blocks, utf8), new InternedTexts(blocks, utf8)]) {
      for (const text of SAMPLES) {
        const expected = decoder.decode(new TextEncoder().encode(text))
        const block = texts.create(text)
        assert.is(texts.read(block), expected)
        assert.is(new Utf8().read(arena.u8, texts.offset(block), texts.byteLength(block)), expected)
        assert.is(texts.byteLength(block), new TextEncoder().encode(text).length)
        assert.is(block === 0, text === '')
        assert.is(texts.offset(block) === 0, text === '')
        assertSound(arena)
        texts.free(block)
      }
      assert.equal(arena.blocks(), [])
    }
  })
}

test('the block of a text is what another thread views', () => {
  const { arena, blocks, utf8 } = create()
  const block = new Texts(blocks, utf8).create('gate')
  assert.equal([...Arena.attach(arena.handle).view(block)], [103, 97, 116, 101])
})

test('equals tells texts apart, and agrees with what get gives', () => {
  const { cells, blocks, utf8 } = create()
  const texts = new Texts(blocks, utf8)
  for (const one of SAMPLES) {
    const block = texts.create(one)
    const read = texts.read(block)
    for (const two of SAMPLES) {
      const isEqual = utf8.equals(two, cells.bytes, block, texts.byteLength(block))
      assert.is(isEqual, read === utf8.wellFormed(two), JSON.stringify([one, two]))
    }
    texts.free(block)
  }
})

test('equal texts share one block, until the last reference goes', () => {
  const { arena, blocks, utf8 } = create()
  const texts = new InternedTexts(blocks, utf8)
  const references = Array.from({ length: 100 }, (_, i) => texts.create(`kind ${i % 4}`))
  assert.is(new Set(references).size, 4)
  assert.is(arena.blocks().length, 4)
  for (let i = 0; i < 96; i++) texts.free(references[i])
  assert.is(arena.blocks().length, 4)
  assert.is(texts.read(references[99]), 'kind 3')
  texts.free(references[96])
  assert.is(arena.blocks().length, 3)
  const again = texts.create('kind 0')
  assert.is(texts.read(again), 'kind 0')
  for (const block of [again, ...references.slice(97)]) texts.free(block)
  assert.equal(arena.blocks(), [])
  assertSound(arena)
})

test('texts that read the same are the same, whatever surrogates they had', () => {
  const { arena, blocks, utf8 } = create()
  const texts = new InternedTexts(blocks, utf8)
  const given = ['a\ufffd', 'a\ud800', 'a\udc00', 'a\ud800']
  const references = given.map((text) => texts.create(text))
  assert.is(new Set(references).size, 1)
  assert.is(texts.read(references[1]), 'a\ufffd')
  for (const block of references) texts.free(block)
  assert.equal(arena.blocks(), [])
})

test('reading an interned text makes no new string', () => {
  const { blocks, utf8 } = create()
  const texts = new InternedTexts(blocks, utf8)
  const text = ['ga', 'te'].join('')
  const block = texts.create(text)
  assert.is(texts.read(block), text)
})

test('threads intern on their own, and drop each other’s references', () => {
  const { arena, blocks, utf8 } = create()
  const pool = arena.openPool()
  const mine = new InternedTexts(blocks, utf8)
  const theirs = new InternedTexts(new Blocks(pool, new Cells(pool)), new Utf8())
  const references = Array.from({ length: 1000 }, (_, i) => mine.create(`text ${i}`))
  for (const [i, block] of references.entries()) {
    assert.is(theirs.read(block), `text ${i}`)
    theirs.free(block)
  }
  // All that is left of them is the index, which is swept as it grows.
  assert.is(mine.create('text 5'), references[5])
  assert.is.not(theirs.create('text 5'), references[5])
  for (let i = 0; i < 1000; i++) mine.free(mine.create(`other ${i}`))
  mine.sweep()
  assert.is(arena.blocks().length, 2)
  theirs.free(references[5])
  mine.sweep()
  assert.is(arena.blocks().length, 1)
  assertSound(arena)
})

test('an index that is never swept by hand stays within twice what lives', () => {
  const { arena, blocks, utf8 } = create()
  const pool = arena.openPool()
  const mine = new InternedTexts(blocks, utf8)
  const theirs = new InternedTexts(new Blocks(pool, new Cells(pool)), new Utf8())
  for (let i = 0; i < 5000; i++) theirs.free(mine.create(`text ${i}`))
  pool.flush()
  assert.ok(arena.blocks().length <= 256, `${arena.blocks().length} blocks`)
})

test('out of memory creates nothing, and the index knows nothing of it', () => {
  const { arena, blocks, utf8 } = create(true, 2 ** 18)
  for (const texts of [new Texts(blocks, utf8), new InternedTexts(blocks, utf8)]) {
    for (let i = 0; i < 2; i++) {
      assertThrows(() => texts.create('x'.repeat(2 ** 19)), 'out-of-memory')
      assert.equal(arena.blocks(), [])
      assertSound(arena)
    }
  }
})

test.run()
