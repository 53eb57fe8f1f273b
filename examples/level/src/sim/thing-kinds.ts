// What the numbers of the THINGS lump stand for, as far as bodies go. Numbers and radii are the
// format's; speed, health and volleys are this scene's.

/** How a volley flies. */
export interface ShotKind {
  readonly speed: number
  readonly damage: number
  readonly ticsToLive: number
  readonly shotsPerVolley: number
  /** Positions that a shot remembers, in a block of its own. */
  readonly trailLength: number
}

export interface ThingKind {
  readonly type: number
  /** Map units. */
  readonly radius: number
  /** Whether actors and shots bump into it. */
  readonly isSolid: boolean
  /** Map units a tic; 0 for what does not walk. */
  readonly speed: number
  readonly health: number
  /** Index into SHOT_KINDS; -1 for what does not shoot. */
  readonly shot: number
}

export const SHOT_KINDS: readonly ShotKind[] = [
  { speed: 24, damage: 3, ticsToLive: 40, shotsPerVolley: 8, trailLength: 4 }, // pellets
  { speed: 12, damage: 8, ticsToLive: 70, shotsPerVolley: 5, trailLength: 12 }, // fire balls
  { speed: 16, damage: 20, ticsToLive: 90, shotsPerVolley: 3, trailLength: 32 }, // rockets
]

const [PELLET, BALL, ROCKET, NONE] = [0, 1, 2, -1]

function actor(
  type: number,
  radius: number,
  speed: number,
  health: number,
  shot: number,
): ThingKind {
  return { type, radius, isSolid: true, speed, health, shot }
}

const ACTORS: readonly ThingKind[] = [
  actor(1, 16, 6, 100, BALL), // players 1 to 4
  actor(2, 16, 6, 100, BALL),
  actor(3, 16, 6, 100, BALL),
  actor(4, 16, 6, 100, BALL),
  actor(3004, 20, 3, 20, PELLET), // zombie
  actor(9, 20, 3, 30, PELLET), // shotgun zombie
  actor(65, 20, 3, 70, PELLET), // chaingun zombie
  actor(84, 20, 3, 50, PELLET),
  actor(3001, 20, 4, 60, BALL), // imp
  actor(3002, 30, 5, 150, NONE), // demon
  actor(58, 30, 5, 150, NONE), // spectre
  actor(3006, 16, 8, 100, NONE), // lost soul
  actor(3005, 31, 4, 400, BALL), // cacodemon
  actor(69, 24, 4, 500, BALL), // hell knight
  actor(3003, 24, 4, 1000, BALL), // baron
  actor(68, 64, 5, 500, PELLET), // arachnotron
  actor(71, 31, 4, 400, BALL), // pain elemental
  actor(66, 20, 5, 300, ROCKET), // revenant
  actor(67, 48, 4, 600, BALL), // mancubus
  actor(64, 20, 7, 700, BALL), // arch-vile
  actor(7, 128, 5, 3000, PELLET), // spider boss
  actor(16, 40, 6, 4000, ROCKET), // cyber boss
]

/** Barrels, lamps, columns, trees: in the way, and nothing else. */
const OBSTACLES: readonly (readonly [radius: number, types: readonly number[]])[] = [
  [10, [2035]],
  [16, [2028, 30, 31, 32, 33, 36, 37, 41, 42, 43, 44, 45, 46, 47, 48, 55, 56, 57, 85, 86, 35]],
  [16, [25, 26, 27, 28, 29, 49, 50, 51, 52, 53, 70, 72, 73, 74, 75, 76, 77, 78, 88]],
  [32, [54]],
]

const KINDS = new Map<number, ThingKind>(ACTORS.map((kind) => [kind.type, kind]))
for (const [radius, types] of OBSTACLES) {
  for (const type of types) {
    KINDS.set(type, { type, radius, isSolid: true, speed: 0, health: 0, shot: NONE })
  }
}

/** The kind of a thing; what is not in the tables above is an item on the floor. */
export function thingKindOf(type: number): ThingKind {
  return KINDS.get(type) ?? { type, radius: 20, isSolid: false, speed: 0, health: 0, shot: NONE }
}

/** What `--entities` adds: the ones that fit through most doors. */
export const EXTRA_ACTOR_KINDS = ACTORS.filter((kind) => kind.type > 4 && kind.radius <= 31)
