// The figures of the topic `curve`, as the table and the picture show them.
import { curve } from '../alloc/workloads.ts'
import type { Figure } from '../driver/run.ts'

export const curveTopic = 'curve'

export interface Point {
  readonly liveCount: number
  readonly ns: number
}

/** A contender, with more and more live blocks. */
export interface Line {
  readonly contender: string
  readonly points: readonly Point[]
}

/** The lines of each engine, by its name; the native ones are those of every engine. */
export function linesOf(figures: readonly Figure[]): ReadonlyMap<string, readonly Line[]> {
  const names = new Set(figures.map(({ engine }) => engine.name))
  const native = linesOn('native', figures)
  const others = [...names].filter((name) => name !== 'native')
  return new Map(others.map((name) => [name, [...linesOn(name, figures), ...native]]))
}

function linesOn(engineName: string, figures: readonly Figure[]): Line[] {
  const here = figures.filter(({ engine }) => engine.name === engineName)
  return [...new Set(here.map(({ contender }) => contender))].map((contender) => {
    return { contender, points: pointsOf(here.filter((one) => one.contender === contender)) }
  })
}

function pointsOf(figures: readonly Figure[]): Point[] {
  return curve.flatMap(({ name, liveCount }) => {
    const found = figures.find(({ workload }) => workload === name)
    return found ? [{ liveCount, ns: found.median }] : []
  })
}

/** 100, 1k, 1M. */
export function formatCount(count: number): string {
  if (count >= 1e6) return `${count / 1e6}M`
  return count >= 1e3 ? `${count / 1e3}k` : `${count}`
}
