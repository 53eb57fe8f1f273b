// How the time grows with the number of live blocks.
import { curve } from '../alloc/workloads.ts'
import { format, formatTable } from '../driver/report.ts'
import type { Figure } from '../driver/run.ts'
import { formatCount, type Line, linesOf } from './points.ts'

/** A row for each contender: the times, and how many times as long each is as the first. */
export function formatCurve(figures: readonly Figure[]): string {
  const counts = curve.flatMap(({ liveCount }) => [formatCount(liveCount), 'x'])
  const header = ['', 'live blocks:', ...counts]
  const rows = [...linesOf(figures)].flatMap(([name, lines]) => [[name], ...lines.map(formatLine)])
  const title = 'growth: ns per alloc + free, and x the time of the fewest live blocks'
  return `${title}\n${formatTable([header, ...rows])}`
}

function formatLine({ contender, points }: Line): string[] {
  const cells = curve.flatMap(({ liveCount }) => {
    const point = points.find((one) => one.liveCount === liveCount)
    return point ? [format(point.ns), format(point.ns / points[0].ns)] : ['', '']
  })
  return ['', contender, ...cells]
}
