import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as layout from '../../src/base/layout.ts'

const test = suite('layout')
const constants = new Map(Object.entries(layout).map(([name, value]) => [name, Number(value)]))
const names = [...constants.keys()]
const constant = (name: string) => constants.get(name) ?? Number.NaN

/** The constants of a group, without its own limits and units. */
const group = (prefix: string, others: string[] = []) =>
  names.filter((name) => name.startsWith(prefix) && !others.includes(name))

test('control header: every field has a word of its own, within the header', () => {
  const fields = group('CONTROL_', ['CONTROL_WORD_COUNT', 'CONTROL_CONSTANT_WORD_COUNT'])
  const words = fields.map(constant)
  assert.equal(
    words.sort((a, b) => a - b),
    words.map((_, i) => i),
  )
  assert.ok(words.length <= layout.CONTROL_WORD_COUNT)
})

test('control header: words that change come after the constant words', () => {
  assert.is(layout.CONTROL_FIRST_FREE_SPAN, layout.CONTROL_CONSTANT_WORD_COUNT)
  assert.ok(layout.CONTROL_SLOTS < layout.CONTROL_CONSTANT_WORD_COUNT)
})

test('span record: every field has a word of its own, within the record', () => {
  const words = group('RECORD_', ['RECORD_WORD_COUNT']).map(constant)
  assert.is(new Set(words).size, words.length)
  assert.ok(Math.max(...words) < layout.RECORD_WORD_COUNT)
})

/** Constants that begin with `SLOT_`, but are values or bits of the state word, or lengths. */
const NOT_WORDS = [
  ...['SLOT_STATE_MASK', 'SLOT_RECLAIMER_SHIFT', 'SLOT_GENERATION_SHIFT', 'SLOT_FIXED_WORD_COUNT'],
  ...['SLOT_VACANT', 'SLOT_OPEN', 'SLOT_CLOSED', 'SLOT_RESERVED', 'SLOT_LENT'],
]

test('slot: scalars have a word each, arrays per class follow without a gap or overlap', () => {
  const words = group('SLOT_', NOT_WORDS).map(constant)
  assert.is(new Set(words).size, words.length)
  const arrays = words.filter((word) => word >= layout.SLOT_FREE_HEADS).sort((a, b) => a - b)
  assert.equal(
    arrays,
    arrays.map((_, i) => layout.SLOT_FREE_HEADS + i * layout.CLASS_CAPACITY),
  )
  assert.is(arrays.at(-1), layout.SLOT_TELEMETRY)
  assert.is(layout.SLOT_FREE_HEADS % 16, 0) // on a line
})

test('slot: the telemetry ring lies behind the arrays, its reader on its own cache line', () => {
  const fields = group('TELEMETRY_', ['TELEMETRY_EVENT_COUNT', 'TELEMETRY_EVENT_WORD_COUNT'])
  const words = fields.map(constant)
  assert.is(new Set(words).size, words.length)
  assert.is(Math.max(...words), layout.TELEMETRY_EVENTS)
  for (const word of words) {
    const isOfReader = word === layout.TELEMETRY_READ
    assert.ok(isOfReader || word >> 4 !== layout.TELEMETRY_READ >> 4)
  }
  assert.is(layout.SLOT_TELEMETRY % 16, 0)
  const ring =
    layout.TELEMETRY_EVENTS + layout.TELEMETRY_EVENT_COUNT * layout.TELEMETRY_EVENT_WORD_COUNT
  assert.is(layout.SLOT_FIXED_WORD_COUNT, layout.SLOT_TELEMETRY + ring)
  assert.is(2 ** Math.round(Math.log2(layout.TELEMETRY_EVENT_COUNT)), layout.TELEMETRY_EVENT_COUNT)
})

test('slot: begins and ends on a cache line, for every number of slots', () => {
  for (let slotCount = 1; slotCount <= layout.MAX_SLOT_COUNT; slotCount++) {
    const byteLength = layout.slotWordCount(slotCount) * 4
    assert.is(byteLength % layout.LINE_BYTE_LENGTH, 0)
  }
})

test('span map: states, owners, classes and positions do not overlap', () => {
  const states = group('SPAN_', ['SPAN_SHIFT', 'SPAN_BYTE_LENGTH', 'SPAN_BIT_WORD_COUNT']).map(
    constant,
  )
  assert.is(new Set(states).size, states.length)
  assert.ok(Math.max(...states) < 1 << (layout.MAP_POSITION_SHIFT - layout.MAP_STATE_SHIFT))
  const ownerBits = layout.MAP_STATE_SHIFT - layout.MAP_OWNER_SHIFT
  assert.ok(layout.MAX_SLOT_COUNT + 1 < 1 << ownerBits)
  assert.ok(Math.max(layout.LARGE_CLASS, layout.CLASS_CAPACITY) < 1 << layout.MAP_OWNER_SHIFT)
  assert.ok(layout.MAX_POSITION < 2 ** (32 - layout.MAP_POSITION_SHIFT))
  assert.is(layout.SPAN_FREE, 0)
})

test('live and freed bits: one for every granule of a span, in whole lines', () => {
  assert.is(layout.SPAN_BIT_WORD_COUNT * 32 * layout.GRANULE_BYTE_LENGTH, layout.SPAN_BYTE_LENGTH)
  assert.is(2 ** layout.BIT_WORD_SHIFT, 32 * layout.GRANULE_BYTE_LENGTH)
  assert.is((layout.SPAN_BIT_WORD_COUNT * 4) % layout.LINE_BYTE_LENGTH, 0)
})

test('constants of runs, granules and spans fit each other', () => {
  assert.is(layout.FIRST_PAYLOAD - layout.HEADER_BYTE_LENGTH, 8)
  assert.is(layout.GRANULE_BYTE_LENGTH, 1 << layout.GRANULE_SHIFT)
  assert.is(layout.SPAN_BYTE_LENGTH, 1 << layout.SPAN_SHIFT)
})

test.run()
