import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_CAPACITY } from '../../src/shared/attachments.ts'
import * as rootLayout from '../../src/shared/storage-root.ts'

const test = suite('storage root')

test('every slot has words of its own within the root', () => {
  const words = new Set<number>()
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    words
      .add(rootLayout.attachedWord(slot))
      .add(rootLayout.seenWord(slot))
      .add(rootLayout.internLogWord(slot))
  }
  assert.is(words.size, 3 * SLOT_CAPACITY)
  assert.ok(Math.min(...words) > Math.max(rootLayout.ENTITIES, rootLayout.INTERN_LOG_SERIAL))
  assert.ok(Math.max(...words) < rootLayout.BYTE_LENGTH / 4)
  assert.ok(SLOT_CAPACITY >= 254)
})

test.run()
