import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as controlBlock from '../../src/workers/control-block.ts'

const test = suite('control block')

test('no two fields share a word, and all lie in the block', () => {
  const fields = Object.entries(controlBlock).filter(([name]) => /^WORKER_/.test(name))
  const words = Object.entries(controlBlock)
    .filter(([name]) => /^CONTROL_(?!BYTE_LENGTH)/.test(name))
    .map(([, word]) => word as number)
  for (let line = 0; line < controlBlock.WORKER_CAPACITY; line++) {
    for (const [, field] of fields) words.push(controlBlock.workerWord(line, field as number))
  }
  const jobFields = Object.entries(controlBlock).filter(([name]) => /^JOB_(?!CAPACITY)/.test(name))
  for (let job = 0; job < controlBlock.JOB_CAPACITY; job++) {
    for (const [, field] of jobFields) words.push(controlBlock.jobWord(job, field as number))
  }
  for (let chunk = 0; chunk < controlBlock.CHUNK_CAPACITY; chunk++) {
    for (const field of [controlBlock.CHUNK_RUN, controlBlock.CHUNK_COMMAND_WORKER]) {
      words.push(controlBlock.chunkWord(chunk, field))
    }
  }
  assert.is(new Set(words).size, words.length)
  assert.ok(words.every((word) => word >= 0 && word < controlBlock.CONTROL_BYTE_LENGTH / 4))
})

test('what different threads write in a run lies in different lines of a cache', () => {
  const lineOf = (word: number) => word >> 4
  const { CONTROL_RUN, CONTROL_CURSOR, CONTROL_DONE_SIGNAL, workerWord } = controlBlock
  const lines = [
    CONTROL_RUN,
    CONTROL_CURSOR,
    CONTROL_DONE_SIGNAL,
    workerWord(0, 0),
    workerWord(1, 0),
  ].map(lineOf)
  assert.is(new Set(lines).size, lines.length)
})

test('only what carries the mark is a message of a group', () => {
  for (const message of [undefined, null, 'x', 5, {}, { ashlar: 'other' }, { group: 'a' }]) {
    assert.is(controlBlock.isInvitation(message), false)
    assert.is(controlBlock.isReply(message), false)
  }
  assert.is(controlBlock.isInvitation({ ashlar: 'group-invitation' }), true)
  assert.is(controlBlock.isReply({ ashlar: 'group-reply' }), true)
})

test.run()
