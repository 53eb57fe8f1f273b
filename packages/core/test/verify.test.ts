import { blocks, exactStats, verify } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isThorough } from '../../../test/support/rounds.ts'
import * as layout from '../src/base/layout.ts'
import type { SlotIndex, SpanIndex } from '../src/base/units.ts'
import {
  BLOCK_INTERNAL,
  BLOCK_SHIFTED,
  HEADER_ALIGNMENT_SHIFT,
  HEADER_TAG_SHIFT,
  HEADER_TYPE_SHIFT,
  headerWith,
} from '../src/memory/block-header.ts'
import { liveWord, slotWord, spanMapWord, spanOf, spanStart } from '../src/memory/memory.ts'
import { assertSound } from './support/checks.ts'
import {
  added,
  blockOf,
  type Damage,
  findsAll,
  nextOf,
  record,
  type Writes,
} from './support/damage.ts'
import { type Site, site } from './support/site.ts'

const test = suite('verify')

const freeHead = (s: Site) => s.slotWord(layout.SLOT_FREE_HEADS + s.classIndex)
const partialHead = (s: Site) => s.slotWord(layout.SLOT_PARTIAL_HEADS + s.classIndex)
/** The live block's header with other bits. */
const header = (s: Site, bits: number): Writes => [
  [s.headerWord(s.live), s.i32[s.headerWord(s.live)] ^ bits],
]
const CARVED = layout.RECORD_CARVED_COUNT
const HANDED = layout.SLOT_OUTSTANDING
const DAMAGED = /header of block \d+ is damaged/
const LOST = /free block at \d+ is on no list/
const TWICE = /which is on a list already/
const HAS_BIT = /which has a live bit/
const FOREIGN = /belongs to another slot or class/
const NO_RUN = /belongs to slot \d+ but to no run/

const ofHeaders: Damage[] = [
  ['overwritten', (s) => [[s.headerWord(s.live), 0x3fc00000]], DAMAGED],
  ['of another arena', (s) => header(s, 1 << HEADER_TAG_SHIFT), DAMAGED],
  ['of another alignment', (s) => header(s, 8 << HEADER_ALIGNMENT_SHIFT), DAMAGED],
  ['of a type that there is not', (s) => header(s, 14 << HEADER_TYPE_SHIFT), DAMAGED],
  ['too long a block', (s) => [[nextOf(s, s.live), 105]], /says it has 105 bytes, 104/],
  ['a negative length', (s) => [[nextOf(s, s.live), -1]], /says it has 4294967295/],
  ['too long a large block', (s) => [[nextOf(s, s.large), 655_345]], /says it has 655345/],
  ['of a shifted payload', (s) => [[s.headerWord(s.shifted), 0]], LOST],
  ['of a live block: freed', (s) => [[s.headerWord(s.live), s.memory.freedHeader]], DAMAGED],
  [
    'of a live block: shifted',
    (s) => [[s.headerWord(s.live), headerWith(BLOCK_SHIFTED, s.memory.tag)]],
    DAMAGED,
  ],
  [
    'of a live block: a segment’s',
    (s) => [[s.headerWord(s.live), headerWith(BLOCK_INTERNAL, s.memory.tag)]],
    DAMAGED,
  ],
  ['of a large block', (s) => [[s.headerWord(s.large), 0x3fc00000]], /large block \d+ is damaged/],
  ['of a large block: freed', (s) => [[s.headerWord(s.large), s.memory.freedHeader]], /large/],
  ['of the block of a shifted payload', (s) => [[s.headerWord(blockOf(s)), 0]], LOST],
  ['a shifted block that leads nowhere', (s) => [[nextOf(s, blockOf(s)), s.live]], LOST],
]

const ofLists: Damage[] = [
  ['cut off: its blocks are lost', (s) => [[nextOf(s, s.free), 0]], LOST],
  ['dropped', (s) => [[freeHead(s), 0]], LOST],
  [
    'of parked blocks, dropped',
    (s) => record(s, s.partialSpan, layout.RECORD_PARKED_HEAD, 0),
    LOST,
  ],
  ['in a circle', (s) => [[nextOf(s, s.free2), s.free]], TWICE],
  ['a block that leads to itself', (s) => [[nextOf(s, s.free), s.free]], TWICE],
  ['a parked block that is on the free list too', (s) => [[nextOf(s, s.free2), s.parked]], TWICE],
  ['with a live block', (s) => [[nextOf(s, s.free), s.live]], HAS_BIT],
  ['leading to 8', (s) => [[nextOf(s, s.free), 8]], /which is no offset/],
  ['leading to -16', (s) => [[nextOf(s, s.free), -16]], /which is no offset/],
  ['leading behind the arena', (s) => [[nextOf(s, s.free), 4 << 20]], /which is no offset/],
  ['leading into a block', (s) => added(s, freeHead(s), 16), /where no block begins/],
  ['leading into a large block', (s) => [[freeHead(s), s.large + 65536]], FOREIGN],
  ['leading into the control area', (s) => [[freeHead(s), 4096]], FOREIGN],
  [
    'leading to another class',
    (s) => [[freeHead(s), spanStart(s.memory, s.run as SpanIndex) + 16]],
    FOREIGN,
  ],
  [
    'a count of outstanding blocks that is too high',
    (s) => added(s, s.slotWord(HANDED + s.classIndex), 1),
    /counts \d+ outstanding blocks/,
  ],
  [
    'a count of outstanding blocks that is too low',
    (s) => added(s, s.slotWord(HANDED + s.classIndex), -1),
    /counts \d+ outstanding blocks/,
  ],
  [
    'a count of large blocks',
    (s) => added(s, s.slotWord(HANDED + layout.LARGE_CLASS), 1),
    new RegExp(`class ${layout.LARGE_CLASS} counts 2 outstanding blocks, there are 1`),
  ],
]

