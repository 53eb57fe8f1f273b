// Plays the frames of a script on one pool.

import assert from 'node:assert/strict'
import type { Arena } from '@ashlar/core'
import { exactStats, verify } from '@ashlar/core'
import type { Opened } from './contenders.ts'
import type { Samples } from './samples.ts'
import type { Script } from './script.ts'

/** Frame 0 fills; the others are a lap, which is played again and again. */
export interface Player {
  readonly arena: Arena
  /** Of each frame. */
  readonly allocCounts: Uint32Array
  readonly checksum: number
  play(frame: number): void
  /** The same, with a look at the clock before and after each alloc. */
  playTimed(frame: number, samples: Samples): void
  /** Throws unless the pool did the work; called once, after the last lap. */
  check(): void | Promise<void>
}

export function createPlayer({ arena, pool }: Opened, script: Script): Player {
  const { places, byteLengths, frameEnds, allocCounts, checksum } = script
  const words = arena.i32
  const live = new Int32Array(script.placeCount)
  const budget = { spans: script.spans }

  return {
    arena,
    allocCounts,
    checksum,

    play(frame) {
      const end = frameEnds[frame]
      for (let step = frame === 0 ? 0 : frameEnds[frame - 1]; step < end; step++) {
        const place = places[step]
        const byteLength = byteLengths[step]
        pool.free(live[place])
        live[place] = 0
        if (byteLength === 0) continue
        const offset = pool.alloc(byteLength)
        words[offset >> 2] = place
        live[place] = offset
      }
      pool.collect(budget)
    },

    playTimed(frame, samples) {
      const end = frameEnds[frame]
      for (let step = frame === 0 ? 0 : frameEnds[frame - 1]; step < end; step++) {
        const place = places[step]
        const byteLength = byteLengths[step]
        pool.free(live[place])
        live[place] = 0
        if (byteLength === 0) continue
        const startedAt = performance.now()
        const offset = pool.alloc(byteLength)
        samples.add(performance.now() - startedAt)
        words[offset >> 2] = place
        live[place] = offset
      }
      pool.collect(budget)
    },

    check() {
      const offsets = live.filter((offset) => offset !== 0)
      assert.equal(new Set(offsets).size, offsets.length, 'distinct live blocks')
      for (let place = 0; place < live.length; place++) {
        if (live[place] !== 0) assert.equal(words[live[place] >> 2], place, 'what a block holds')
      }
      assert.equal(exactStats(arena).liveBlockCount, offsets.length, 'live blocks')
      assert.deepEqual(verify(arena), [], 'violations found by verify')
    },
  }
}
