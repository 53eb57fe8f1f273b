// The workloads of one thread.
import { burst, phases, steady } from './cases.ts'
import {
  BASE_COUNT,
  BURST_COUNT,
  CHURN_COUNT,
  type Draw,
  logUniform,
  type Script,
  ScriptWriter,
} from './script.ts'

const mixed = (random: Draw) => logUniform(random, 16, 4096)

/** A burst is freed over so many frames. */
const FREEING_FRAME_COUNT = 10

function steadyScript(): Script {
  const writer = new ScriptWriter()
  writer.fill(mixed)
  for (let frame = 0; frame < 600; frame++) {
    writer.churn(CHURN_COUNT, mixed)
    writer.endFrame()
  }
  return writer.end(4)
}

/** Every 60 frames ten times as many blocks as are live otherwise come within one frame. */
function burstScript(): Script {
  const writer = new ScriptWriter()
  writer.fill(mixed)
  for (let frame = 0; frame < 240; frame++) {
    writer.churn(CHURN_COUNT, mixed)
    const age = frame % 60
    for (let i = 0; i < BURST_COUNT; i++) {
      const isFreed = age > 0 && age <= FREEING_FRAME_COUNT && i % FREEING_FRAME_COUNT === age - 1
      if (age === 0) writer.step(BASE_COUNT + i, mixed(writer.random))
      else if (isFreed) writer.step(BASE_COUNT + i, 0)
    }
    writer.endFrame()
  }
  return writer.end(16)
}

/** Every 120 frames other sizes take over. */
function phasesScript(): Script {
  const writer = new ScriptWriter()
  const bounds = [
    [16, 64],
    [256, 1024],
    [1024, 4096],
  ]
  const last = (random: Draw) => logUniform(random, 1024, 4096)
  writer.fill(last)
  for (const [min, max] of bounds) {
    for (let frame = 0; frame < 120; frame++) {
      writer.churn(CHURN_COUNT, (random) => logUniform(random, min, max))
      writer.endFrame()
    }
  }
  return writer.end(4)
}

export const scripts: Readonly<Record<string, () => Script>> = {
  [steady]: steadyScript,
  [burst]: burstScript,
  [phases]: phasesScript,
}
