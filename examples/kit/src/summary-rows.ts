// The lines that the summaries of all examples have.
import type { MemoryFigures } from './arena-figures.ts'
import { formatBytes, formatCount, formatFigure } from './format.ts'
import type { StepFigures } from './measure-steps.ts'

const LABEL_WIDTH = 18

export const row = (label: string, value: string) => `  ${label.padEnd(LABEL_WIDTH)}  ${value}`

/** @param stepsPerSecond of real time, where a simulated second has so many */
export function stepRows(
  {
    steps,
    wallSeconds,
    stepMsP50,
    stepMsP99,
  }: Omit<StepFigures, 'garbageBytesPerStep'> & {
    readonly steps: number
  },
  stepsPerSecond: number,
): string[] {
  const speed = steps / wallSeconds
  const times = formatFigure(speed / stepsPerSecond)
  return [
    row('steps', `${formatCount(steps)} in ${formatFigure(wallSeconds)} s`),
    row('steps per second', `${formatFigure(speed)}   (${times} times real time)`),
    row('step time', `p50 ${formatMs(stepMsP50)}   p99 ${formatMs(stepMsP99)}`),
  ]
}

export function memoryRow({
  liveByteLength,
  committedByteLength,
  reservedByteLength,
}: MemoryFigures): string {
  return row(
    'memory',
    `${formatBytes(liveByteLength)} live   ${formatBytes(committedByteLength)} committed   ` +
      `${formatBytes(reservedByteLength)} reserved`,
  )
}

/** @param included what the figure is not of the example alone */
export function garbageRow(byteLength: number | null, included: string): string {
  const text =
    byteLength === null
      ? 'not measurable on this engine, or the run was too short'
      : `${formatBytes(byteLength)}   (${included})`
  return row('garbage per step', text)
}

const formatMs = (ms: number) => `${formatFigure(ms)} ms`
