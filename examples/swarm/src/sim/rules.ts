// The rules of the swarm. Lengths are in sight radii, times in seconds.

export const STEPS_PER_SECOND = 30
export const STEP_SECONDS = 1 / STEPS_PER_SECOND

/**
 * By which the space is as large as it takes. Boids see those within 1, which is also a cell's
 * side.
 */
export const BOIDS_PER_CELL = 2

/** They part, the more the nearer. With these three, boids of a flock see 15 to 20 others. */
export const SEPARATION = 8
/** They take on the mean velocity of those in sight. */
export const ALIGNMENT = 1.5
/** They make for the middle of those in sight. */
export const COHESION = 1

/** From so near on they flee a hawk. */
export const FEAR_DISTANCE = 3
export const FEAR = 16
export const HAWK_SPEED = 5
/** One for so many cells of an edge of the space. */
export const CELLS_PER_HAWK = 4

/** From so near on they turn away from a wall. */
export const WALL_DISTANCE = 2
export const WALL = 8

export const SPEED_MIN = 1.5
export const SPEED_MAX = 3
