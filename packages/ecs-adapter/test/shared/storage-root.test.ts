import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_CAPACITY } from '../../src/shared/attachments.ts'
import * as Root from '../../src/shared/storage-root.ts'

const test = suite('storage root')

test('every slot has words of its own within the root', () => {
  const words = new Set<number>()
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    words.add(Root.attachedWord(slot)).add(Root.seenWord(slot)).add(Root.internLogWord(slot))
  }
  assert.is(words.size, 3 * SLOT_CAPACITY)
  assert.ok(Math.min(...words) > Math.max(Root.ENTITIES, Root.INTERN_LOG_SERIAL))
  assert.ok(Math.max(...words) < Root.BYTE_LENGTH / 4)
  assert.ok(SLOT_CAPACITY >= 254)
})

test.run()
