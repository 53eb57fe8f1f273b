// What 100,000 entities with a list each want of the arena: no leak, no garbage, few bytes above
// the data. Here with 2,000 of them; ASHLAR_CHURN=100000,1000 (entities, frames) runs all.
import { blocks } from '@ashlar/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertNoGarbage, measureGarbage } from '../../../test/support/garbage.ts'
import { createListChurn } from './list-churn.ts'
import { assertSound } from './support.ts'

const OURS = ['packages/core/src/', 'packages/ecs-adapter/src/']
const [entityCount, frameCount] = (process.env.ASHLAR_CHURN ?? '2000,30').split(',').map(Number)
const test = suite('list-churn')

const arenaByteLength = 512 * 2 ** 20
const round = (figure: number) => figure.toFixed(3)

/**
 * From here on lists are measured by their data. A list has 20 B of its own (handle, header, length
 * and room), and classes above 256 B lie 64 B apart, so half of that is spare: lists of up to 500 B
 * cannot take less than 40 B above their data on average.
 */
const LONG_BYTE_LENGTH = 131

for (const averageLength of [8, 30, 40, 50, 63, 64, 250]) {
  const dataLength = 4 * averageLength
  const isLong = dataLength >= LONG_BYTE_LENGTH
  test(`lists of ${dataLength} B on average: no leak, and few bytes above the data`, () => {
    const churn = createListChurn({ entityCount, averageLength, arenaByteLength })
    const { arena, eids, points, storage, frame, figures } = churn
    let worst = 0
    let worstCommitted = 0
    for (let i = 0; i < frameCount; i++) {
      frame()
      if (i % Math.ceil(frameCount / 10) > 0) continue
      const { dataBytes, liveByteLength, committedByteLength, listCount } = figures()
      if (!isLong) {
        worst = Math.max(worst, (liveByteLength - dataBytes) / listCount)
        worstCommitted = Math.max(worstCommitted, (committedByteLength - dataBytes) / listCount)
      } else {
        worst = Math.max(worst, liveByteLength / dataBytes)
        worstCommitted = Math.max(worstCommitted, committedByteLength / dataBytes)
      }
      assertSound(arena)
    }
    if (process.env.ASHLAR_CHURN) {
      const unit = isLong ? 'times the data' : 'B a list above the data'
      console.log(`${dataLength} B: ${round(worst)} ${unit}; whole spans ${round(worstCommitted)}`)
    }
    if (isLong) assert.ok(worst <= 1.3, `${worst} times the data`)
    else assert.ok(worst <= 32, `${worst} B above the data`)
    const withBlock = eids.filter((eid) => points.offset(eid) !== 0)
    assert.is(blocks(arena).length, withBlock.length + 1, 'a block a list, and the handles')
    storage.dispose()
    assert.equal(blocks(arena), [])
    assertSound(arena)
  })
}

test('frames that churn lists make no garbage', () => {
  const churn = createListChurn({ entityCount: 300, averageLength: 24, arenaByteLength })
  const garbage = measureGarbage(churn.frame, { frames: 150, warmup: 600 })
  assertNoGarbage(garbage, OURS)
  assertSound(churn.arena)
})

test.run()
