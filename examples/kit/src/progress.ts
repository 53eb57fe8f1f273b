// Shows how a run gets on: a bar in a terminal, a line now and then elsewhere.
import { SingleBar } from 'cli-progress'

/** How far a run has got. */
export interface Progress {
  /** Of what is run. */
  readonly name: string
  readonly step: number
  readonly steps: number
  /** Of constant width, so that nothing jumps: at most 69 characters fit into 100 columns. */
  readonly figures: string
}

export interface ProgressView {
  show(progress: Progress): void
  /** Takes the bar away and gives the cursor back. */
  stop(): void
}

/** Between two plain lines. */
const LINE_MS = 2000

/**
 * The view of a program: on stdout, or on stderr where that is for JSON, and nowhere when stderr is
 * no terminal then. Ctrl-C takes it away.
 */
export function openProgressView(isJson: boolean): ProgressView {
  const view = createProgressView(isJson ? process.stderr : process.stdout)
  process.once('SIGINT', () => {
    view.stop()
    process.exit(130)
  })
  return isJson && !process.stderr.isTTY ? { show() {}, stop() {} } : view
}

export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? createBar(stream) : createLines(stream)
}

function createBar(stream: NodeJS.WriteStream): ProgressView {
  const bar = new SingleBar({
    stream,
    format: '  {name} {bar} {figures}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 14,
    hideCursor: true,
    clearOnComplete: true,
    fps: 20,
  })
  return {
    show(progress) {
      const payload = { name: progress.name.padEnd(5), figures: shown(progress) }
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
      stream.write(`  ${progress.name} ${shown(progress)}\n`)
    },
    stop() {},
  }
}

function shown({ step, steps, figures }: Progress): string {
  const percent = Math.floor((100 * step) / steps)
  return `${String(percent).padStart(3)} % ${figures}`
}
