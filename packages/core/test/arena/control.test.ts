import { Arena, type ArenaErrorCode } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkControl, controlSpanCountOf } from '../../src/arena/control.ts'
import * as layout from '../../src/base/layout.ts'
import { refuses } from '../support/checks.ts'
import { memoryOf } from '../support/memory.ts'

const test = suite('control')

/** A sound arena of 31 spans in the middle of a larger buffer, and its words. */
function sound() {
  const buffer = new SharedArrayBuffer(40 * 65536)
  const arena = Arena.create({ buffer, byteOffset: 64, byteLength: 31 * 65536, classes: [400] })
  return { arena, words: new Int32Array(buffer, arena.byteOffset, 16384) }
}

const codeFor = (word: number): ArenaErrorCode => {
  if (word === layout.CONTROL_MAGIC) return 'not-an-arena'
  return word === layout.CONTROL_VERSION ? 'version-mismatch' : 'corrupt'
}

test('a new control area passes its own check', () => {
  const { arena } = sound()
  checkControl(arena.buffer, arena.byteOffset)
})

test('each constant word and each stride, corrupted alone in any way, is refused', () => {
  const { arena, words } = sound()
  const classTable = words[layout.CONTROL_CLASS_TABLE] >> 2
  const strideWords = Array.from(memoryOf(arena).strides, (_, i) => classTable + i)
  const constantWords = Array.from({ length: layout.CONTROL_CONSTANT_WORD_COUNT }, (_, i) => i)
  for (const word of [...constantWords, layout.CONTROL_CHECKSUM, ...strideWords]) {
    const right = words[word]
    const flipped = Array.from({ length: 32 }, (_, bit) => right ^ (1 << bit))
    for (const wrong of [...flipped, right + 1, right - 1, right + 16, right - 16, 0, -1]) {
      if ((wrong | 0) === right) continue
      words[word] = wrong
      refuses(codeFor(word), () => Arena.attach(arena.handle))
    }
    words[word] = right
  }
  Arena.attach(arena.handle)
})

test('hints that lead out of the arena are refused, as searches begin there', () => {
  const { arena, words } = sound()
  for (const word of [layout.CONTROL_FIRST_FREE_SPAN, layout.CONTROL_PEAK_SPAN_COUNT]) {
    const right = words[word]
    for (const wrong of [-1, 0, right - 1, 32, 2 ** 30, -(2 ** 31)]) {
      words[word] = wrong
      refuses('corrupt', () => Arena.attach(arena.handle), /damaged/)
    }
    words[word] = 31 // the arena's end: there may be no free span
    Arena.attach(arena.handle)
    words[word] = right
  }
})

test('the message names the versions', () => {
  const { arena, words } = sound()
  words[layout.CONTROL_VERSION] = 77
  refuses('version-mismatch', () => Arena.attach(arena.handle), /version 77, not 2/)
})

test('an arena that is cut off is refused', () => {
  const { arena } = sound()
  const whole = new Uint8Array(arena.buffer)
  for (const byteLength of [0, 63, 64, 65536, 131072 + 63, 31 * 65536 + 63]) {
    const cut = new SharedArrayBuffer(byteLength)
    new Uint8Array(cut).set(whole.subarray(0, byteLength))
    const code = byteLength < 64 + 131072 ? 'not-an-arena' : 'corrupt'
    refuses(code, () => Arena.attach({ buffer: cut, byteOffset: 64 }))
  }
})

test('no garbage is taken for an arena', () => {
  const buffer = new SharedArrayBuffer(4 * 65536)
  for (const byte of [0x00, 0x41, 0xff]) {
    new Uint8Array(buffer).fill(byte)
    for (const byteOffset of [0, 16, 65536]) {
      refuses('not-an-arena', () => Arena.attach({ buffer, byteOffset }))
    }
  }
})

test('tables follow each other, and end within the control spans', () => {
  for (const slots of [1, 15, 16, 17, 254]) {
    for (const spanCount of [1, 2, 31, 99, 100, 4096, 32768]) {
      const byteLength = spanCount * 65536
      const end = controlSpanCountOf({ byteLength, slotCount: slots, classCount: 60 }) * 65536
      const perSpan = 4 + 4 + 4 * layout.RECORD_WORD_COUNT + 2 * 4 * layout.SPAN_BIT_WORD_COUNT
      const tables = 256 + 60 * 4 + spanCount * perSpan + slots * layout.slotWordCount(slots) * 4
      assert.ok(end >= tables && end < tables + 65536 + 256, `${slots} slots, ${spanCount} spans`)
    }
  }
})

test('words for later versions are zero', () => {
  const { words } = sound()
  const later = words.subarray(layout.CONTROL_OPENED_SLOT_COUNT + 1, layout.CONTROL_WORD_COUNT)
  assert.ok(later.every((word) => word === 0))
})

test.run()