const ofSpans: Damage[] = [
  [
    'a parked count',
    (s) => added(s, s.recordWord(s.partialSpan, layout.RECORD_PARKED_COUNT), 1),
    /\d+ are listed/,
  ],
  [
    'too few carved',
    (s) => added(s, s.recordWord(s.fullSpan, CARVED), -1),
    /uncarved blocks, but is not/,
  ],
  ['too many carved', (s) => record(s, s.fullSpan, CARVED, 5000), /has 5000 carved blocks/],
  ['a negative count of carved', (s) => record(s, s.fullSpan, CARVED, -1), /has -1 carved blocks/],
  [
    'a large block with none',
    (s) => record(s, spanOf(s.memory, s.large), CARVED, 0),
    /has 0 carved/,
  ],
  ['no list of partial ones', (s) => [[partialHead(s), 0]], /is on no list/],
  [
    'partial ones in a circle',
    (s) => record(s, s.partialSpan, layout.RECORD_NEXT_PARTIAL, s.partialSpan),
    /does not link back/,
  ],
  ['partial ones that lead out', (s) => [[partialHead(s), 30_000]], /lead to 30000/],
  ['partial ones that lead below 0', (s) => [[partialHead(s), -3]], /lead to -3/],
  [
    'a full one listed as partial',
    (s) => [[partialHead(s), s.fullSpan]],
    /is listed as partial, but is full/,
  ],
  [
    'a back link',
    (s) => record(s, s.partialSpan, layout.RECORD_PREVIOUS_PARTIAL, 5),
    /does not link back/,
  ],
]

const runRow = (s: Site) => s.i32[s.mapWord(s.run)] & 0xff
/** The row before that of large blocks: no class is there. */
const NO_ROW = layout.LARGE_CLASS - 1
const NOT_SPANS = /class \d+ counts -?\d+ spans, there are \d+/
const NO_SUCH_ROOM = /class \d+ counts -?\d+ blocks of capacity, there are \d+/
const NOT_CARVED = /class \d+ counts -?\d+ carved blocks, there are \d+/

const ofCounts: Damage[] = [
  [
    'one span too many',
    (s) => added(s, s.slotWord(layout.SLOT_SPANS + s.classIndex), 1),
    NOT_SPANS,
  ],
  ['no span of a run', (s) => [[s.slotWord(layout.SLOT_SPANS + runRow(s)), 0]], NOT_SPANS],
  [
    'a span of a run of several',
    (s) => added(s, s.slotWord(layout.SLOT_SPANS + runRow(s)), -1),
    /counts 1 spans, there are 2/,
  ],
  [
    'a span of a large block',
    (s) => added(s, s.slotWord(layout.SLOT_SPANS + layout.LARGE_CLASS), -1),
    new RegExp(`class ${layout.LARGE_CLASS} counts 9 spans, there are 10`),
  ],
  ['a span of no class', (s) => added(s, s.slotWord(layout.SLOT_SPANS + NO_ROW), 1), NOT_SPANS],
  [
    'a span of a slot that was never opened',
    (s) => added(s, s.slotWord(layout.SLOT_SPANS) + s.memory.slotWordCount, 1),
    /slot 1, class 0 counts 1 spans, there are 0/,
  ],
  ['too much room', (s) => added(s, s.slotWord(layout.SLOT_ROOM + s.classIndex), 1), NO_SUCH_ROOM],
  ['too little room', (s) => added(s, s.slotWord(layout.SLOT_ROOM + runRow(s)), -1), NO_SUCH_ROOM],
  [
    'room in a large block',
    (s) => added(s, s.slotWord(layout.SLOT_ROOM + layout.LARGE_CLASS), 1),
    NO_SUCH_ROOM,
  ],
  [
    'too many carved',
    (s) => added(s, s.slotWord(layout.SLOT_CARVED + s.classIndex), 1),
    NOT_CARVED,
  ],
  [
    'too few carved',
    (s) => added(s, s.slotWord(layout.SLOT_CARVED + s.classIndex), -1),
    NOT_CARVED,
  ],
  [
    'a large block that counts as carved',
    (s) => added(s, s.slotWord(layout.SLOT_CARVED + layout.LARGE_CLASS), 1),
    NOT_CARVED,
  ],
  [
    'the record of a partial span says that one more is carved',
    (s) => added(s, s.recordWord(s.uncarvedSpan, CARVED), 1),
    NOT_CARVED,
  ],
]

