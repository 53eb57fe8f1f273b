import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Blocks } from '../src/blocks.ts'
import { Cells } from '../src/cells.ts'
import { InternedTexts } from '../src/interned.ts'
import { Utf8 } from '../src/utf8.ts'
import { assertSound, createBlocks } from './support.ts'

const test = suite('interned')

test('equal texts share one block, until the last reference goes', () => {
  const { arena, blocks, utf8 } = createBlocks()
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
  const { arena, blocks, utf8 } = createBlocks()
  const texts = new InternedTexts(blocks, utf8)
  const given = ['a\ufffd', 'a\ud800', 'a\udc00', 'a\ud800']
  const references = given.map((text) => texts.create(text))
  assert.is(new Set(references).size, 1)
  assert.is(texts.read(references[1]), 'a\ufffd')
  for (const block of references) texts.free(block)
  assert.equal(arena.blocks(), [])
})

test('reading an interned text makes no new string', () => {
  const { blocks, utf8 } = createBlocks()
  const texts = new InternedTexts(blocks, utf8)
  const text = ['ga', 'te'].join('')
  const block = texts.create(text)
  assert.is(texts.read(block), text)
})

test('threads intern on their own, and drop each other’s references', () => {
  const { arena, blocks, utf8 } = createBlocks()
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
  const { arena, blocks, utf8 } = createBlocks()
  const pool = arena.openPool()
  const mine = new InternedTexts(blocks, utf8)
  const theirs = new InternedTexts(new Blocks(pool, new Cells(pool)), new Utf8())
  for (let i = 0; i < 5000; i++) theirs.free(mine.create(`text ${i}`))
  pool.flush()
  assert.ok(arena.blocks().length <= 256, `${arena.blocks().length} blocks`)
})

test.run()
