import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMain } from '../../../../test/support/threads.ts'
import * as controlBlock from '../../src/workers/control-block.ts'
import { isInvitation, isReply } from '../../src/workers/invitations.ts'

const test = suite('control block')

test('no two fields share a word, and all lie in the block', () => {
  const fields = Object.entries(controlBlock).filter(([name]) => /^WORKER_(?!CAPACITY)/.test(name))
  const words = Object.entries(controlBlock)
    .filter(([name]) => /^CONTROL_(?!BYTE_LENGTH)/.test(name))
    .map(([, word]) => word as number)
  for (let index = 0; index < controlBlock.WORKER_CAPACITY; index++) {
    for (const [name, field] of fields) {
      words.push(controlBlock.workerWord(index, field as number))
      if (name === 'WORKER_ERROR') words.push(controlBlock.workerWord(index, (field as number) + 1))
    }
  }
  const jobFields = Object.entries(controlBlock).filter(([name]) => /^JOB_(?!CAPACITY)/.test(name))
  for (let job = 0; job < controlBlock.JOB_CAPACITY; job++) {
    for (const [name, field] of jobFields) {
      words.push(controlBlock.jobWord(job, field as number))
      if (name === 'JOB_ARGS') words.push(controlBlock.jobWord(job, (field as number) + 1))
    }
  }
  for (let batch = 0; batch < controlBlock.BATCH_CAPACITY; batch++) {
    for (const field of [controlBlock.BATCH_RUN, controlBlock.BATCH_COMMAND_WORKER]) {
      words.push(controlBlock.batchWord(batch, field))
    }
  }
  assert.is(new Set(words).size, words.length)
  assert.ok(words.every((word) => word >= 0 && word < controlBlock.CONTROL_BYTE_LENGTH / 4))
})

test('what different threads write in a run lies in different cache lines', () => {
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

test('only a message with the tag is an invitation or a reply', () => {
  for (const message of [undefined, null, 'x', 5, {}, { ashlar: 'other' }, { group: 'a' }]) {
    assert.is(isInvitation(message), false)
    assert.is(isReply(message), false)
  }
  assert.is(isInvitation({ ashlar: 'group-invitation' }), true)
  assert.is(isReply({ ashlar: 'group-reply' }), true)
})

if (isMain) test.run()
