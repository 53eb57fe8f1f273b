import { blocks } from '@ashlar/core'
import * as assert from 'uvu/assert'
import { assertSound, type Scene } from '../support.ts'

/** Nothing is left but what others hold. */
export function disposeAll({ arena, storage }: Scene): void {
  assertSound(arena)
  storage.dispose()
  assertSound(arena)
  assert.equal(blocks(arena), [], 'blocks left after dispose')
}
