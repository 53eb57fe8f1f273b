import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as layout from '../src/layout.ts'

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

test('control header: what changes stands behind what never does', () => {
  assert.is(layout.CONTROL_FIRST_FREE_SPAN, layout.CONTROL_CONSTANT_WORD_COUNT)
  assert.ok(layout.CONTROL_SLOTS < layout.CONTROL_CONSTANT_WORD_COUNT)
})

test('span record: every field has a word of its own, within the record', () => {
  const words = group('RECORD_', ['RECORD_WORD_COUNT']).map(constant)
  assert.is(new Set(words).size, words.length)
  assert.ok(Math.max(...words) < layout.RECORD_WORD_COUNT)
})

test('slot: arrays per class follow each other without overlap, scalars stand before them', () => {
  const arrays = [
    layout.SLOT_FREE_HEADS,
    layout.SLOT_PARTIAL_HEADS,
    layout.SLOT_HANDED,
    layout.SLOT_LIVE_SEEN,
    layout.SLOT_PEAK_LIVE,
    layout.SLOT_REFILLS,
    layout.SLOT_REFILLED,
    layout.SLOT_ARRIVED,
    layout.SLOT_ARRIVED_AT_REFILL,
    layout.SLOT_LEARNED,
    layout.SLOT_PUBLISHED,
    layout.SLOT_SPANS,
    layout.SLOT_CAPACITY,
    layout.SLOT_CARVED,
    layout.SLOT_TELEMETRY,
  ]
  for (const [i, start] of arrays.slice(1).entries()) {
    assert.ok(start - arrays[i] >= layout.CLASS_CAPACITY)
  }
  const scalars = ['STATE', 'OWNED_SPANS', 'PEAK_OWNED_SPANS', 'SPANS_AT_LOOK']
  const words = scalars.map((name) => constant(`SLOT_${name}`))
  assert.is(new Set(words).size, words.length)
  assert.ok(Math.max(...words) < layout.SLOT_FREE_HEADS)
  assert.is(
    Math.max(...scalars.map((name) => constant(`SLOT_${name}`)), 0) < layout.SLOT_FREE_HEADS,
    true,
  )
})

test('slot: begins and ends on a line, whatever number of slots there is', () => {
  for (let slotCount = 1; slotCount <= layout.MAX_SLOT_COUNT; slotCount++) {
    const byteLength = layout.slotWordCount(slotCount) * 4
    assert.is(byteLength % layout.LINE_BYTE_LENGTH, 0)
  }
})

test('span map: states, owners, classes and positions do not reach into each other', () => {
  const states = group('SPAN_', ['SPAN_SHIFT', 'SPAN_BYTE_LENGTH']).map(constant)
  assert.is(new Set(states).size, states.length)
  assert.ok(Math.max(...states) < 1 << (layout.MAP_POSITION_SHIFT - layout.MAP_STATE_SHIFT))
  const ownerBits = layout.MAP_STATE_SHIFT - layout.MAP_OWNER_SHIFT
  assert.ok(layout.MAX_SLOT_COUNT + 1 < 1 << ownerBits)
  assert.ok(Math.max(layout.LARGE_CLASS, layout.CLASS_CAPACITY) < 1 << layout.MAP_OWNER_SHIFT)
  assert.ok(layout.MAX_POSITION < 2 ** (32 - layout.MAP_POSITION_SHIFT))
  assert.is(layout.SPAN_FREE, 0)
})

test('header: states differ in their byte, and none is 0', () => {
  const states = [layout.BLOCK_LIVE, layout.BLOCK_FREE, layout.BLOCK_SHIFTED]
  assert.is(new Set(states).size, 3)
  assert.ok(states.every((state) => state > 0 && state < 256))
  assert.ok(layout.HEADER_TYPE_SHIFT >= 8 && layout.HEADER_ALIGNMENT_SHIFT >= 12)
  assert.is(layout.FIRST_PAYLOAD - layout.HEADER_BYTE_LENGTH, 8)
  assert.is(layout.GRANULE_BYTE_LENGTH, 1 << layout.GRANULE_SHIFT)
  assert.is(layout.SPAN_BYTE_LENGTH, 1 << layout.SPAN_SHIFT)
})

test.run()
