/** Of ascending values: the least that is not below the given part of them. */
export function percentile(values: Float64Array, part: number): number {
  return values[Math.max(Math.ceil(part * values.length) - 1, 0)]
}
