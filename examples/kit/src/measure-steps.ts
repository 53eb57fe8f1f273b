// Runs the steps of a simulation in this thread, as fast as it goes, and measures.
import { createGarbageMeter } from './garbage-meter.ts'
import { percentile } from './percentile.ts'

export interface StepFigures {
  /** Real time, from the first step to the last; that of reports is left out. */
  readonly wallSeconds: number
  readonly stepMsP50: number
  readonly stepMsP99: number
  /** Of this thread; null where the engine cannot say. */
  readonly garbageBytesPerStep: number | null
}

export interface Steps {
  readonly steps: number
  step(): void
  /** Called after each step; its time is not that of a step. */
  afterStep?(): void
  /** Called before the first step, after the last, and every REPORT_MS in between. */
  report(step: number, wallSeconds: number): void
}

export const REPORT_MS = 50

export async function measureSteps(run: Steps): Promise<StepFigures> {
  const { steps } = run
  const meter = createGarbageMeter()
  const stepMs = new Float64Array(steps)
  const takeStep = () => run.step()
  const startMs = performance.now()
  /** Spent on reports, not on steps. */
  let pausedMs = 0
  const wallSeconds = () => (performance.now() - startMs - pausedMs) / 1000
  run.report(0, wallSeconds())
  let reportedMs = performance.now()
  pausedMs = reportedMs - startMs
  for (let step = 0; step < steps; step++) {
    const before = performance.now()
    meter.around(takeStep)
    const after = performance.now()
    stepMs[step] = after - before
    run.afterStep?.()
    if (after - reportedMs < REPORT_MS) continue
    run.report(step + 1, wallSeconds())
    await new Promise((resume) => setImmediate(resume)) // signals and the terminal
    reportedMs = performance.now()
    pausedMs += reportedMs - after
  }
  const figures = { wallSeconds: wallSeconds(), garbageBytesPerStep: meter.bytesPerStep() ?? null }
  run.report(steps, figures.wallSeconds)
  stepMs.sort()
  return {
    ...figures,
    stepMsP50: percentile(stepMs, 0.5),
    stepMsP99: percentile(stepMs, 0.99),
  }
}
