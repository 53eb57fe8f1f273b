// What is committed after a burst. It depends on no clock: every engine gives the same.
import assert from 'node:assert/strict'
import type { CurveResult } from './cases.ts'
import type { Opened } from './contenders.ts'
import { createPlayer } from './player.ts'
import { BASE_COUNT, BURST_COUNT, type Draw, logUniform, ScriptWriter } from './script.ts'

const MEBIBYTE = 2 ** 20
/** Of the base set, in a frame: during the burst, whose blocks come to lie among it, and after. */
const CHURN_DURING = BASE_COUNT / 5
const CHURN_AFTER = BASE_COUNT / 20
const BURST_FRAME_COUNT = 10
const FRAME_COUNT = 600
const FRAMES_A_LOOK = 50

const mixed = (random: Draw) => logUniform(random, 16, 4096)

export function measureCurve(opened: Opened): CurveResult {
  const { arena, pool } = opened
  const player = createPlayer(opened, curveScript())
  const committed = () => arena.stats().committedByteLength / MEBIBYTE
  let frame = 0
  const play = () => player.play(frame++)

  play() // the base set
  pool.collect()
  const quietBefore = committed()
  play() // a burst
  assert.ok(committed() > 5 * quietBefore, 'no burst')
  play() // freed
  pool.collect()
  const quietRatio = committed() / quietBefore

  const before = committed()
  for (let i = 0; i < BURST_FRAME_COUNT; i++) play()
  play() // the burst is freed
  pool.collect()
  const frames = [0]
  const curve = [committed()]
  for (let i = 1; i <= FRAME_COUNT; i++) {
    play()
    if (i % FRAMES_A_LOOK > 0) continue
    frames.push(i)
    curve.push(committed())
  }
  player.check()
  return { quietRatio, before, frames, committed: curve }
}

function curveScript() {
  const writer = new ScriptWriter()
  writer.fill(mixed)
  for (let i = 0; i < BURST_COUNT; i++) writer.step(BASE_COUNT + i, mixed(writer.random))
  writer.endFrame()
  freeBurst(writer)

  for (let frame = 0; frame < BURST_FRAME_COUNT; frame++) {
    const partCount = BURST_COUNT / BURST_FRAME_COUNT
    for (let i = 0; i < partCount; i++) {
      writer.step(BASE_COUNT + frame * partCount + i, mixed(writer.random))
      if (i % (partCount / CHURN_DURING) === 0) writer.churn(1, mixed)
    }
    writer.endFrame()
  }
  freeBurst(writer)

  for (let frame = 0; frame < FRAME_COUNT; frame++) {
    writer.churn(CHURN_AFTER, mixed)
    writer.endFrame()
  }
  return writer.end(4)
}

function freeBurst(writer: ScriptWriter): void {
  for (let i = 0; i < BURST_COUNT; i++) writer.step(BASE_COUNT + i, 0)
  writer.endFrame()
}
