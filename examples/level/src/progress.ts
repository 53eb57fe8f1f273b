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
    format: '  {map} {bar} {percentage} %   {figures}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    fps: 20,
  })
  return {
    show(progress) {
      const payload = { map: progress.map, figures: figuresOf(progress) }
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
      const percent = Math.floor((100 * progress.step) / progress.steps)
      stream.write(`  ${progress.map} ${percent} %   ${figuresOf(progress)}\n`)
    },
    stop() {},
  }
}

function figuresOf(progress: Progress): string {
  return [
    `${formatCount(progress.stepsPerSecond)} steps/s`,
    `${formatCount(progress.entities)} entities`,
    `${formatCount(progress.shots)} shots`,
    `${formatCount(progress.allocsPerSecond)} allocs/s`,
    formatBytes(progress.liveBytes),
  ].join('   ')
}
