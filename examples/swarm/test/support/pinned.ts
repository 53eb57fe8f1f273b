/** Of 2,000 boids and seed 1 after 100 steps, on every engine, with any number of workers. */
export const CHECKSUM = '44aa2d29'
