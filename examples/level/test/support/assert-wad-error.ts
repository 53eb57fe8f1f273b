import * as assert from 'uvu/assert'
import { WadError } from '../../src/sim/wad-error.ts'

/** `run` must throw a WadError at this place, whose message names the place and matches. */
export function assertWadError(
  run: () => unknown,
  lump: string,
  byteOffset: number,
  message: RegExp,
): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof WadError)) throw error
    assert.is(error.lump, lump)
    assert.is(error.byteOffset, byteOffset)
    assert.ok(error.message.startsWith(`${lump} at byte ${byteOffset}: `), error.message)
    assert.match(error.message, message)
    return
  }
  assert.unreachable(`expected a WadError at byte ${byteOffset} of ${lump}`)
}
