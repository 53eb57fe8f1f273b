// The live figures of a run.
import { formatBytes, formatCount } from 'example-kit'
import type { Progress as ShownProgress } from 'example-kit/cli'

export interface Progress {
  readonly map: string
  readonly step: number
  readonly steps: number
  readonly stepsPerSecond: number
  readonly entities: number
  readonly shots: number
  readonly allocsPerSecond: number
  readonly liveByteLength: number
}

/** As a progress view wants them. */
export function shownProgress(progress: Progress): ShownProgress {
  const { map, step, steps } = progress
  const figures = [
    `${formatCount(progress.stepsPerSecond).padStart(6)} steps/s`,
    `${formatCount(progress.entities).padStart(6)} entities`,
    `${formatCount(progress.shots).padStart(5)} shots`,
    `${formatCount(progress.allocsPerSecond).padStart(7)} allocs/s`,
    formatBytes(progress.liveByteLength).padStart(8),
  ]
  return { name: map, step, steps, figures: figures.join(' ') }
}
