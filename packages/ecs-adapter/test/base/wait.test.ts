import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mayBlock, nextTurn, nowMs, untilTrue, Waiter } from '../../src/base/wait.ts'

const test = suite('wait')

const isPage = 'document' in globalThis
const newWords = () => new Int32Array(new SharedArrayBuffer(64))

test('mayBlock does not block', () => {
  assert.is(mayBlock(newWords()), !isPage)
  assert.is(mayBlock(new Int32Array(16)), false) // nobody could wake it
})

test('waitWhile returns at once if the word already differs', () => {
  const words = newWords()
  const waiter = new Waiter()
  Atomics.store(words, 3, 7)
  for (let i = 0; i < 200; i++) assert.is(waiter.waitWhile(words, 3, 6, 60_000), 7)
})

if (!isPage) {
  test('waitWhile ends at the timeout, however often it failed before', () => {
    const words = newWords()
    const waiter = new Waiter()
    const start = performance.now()
    for (let i = 0; i < 80; i++) assert.is(waiter.waitWhile(words, 3, 0, 1), 0)
    assert.ok(performance.now() - start >= 60)
    Atomics.store(words, 3, 1)
    assert.is(waiter.waitWhile(words, 3, 0, 60_000), 1)
  })
}

test('untilTrue sees a condition at once, after a notification, and without one', async () => {
  const words = newWords()
  await untilTrue(words, 0, () => true)
  let isSo = false
  setTimeout(() => {
    isSo = true
    Atomics.add(words, 0, 1)
    Atomics.notify(words, 0)
  }, 5)
  await untilTrue(words, 0, () => isSo)
  isSo = false
  setTimeout(() => {
    isSo = true
  }, 20)
  await untilTrue(words, 0, () => isSo)
  assert.is(Atomics.load(words, 0), 1)
})

test('nextTurn lets messages and timers through', async () => {
  let isSo = false
  setTimeout(() => {
    isSo = true
  }, 0)
  while (!isSo) await nextTurn()
  assert.is(nowMs() | 0, nowMs() | 0)
})

test.run()
