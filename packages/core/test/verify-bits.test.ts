// What verify says of live bits, freed bits, and memory in use that does not count as touched.

import { suite } from 'uvu'
import * as layout from '../src/base/layout.ts'
import type { SpanIndex } from '../src/base/units.ts'
import { bitOf, freedWord, liveWord, spanOf, spanStart } from '../src/memory/memory.ts'
import { added, blockOf, type Damage, findsAll, record, type Writes } from './support/damage.ts'
import type { Site } from './support/site.ts'

const test = suite('verify, bits')

const flipped = (s: Site, word: number, offset: number): Writes => [
  [word, s.i32[word] ^ bitOf(s.memory, offset)],
]
const liveBit = (s: Site, offset: number) => flipped(s, liveWord(s.memory, offset), offset)
const freedBit = (s: Site, offset: number) => flipped(s, freedWord(s.memory, offset), offset)
/** Its owner knows of the freed bits of a run. */
const knows = (s: Site, offset: number): Writes => [
  [s.slotWord(layout.SLOT_HAS_FREED_BITS), 1],
  [s.recordWord(spanOf(s.memory, offset), layout.RECORD_HAS_FREED_BITS), 1],
]
const LOST = /free block at \d+ is on no list/
const DAMAGED = /header of block \d+ is damaged/
const HAS_BIT = /which has a live bit/
const WRONG_BITS = /has \d+ live bits for \d+ blocks/
const NOT_UNMARKED = /counts -?\d+ live blocks without a bit, there are \d+/
const UNKNOWN_BIT = /no flag of slot \d+ shows the freed bit at/
const NOT_TOUCHED = /span \d+ has -?\d+ touched bytes/

const ofBits: Damage[] = [
  ['none for a live block', (s) => liveBit(s, s.live), LOST],
  ['one for a free block', (s) => liveBit(s, s.free), HAS_BIT],
  ['one for a parked block', (s) => liveBit(s, s.parked), HAS_BIT],
  ['one inside of a block', (s) => liveBit(s, s.live + 16), WRONG_BITS],
  ['one for a block that is not carved', (s) => liveBit(s, uncarvedBlock(s)), WRONG_BITS],
  [
    'one behind the last block of a span',
    (s) => liveBit(s, lastGranule(s, s.fullSpan)),
    WRONG_BITS,
  ],
  ['one in the tail of a run', (s) => liveBit(s, lastGranule(s, s.run + 1)), WRONG_BITS],
  ['one for a large block', (s) => liveBit(s, s.large), WRONG_BITS],
  ['one inside of a large block', (s) => liveBit(s, s.large + 65536 * 3), WRONG_BITS],
  ['one for a shifted block', (s) => liveBit(s, blockOf(s)), DAMAGED],
  ['one for a shifted payload', (s) => liveBit(s, s.shifted), WRONG_BITS],
  [
    'one in a free span',
    (s) => liveBit(s, lastGranule(s, s.freedSpan)),
    /is free, but has 1 live bits/,
  ],
  [
    'too many unmarked ones',
    (s) => added(s, s.recordWord(s.fullSpan, layout.RECORD_UNMARKED_COUNT), 1),
    NOT_UNMARKED,
  ],
  [
    'too few unmarked ones',
    (s) => record(s, s.uncarvedSpan, layout.RECORD_UNMARKED_COUNT, 0),
    LOST,
  ],
  [
    'an unmarked large block',
    (s) => record(s, spanOf(s.memory, s.large), layout.RECORD_UNMARKED_COUNT, 1),
    NOT_UNMARKED,
  ],
  ['a freed one that nobody knows of', (s) => freedBit(s, s.live), UNKNOWN_BIT],
  [
    'a freed one that only its record says',
    (s) => [...freedBit(s, s.live), knows(s, s.live)[1]],
    UNKNOWN_BIT,
  ],
  [
    'a freed one that only its slot says',
    (s) => [...freedBit(s, s.live), knows(s, s.live)[0]],
    UNKNOWN_BIT,
  ],
  ['a freed one of a large block', (s) => freedBit(s, s.large), UNKNOWN_BIT],
]

/** Behind what is carved of a span. */
const uncarvedBlock = (s: Site) => {
  const stride = s.memory.strides[s.i32[s.mapWord(s.uncarvedSpan)] & 0xff]
  const start = spanStart(s.memory, s.uncarvedSpan as SpanIndex) + layout.FIRST_PAYLOAD
  return start + s.i32[s.recordWord(s.uncarvedSpan, layout.RECORD_CARVED_COUNT)] * stride
}
const lastGranule = (s: Site, span: number) => spanStart(s.memory, (span + 1) as SpanIndex) - 16

const ofTouched: Damage[] = [
  ['below 0', (s) => [[s.touchedWord(s.fullSpan), -1]], NOT_TOUCHED],
  ['more than a span', (s) => [[s.touchedWord(s.run), 65_537]], NOT_TOUCHED],
  ['a span of blocks', (s) => [[s.touchedWord(s.fullSpan), 65_535]], NOT_TOUCHED],
  ['a tail of such a run', (s) => [[s.touchedWord(s.run + 1), 0]], NOT_TOUCHED],
  [
    'the header of a large block',
    (s) => [[s.touchedWord(spanOf(s.memory, s.large)), 15]],
    NOT_TOUCHED,
  ],
]

findsAll(test, { ofBits, ofTouched })

test.run()