const mapped = (state: number, owner: number, classIndex = 0) =>
  classIndex | ((owner + 1) << layout.MAP_OWNER_SHIFT) | (state << layout.MAP_STATE_SHIFT)
const runCount = layout.RECORD_RUN_SPAN_COUNT

const ofTheMap: Damage[] = [
  [
    'a claimed span that nobody uses',
    (s) => [[s.mapWord(s.freeSpan), mapped(layout.SPAN_CLAIMED, 0)]],
    NO_RUN,
  ],
  ['a tail without a head', (s) => [[s.mapWord(s.freeSpan), s.i32[s.mapWord(s.run + 1)]]], NO_RUN],
  ['a head without its tail', (s) => [[s.mapWord(s.run + 1), 0]], /has no tail at span/],
  ['a tail that lost its head', (s) => [[s.mapWord(s.run), 0]], NO_RUN],
  [
    'a tail of another slot',
    (s) => added(s, s.mapWord(s.run + 1), 1 << layout.MAP_OWNER_SHIFT),
    /no tail/,
  ],
  [
    'a tail at another position',
    (s) => added(s, s.mapWord(s.run + 1), 1 << layout.MAP_POSITION_SHIFT),
    /no tail/,
  ],
  [
    'a run of no slot',
    (s) => added(s, s.mapWord(s.run), 200 << layout.MAP_OWNER_SHIFT),
    /slot 200, which does not exist/,
  ],
  [
    'a run of no class',
    (s) => [[s.mapWord(s.run), mapped(layout.SPAN_HEAD, 0, 100)]],
    /class 100, which does not exist/,
  ],
  [
    'a large block of a class',
    (s) => [[s.mapWord(s.run), mapped(layout.SPAN_LARGE, 0, 3)]],
    /class 3, which does not exist/,
  ],
  [
    'a run longer than the arena',
    (s) => record(s, s.run, runCount, 1000),
    /has 1000 spans by its record/,
  ],
  ['a run of no span', (s) => record(s, s.run, runCount, 0), /has 0 spans by its record/],
  ['a control span that is free', (s) => [[s.mapWord(0), 0]], /control area or not/],
  [
    'control behind the control area',
    (s) => [[s.mapWord(s.freeSpan), s.i32[s.mapWord(0)]]],
    /control area or not/,
  ],
  ['a state that there is not', (s) => [[s.mapWord(s.freeSpan), mapped(9, 3)]], /state 9/],
  [
    'a slot’s count of spans',
    (s) => added(s, s.slotWord(layout.SLOT_OWNED_SPANS), 1),
    /counts \d+ spans in the map, there are/,
  ],
]

test('the site that is damaged is sound before', () => {
  const s = site()
  assertSound(s.arena)
  assert.ok(s.free > 0 && s.free2 > 0 && s.parked > 0)
  assert.is(s.i32[s.recordWord(s.run, runCount)], 2)
  assert.is(s.i32[s.mapWord(s.freeSpan)], 0)
})

findsAll(test, { ofHeaders, ofLists, ofSpans, ofCounts, ofTheMap })

test('verify and its like change nothing', () => {
  const { arena, i32 } = site()
  const before = i32.slice()
  verify(arena)
  blocks(arena)
  exactStats(arena)
  assert.is(
    before.findIndex((word, i) => word !== i32[i]),
    -1,
  )
})

test('any word of the control area overwritten: verify ends, and throws nothing', () => {
  const { arena, memory, i32 } = site()
  const [bits, slots] = [liveWord(memory, memory.base), slotWord(memory, 0 as SlotIndex, 0)]
  const end = slotWord(memory, 1 as SlotIndex, 0)
  const step = (word: number) => (word > bits && word < slots ? 97 : 1 + (word % 3))
  for (let word: number = spanMapWord(memory, 0 as SpanIndex); word < end; word += step(word)) {
    const right = i32[word]
    const wrongs = [-1, 0, 1, right + 1, 0x7fffffff, -(2 ** 31)]
    for (const wrong of isThorough ? wrongs : [wrongs[word % wrongs.length]]) {
      i32[word] = wrong
      assert.ok(Array.isArray(verify(arena)))
    }
    i32[word] = right
  }
  assertSound(arena)
})

test.run()
