import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FIRST_PAYLOAD, RECORD_CARVED_COUNT } from '../../src/base/layout.ts'
import type { ClassIndex } from '../../src/base/units.ts'
import { carve } from '../../src/blocks/carve.ts'
import { headerAt, recordWord, secondWordAt, spanStart } from '../../src/memory/memory.ts'
import { classFor, preferredRunSpanCount } from '../../src/memory/size-classes.ts'
import { capacityOf, publishRun } from '../../src/spans/runs.ts'
import { claimRun } from '../../src/spans/span-map.ts'
import { smallArena } from '../support/memory.ts'

const test = suite('carve')

test('every class: chains ascend by strides, end in 0, and go on where the last one ended', () => {
  const { memory, slot } = smallArena(32 << 20)
  for (let row = 0; row < memory.classCount; row++) {
    const classIndex = row as ClassIndex
    const stride = memory.strides[row]
    const spanCount = preferredRunSpanCount(stride)
    const head = claimRun(memory, slot, spanCount)
    publishRun(memory, slot, head, spanCount, classIndex)
    const capacity = capacityOf(memory, head)
    const end = spanStart(memory, head) + spanCount * 65536
    let expected = spanStart(memory, head) + FIRST_PAYLOAD
    for (let carved = 0; carved < capacity; ) {
      const count = Math.min(capacity - carved, 1 + (carved % 7))
      let block: number = carve(memory, head, count)
      for (let i = 1; i <= count; i++) {
        assert.is(block, expected)
        assert.is(headerAt(memory, block), memory.plainHeader)
        expected += stride
        assert.is(secondWordAt(memory, block), i < count ? expected : 0)
        block = secondWordAt(memory, block)
      }
      carved += count
      assert.is(memory.i32[recordWord(memory, head, RECORD_CARVED_COUNT)], carved)
    }
    const payloadEnd = expected - 8
    assert.ok(payloadEnd <= end && payloadEnd + stride > end, `class ${row}`)
  }
})

test('carving writes headers only: the next run keeps every byte', () => {
  const { memory, slot } = smallArena()
  const head = claimRun(memory, slot, 1)
  const classIndex = classFor(memory, 1)
  publishRun(memory, slot, head, 1, classIndex)
  const end = spanStart(memory, head) + 65536
  memory.views.u8.fill(0x5a, end)
  carve(memory, head, capacityOf(memory, head))
  assert.ok(memory.views.u8.subarray(end).every((byte) => byte === 0x5a))
})

test.run()
