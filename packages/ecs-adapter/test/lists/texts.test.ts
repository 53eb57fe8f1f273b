import { Arena, blocks } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Utf8 } from '../../src/base/utf8.ts'
import { InternedTexts } from '../../src/lists/interned-texts.ts'
import { Texts } from '../../src/lists/texts.ts'
import { assertSound, assertThrows, buffers, createBlocks, TEXTS } from '../support.ts'

const test = suite('texts')

for (const [name, { shared }] of Object.entries(buffers)) {
  test(`${name}: a text reads as it was, but for lone surrogates`, () => {
    const { arena, views, utf8 } = createBlocks({ shared })
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    for (const texts of [new Texts(views, utf8), new InternedTexts(views, utf8)]) {
      for (const text of TEXTS) {
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
      assert.equal(blocks(arena), [])
    }
  })
}

test('another thread views the block of a text', () => {
  const { arena, views, utf8 } = createBlocks()
  const block = new Texts(views, utf8).create('gate')
  assert.equal([...Arena.attach(arena.handle).view(block)], [103, 97, 116, 101])
})

test('when memory is out, nothing is created or indexed', () => {
  const { arena, views, utf8 } = createBlocks({ byteLength: 2 ** 18 })
  for (const texts of [new Texts(views, utf8), new InternedTexts(views, utf8)]) {
    for (let i = 0; i < 2; i++) {
      assertThrows(() => texts.create('x'.repeat(2 ** 19)), 'out-of-memory')
      assert.equal(blocks(arena), [])
      assertSound(arena)
    }
  }
})

test.run()
