import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SLOT_CAPACITY } from '../../src/shared/attachments.ts'
import {
  attachedWord,
  internLogWord,
  ROOT_BYTE_LENGTH,
  ROOT_ENTITIES,
  ROOT_INTERN_LOG_SERIAL,
  seenWord,
} from '../../src/shared/manifest.ts'

const test = suite('manifest')

test('every slot has words of its own within the root', () => {
  const words = new Set<number>()
  for (let slot = 0; slot < SLOT_CAPACITY; slot++) {
    words.add(attachedWord(slot)).add(seenWord(slot)).add(internLogWord(slot))
  }
  assert.is(words.size, 3 * SLOT_CAPACITY)
  assert.ok(Math.min(...words) > Math.max(ROOT_ENTITIES, ROOT_INTERN_LOG_SERIAL))
  assert.ok(Math.max(...words) < ROOT_BYTE_LENGTH / 4)
  assert.ok(SLOT_CAPACITY >= 254)
})

test.run()
