// One measuring process: the same laps for what is counted, again for the mean, and for the tails.
import assert from 'node:assert/strict'
import { median } from '../driver/statistics.ts'
import type { CaseOptions, CaseResult } from './cases.ts'
import type { Player } from './player.ts'
import { clockNanoseconds, Samples } from './samples.ts'

const MEBIBYTE = 2 ** 20
const MIN_LAP_COUNT = 3
/** Of samples, so that a thousand are beyond the 99.9th percentile. */
const MIN_SAMPLE_COUNT = 1e6

export async function measure(player: Player, { milliseconds }: CaseOptions): Promise<CaseResult> {
  player.play(0)
  playLap(player) // what is learned and committed is as in any later lap
  const counted = countLap(player)
  const nsPerOp = timeLaps(player, milliseconds)
  const [p50, p99, p999] = timeAllocs(player)
  await player.check()
  return { nsPerOp, checksum: player.checksum, ...counted, p50, p99, p999 }
}

function playLap(player: Player): void {
  for (let frame = 1; frame < player.allocCounts.length; frame++) player.play(frame)
}

const lapAllocCountOf = ({ allocCounts }: Player) =>
  allocCounts.subarray(1).reduce((sum, count) => sum + count, 0)

function countLap(player: Player) {
  const { arena, allocCounts } = player
  const frameCount = allocCounts.length - 1
  const lapAllocCount = lapAllocCountOf(player)
  const all = { refillCount: 0, allocCount: 0 }
  const bursts = { refillCount: 0, allocCount: 0 }
  const stats = arena.stats()
  let sum = 0
  let peak = 0
  for (let frame = 1; frame <= frameCount; frame++) {
    const refillsBefore = stats.refillCount
    player.play(frame)
    const { committedByteLength, refillCount: refills } = arena.stats({ into: stats })
    sum += committedByteLength
    if (committedByteLength > peak) peak = committedByteLength
    const isBurst = allocCounts[frame] > (2 * lapAllocCount) / frameCount
    for (const one of isBurst ? [all, bursts] : [all]) {
      one.refillCount += refills - refillsBefore
      one.allocCount += allocCounts[frame]
    }
  }
  assert.ok(all.refillCount > 0, 'nothing was refilled')
  return {
    refills: refillsPer1000(all),
    refillsInBursts: refillsPer1000(bursts),
    meanCommitted: sum / frameCount / MEBIBYTE,
    peakCommitted: peak / MEBIBYTE,
  }
}

const refillsPer1000 = ({ refillCount, allocCount }: { refillCount: number; allocCount: number }) =>
  allocCount && (refillCount * 1000) / allocCount

/** The sum over the frames of a lap, of each frame the median over the laps; in ns per alloc. */
function timeLaps(player: Player, milliseconds: number): number {
  const frameCount = player.allocCounts.length
  const times: number[][] = Array.from({ length: frameCount }, () => [])
  const end = performance.now() + milliseconds
  for (let lap = 0; lap < MIN_LAP_COUNT || performance.now() < end; lap++) {
    for (let frame = 1; frame < frameCount; frame++) {
      const startedAt = performance.now()
      player.play(frame)
      times[frame].push(performance.now() - startedAt)
    }
  }
  let sum = 0
  for (const one of times.slice(1)) sum += median(one)
  return (sum * 1e6) / lapAllocCountOf(player)
}

function timeAllocs(player: Player): number[] {
  const lapAllocCount = lapAllocCountOf(player)
  const lapCount = Math.ceil(MIN_SAMPLE_COUNT / lapAllocCount)
  const warmUp = new Samples(lapAllocCount)
  const samples = new Samples(lapCount * lapAllocCount)
  for (let lap = -1; lap < lapCount; lap++) {
    for (let frame = 1; frame < player.allocCounts.length; frame++) {
      player.playTimed(frame, lap < 0 ? warmUp : samples)
    }
  }
  const clock = clockNanoseconds()
  return samples.percentiles([0.5, 0.99, 0.999]).map((one) => Math.max(0, one - clock))
}
