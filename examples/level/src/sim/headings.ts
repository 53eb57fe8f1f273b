// Directions as integers: a heading of 0 to 255 is a full turn counter-clockwise, 0 is east.

export const HEADING_COUNT = 256

/**
 * The unit vector of each heading, x and y in turn. Made by halving angles with square roots alone,
 * since sines differ between engines in their last bits.
 */
export const headingVectors: Float64Array = createHeadingVectors()

function createHeadingVectors(): Float64Array {
  const vectors = new Float64Array(2 * HEADING_COUNT)
  const quarter = HEADING_COUNT / 4
  vectors.set([1, 0], 0)
  vectors.set([0, 1], 2 * quarter)
  vectors.set([-1, 0], 4 * quarter)
  vectors.set([0, -1], 6 * quarter)
  for (let step = quarter; step > 1; step /= 2) {
    for (let from = 0; from < HEADING_COUNT; from += step) {
      const to = (from + step) % HEADING_COUNT
      const x = vectors[2 * from] + vectors[2 * to]
      const y = vectors[2 * from + 1] + vectors[2 * to + 1]
      const length = Math.sqrt(x * x + y * y)
      vectors.set([x / length, y / length], 2 * from + step)
    }
  }
  return vectors
}

/** The heading nearest to an angle in whole degrees, negative and above 360 too. */
export function headingOfDegrees(degrees: number): number {
  return Math.floor((degrees * HEADING_COUNT) / 360 + 0.5) & (HEADING_COUNT - 1)
}
