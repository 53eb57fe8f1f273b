/** Assertions that many tests share. */
import { type Arena, ArenaError, type ArenaErrorCode, exactStats, verify } from '@ashlar/core'
import * as assert from 'uvu/assert'

/** The call throws an ArenaError of that code, whose message matches. */
export function refuses(code: ArenaErrorCode, call: () => unknown, message: RegExp = /./): void {
  let thrown: unknown
  let given: unknown
  try {
    given = call()
  } catch (error) {
    thrown = error
  }
  if (thrown === undefined) assert.unreachable(`expected '${code}', got the value ${String(given)}`)
  if (!(thrown instanceof ArenaError)) {
    throw new Error(`expected '${code}', got ${String(thrown)}`, { cause: thrown })
  }
  assert.is(thrown.code, code, thrown.message)
  assert.match(thrown.message, message)
}

/** As `refuses`, and no byte of the arena has changed. */
export function refusesUnharmed(
  arena: Arena,
  code: ArenaErrorCode,
  call: () => unknown,
  message?: RegExp,
): void {
  unharmed(arena, () => refuses(code, call, message))
}

/** No byte of the arena changes meanwhile. */
export function unharmed(arena: Arena, body: () => void): void {
  const before = arena.i32.slice()
  body()
  const changed = firstDifference(before, arena.i32)
  if (changed >= 0) assert.unreachable(`word ${changed} of the buffer has changed`)
}

/**
 * Index of the first element that differs, or -1. For arrays that are too long for `assert.equal`.
 */
function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const length = Math.max(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return -1
}

export function assertSameNumbers(a: ArrayLike<number>, b: ArrayLike<number>, what = ''): void {
  const at = firstDifference(a, b)
  if (at >= 0) assert.unreachable(`${what}: element ${at} is ${a[at]}, expected ${b[at]}`)
}

export function assertSound(arena: Arena): void {
  assert.equal(verify(arena), [])
}

/** What stats say of the whole and what its rows say, in a form that tests compare. */
export function assertConserved(arena: Arena, exact: boolean): void {
  const stats = exact ? exactStats(arena) : arena.stats()
  const {
    controlByteLength,
    liveByteLength,
    freeByteLength,
    uncarvedByteLength,
    wasteByteLength,
    committedByteLength,
  } = stats
  const figures = JSON.stringify(stats)
  assert.is(
    controlByteLength + liveByteLength + freeByteLength + uncarvedByteLength + wasteByteLength,
    committedByteLength,
    figures,
  )
  assert.ok(committedByteLength <= stats.peakCommittedByteLength, figures)
  assert.ok(stats.peakCommittedByteLength <= stats.reservedByteLength, figures)
  for (const row of stats.classes) {
    const counts = [
      row.liveBlockCount,
      row.freeBlockCount,
      row.uncarvedBlockCount,
      row.wasteByteLength,
      row.spanCount,
    ]
    assert.ok(Math.min(...counts) >= 0, JSON.stringify(row))
    assert.ok(row.peakLiveBlockCount >= row.liveBlockCount, JSON.stringify(row))
  }
}
