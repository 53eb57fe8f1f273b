import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as board from '../../src/workers/board.ts'

const test = suite('board')

test('no two fields share a word, and all lie in the block', () => {
  const fields = Object.entries(board).filter(([name]) => /^LINE_/.test(name))
  const words = Object.entries(board)
    .filter(([name]) => /^BOARD_(?!BYTE_LENGTH)/.test(name))
    .map(([, word]) => word as number)
  for (let line = 0; line < board.WORKER_CAPACITY; line++) {
    for (const [, field] of fields) words.push(board.lineWord(line, field as number))
  }
  const jobFields = Object.entries(board).filter(([name]) => /^JOB_(?!CAPACITY)/.test(name))
  for (let job = 0; job < board.JOB_CAPACITY; job++) {
    for (const [, field] of jobFields) words.push(board.jobWord(job, field as number))
  }
  for (let chunk = 0; chunk < board.CHUNK_CAPACITY; chunk++) {
    for (const field of [board.CHUNK_RUN, board.CHUNK_GIVER]) {
      words.push(board.chunkWord(chunk, field))
    }
  }
  assert.is(new Set(words).size, words.length)
  assert.ok(words.every((word) => word >= 0 && word < board.BOARD_BYTE_LENGTH / 4))
})

test('what different threads write in a run lies in different lines of a cache', () => {
  const lineOf = (word: number) => word >> 4
  const { BOARD_RUN, BOARD_CURSOR, BOARD_BELL, lineWord } = board
  const lines = [BOARD_RUN, BOARD_CURSOR, BOARD_BELL, lineWord(0, 0), lineWord(1, 0)].map(lineOf)
  assert.is(new Set(lines).size, lines.length)
})

test('only what carries the mark is a message of a group', () => {
  for (const message of [undefined, null, 'x', 5, {}, { ashlar: 'other' }, { group: 'a' }]) {
    assert.is(board.isInvitation(message), false)
    assert.is(board.isReply(message), false)
  }
  assert.is(board.isInvitation({ ashlar: 'group-invitation' }), true)
  assert.is(board.isReply({ ashlar: 'group-reply' }), true)
})

test.run()
