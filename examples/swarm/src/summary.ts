// What a run came to, as text and as JSON.
import {
  formatChecksum,
  formatCount,
  formatFigure,
  garbageRow,
  memoryRow,
  row,
  stepRows,
} from 'example-kit'
import type { SwarmReport } from './run.ts'
import { STEPS_PER_SECOND } from './sim/index.ts'

export interface RunReport extends SwarmReport {
  readonly engine: string
  readonly seed: number
  /** 0: all in one thread. */
  readonly workers: number
  /** Blocks still live after the swarm was disposed of. */
  readonly blocksLeft: number
}

/** One object; the checksum is 8 hexadecimal digits. */
export function summaryAsJson(report: RunReport): string {
  return JSON.stringify({ ...report, checksum: formatChecksum(report.checksum) }, null, 2)
}

export function summaryAsText(report: RunReport): string {
  const { boids, hawks, side, othersSeen, workers, seed } = report
  const included = workers === 0 ? 'the engine included' : 'of this thread, the engine included'
  return [
    ...stepRows(report, STEPS_PER_SECOND),
    row('boids', `${formatCount(boids)}   ${hawks} hawks   in ${side} x ${side} x ${side} cells`),
    row('in sight', `${formatFigure(othersSeen)} others, on average`),
    memoryRow(report),
    garbageRow(report.garbageBytesPerStep, included),
    row('arena', `empty again after the run: ${report.blocksLeft} blocks left`),
    row(
      'checksum',
      `${formatChecksum(report.checksum)}   ` +
        `(seed ${seed}, the same on every engine, with any number of workers)`,
    ),
    row('engine', report.engine),
  ].join('\n')
}
