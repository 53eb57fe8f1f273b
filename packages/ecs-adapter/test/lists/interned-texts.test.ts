import { blocks } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Utf8 } from '../../src/base/utf8.ts'
import { InternedTexts } from '../../src/lists/interned-texts.ts'
import { MemoryViews } from '../../src/memory/memory-views.ts'
import { assertSound, createBlocks } from '../support.ts'

const test = suite('interned-texts')

test('equal texts share one block until the last reference is dropped', () => {
  const { arena, views, utf8 } = createBlocks()
  const texts = new InternedTexts(views, utf8)
  const references = Array.from({ length: 100 }, (_, i) => texts.create(`kind ${i % 4}`))
  assert.is(new Set(references).size, 4)
  assert.is(blocks(arena).length, 4)
  for (let i = 0; i < 96; i++) texts.free(references[i])
  assert.is(blocks(arena).length, 4)
  assert.is(texts.read(references[99]), 'kind 3')
  texts.free(references[96])
  assert.is(blocks(arena).length, 3)
  const again = texts.create('kind 0')
  assert.is(texts.read(again), 'kind 0')
  for (const block of [again, ...references.slice(97)]) texts.free(block)
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('texts that differ only in lone surrogates are one text', () => {
  const { arena, views, utf8 } = createBlocks()
  const texts = new InternedTexts(views, utf8)
  const given = ['a\ufffd', 'a\ud800', 'a\udc00', 'a\ud800']
  const references = given.map((text) => texts.create(text))
  assert.is(new Set(references).size, 1)
  assert.is(texts.read(references[1]), 'a\ufffd')
  for (const block of references) texts.free(block)
  assert.equal(blocks(arena), [])
})

test('reading an interned text makes no new string', () => {
  const { views, utf8 } = createBlocks()
  const texts = new InternedTexts(views, utf8)
  const text = ['ga', 'te'].join('')
  const block = texts.create(text)
  assert.is(texts.read(block), text)
})

/** A second thread's texts in the same arena, and how to let it tell what it has freed. */
function createOthers(arena: ReturnType<typeof createBlocks>['arena']) {
  const pool = arena.openPool()
  return { pool, theirs: new InternedTexts(new MemoryViews(pool), new Utf8()) }
}

test('a thread finds another thread’s text once it has read it', () => {
  const { arena, views, utf8 } = createBlocks()
  const mine = new InternedTexts(views, utf8)
  const { theirs } = createOthers(arena)
  const block = mine.create('road')
  assert.is.not(theirs.create('road'), block)
  const other = mine.create('bridge')
  assert.is(theirs.read(other), 'bridge')
  assert.is(theirs.read(other), 'bridge')
  assert.is(theirs.create('bridge'), other)
  mine.free(other)
  assert.is(mine.create('bridge'), other)
  assertSound(arena)
})

test('a text without references and indexes is freed', () => {
  const { arena, views, utf8 } = createBlocks()
  const mine = new InternedTexts(views, utf8)
  const { pool, theirs } = createOthers(arena)
  const live = () => {
    pool.flush()
    return blocks(arena).length
  }
  const block = mine.create('road')
  theirs.read(block)
  mine.free(block) // leaves this index
  assert.is(live(), 1)
  const again = theirs.create('road') // but not that one
  assert.is(again, block)
  theirs.free(again)
  assert.is(live(), 0)

  const second = mine.create('road')
  theirs.read(second)
  theirs.free(second) // leaves that index
  assert.is(live(), 1)
  assert.is(mine.create('road'), second)
  theirs.free(second)
  mine.sweep()
  assert.is(live(), 0)
  assertSound(arena)
})

test('threads drop each other’s references, and sweep releases what indexes hold', () => {
  const { arena, views, utf8 } = createBlocks()
  const mine = new InternedTexts(views, utf8)
  const { pool, theirs } = createOthers(arena)
  const references = Array.from({ length: 1000 }, (_, i) => mine.create(`text ${i}`))
  for (const [i, block] of references.entries()) {
    assert.is(theirs.read(block), `text ${i}`)
    theirs.free(block)
  }
  // All that is left of them is the index, which is swept as it grows.
  assert.is(mine.create('text 5'), references[5])
  for (let i = 0; i < 1000; i++) mine.free(mine.create(`other ${i}`))
  mine.sweep()
  pool.flush()
  assert.is(blocks(arena).length, 1)
  theirs.free(references[5])
  mine.sweep()
  pool.flush()
  assert.equal(blocks(arena), [])
  assertSound(arena)
})

test('a text with more references than can be counted is stored twice', () => {
  const { arena, views, utf8 } = createBlocks()
  const mine = new InternedTexts(views, utf8)
  const first = mine.create('road')
  const { i32 } = arena
  i32[first >> 2] += 2 ** 24 - 2 ** 12 - 3 // as if so many had it
  assert.is(mine.create('road'), first)
  const second = mine.create('road')
  assert.is.not(second, first)
  assert.is(mine.create('road'), second)
  assert.is(mine.read(first), 'road')
  for (let i = 0; i < 2; i++) mine.free(second)
  assert.is(blocks(arena).length, 1)
  i32[first >> 2] -= 2 ** 24 - 2 ** 12 - 3
  for (let i = 0; i < 2; i++) mine.free(first)
  assert.equal(blocks(arena), [])
})

test('an index without manual sweeps has at most twice the live texts', () => {
  const { arena, views, utf8 } = createBlocks()
  const mine = new InternedTexts(views, utf8)
  const { pool, theirs } = createOthers(arena)
  for (let i = 0; i < 5000; i++) theirs.free(mine.create(`text ${i}`))
  pool.flush()
  assert.ok(blocks(arena).length <= 256, `${blocks(arena).length} blocks`)
})

test.run()
