// Shows how a run gets on: a bar in a terminal, a line now and then elsewhere.
import { SingleBar } from 'cli-progress'
import { formatBytes, formatCount } from './format.ts'
import type { Progress } from './run-map.ts'

export interface ProgressView {
  show(progress: Progress): void
  /** Takes the bar away and gives the cursor back. */
  stop(): void
}

/** Between two plain lines. */
const LINE_MS = 2000

export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? createBar(stream) : createLines(stream)
}

function createBar(stream: NodeJS.WriteStream): ProgressView {
  const bar = new SingleBar({
    stream,
    format: '  {map} {bar} {figures}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 14,
    hideCursor: true,
    clearOnComplete: true,
    fps: 20,
  })
  return {
    show(progress) {
      const payload = { map: progress.map.padEnd(5), figures: figuresOf(progress) }
      if (progress.step === 0) bar.start(progress.steps, 0, payload)
      else bar.update(progress.step, payload)
      if (progress.step === progress.steps) bar.stop()
    },
    stop: () => bar.stop(),
  }
}

function createLines(stream: NodeJS.WriteStream): ProgressView {
  let shownMs = performance.now()
  return {
    show(progress) {
      if (performance.now() - shownMs < LINE_MS) return
      shownMs = performance.now()
      stream.write(`  ${progress.map} ${figuresOf(progress)}\n`)
    },
    stop() {},
  }
}

/** Of constant width, so that nothing jumps; with a bar of 14 it fits into 100 columns. */
function figuresOf(progress: Progress): string {
  const percent = Math.floor((100 * progress.step) / progress.steps)
  return [
    `${String(percent).padStart(3)} %`,
    `${formatCount(progress.stepsPerSecond).padStart(6)} steps/s`,
    `${formatCount(progress.entities).padStart(6)} entities`,
    `${formatCount(progress.shots).padStart(5)} shots`,
    `${formatCount(progress.allocsPerSecond).padStart(7)} allocs/s`,
    formatBytes(progress.liveBytes).padStart(8),
  ].join(' ')
}
