// The middle and the spread of what processes measured, one value a turn.

/** The value below which `part` of all values lie, interpolated. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

/** Half of the values lie between them. */
export type Quartiles = readonly [lower: number, upper: number]

export function quartiles(values: readonly number[]): Quartiles {
  return [quantile(values, 0.25), quantile(values, 0.75)]
}

/** Divides turn by turn: what slows down a whole turn cancels out. */
export function pairedRatios(dividends: readonly number[], divisors: readonly number[]): number[] {
  return dividends.map((dividend, turn) => dividend / divisors[turn])
}
