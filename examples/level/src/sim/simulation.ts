// The scene as a whole: a level, its things, and the step that moves them. It knows no platform;
// time is counted in steps, chance comes from the seed, and arithmetic is only what all engines do
// alike.
import type { Arena, Pool } from '@ashlar/core'
import { createStorage } from '@ashlar/ecs-adapter'
import { createWorld, query } from 'bitecs'
import { createActorSystem } from './actors.ts'
import { createBodyQueries } from './bodies.ts'
import { createCellLists } from './cell-lists.ts'
import { checksumOf } from './checksum.ts'
import { createCollision, PATH_LENGTH } from './collision.ts'
import { createComponents } from './components.ts'
import { createCountedPool } from './counted-pool.ts'
import { createLevel } from './level.ts'
import { createRandom } from './random.ts'
import type { Scene } from './scene.ts'
import { createShotSystems } from './shots.ts'
import { spawnExtraActors, spawnThings } from './spawn.ts'
import { EXTRA_ACTOR_KINDS, thingKindOf } from './thing-kinds.ts'
import type { MapData } from './wad-map.ts'

export const STEPS_PER_SECOND = 35

export interface SimulationOptions {
  readonly arena: Arena
  readonly pool: Pool
  readonly map: MapData
  /** Any integer; its lower 32 bits count. */
  readonly seed: number
  /** Actors besides those of the map. Default 0. */
  readonly extraActorCount?: number
}

export interface Simulation {
  /** The state, for whoever shows it. */
  readonly scene: Scene
  /** Advances by 1/35 second. */
  step(): void
  /** Things, actors and shots. */
  entityCount(): number
  shotCount(): number
  /** See checksum.ts; makes garbage, so not for every step. */
  checksum(): number
  /** Gives all memory back; the simulation must not be used any more. */
  dispose(): void
}

/**
 * @throws ArenaError 'out-of-memory' where the arena is too small for the level; what was allocated
 * until then is given back
 */
export function createSimulation(options: SimulationOptions): Simulation {
  const disposers: (() => void)[] = []
  const dispose = () => {
    for (const give of disposers.splice(0).reverse()) give()
  }
  try {
    return build(options, dispose, (give) => disposers.push(give))
  } catch (error) {
    dispose()
    throw error
  }
}

/** `onDispose` takes what undoes each allocation, as soon as it is made. */
function build(
  { arena, pool, map, seed, extraActorCount = 0 }: SimulationOptions,
  dispose: () => void,
  onDispose: (give: () => void) => void,
): Simulation {
  const world = createWorld()
  const level = createLevel(pool, map)
  onDispose(level.dispose)
  const path = pool.allocArray(Float32Array, PATH_LENGTH)
  onDispose(() => pool.free(path.byteOffset))
  const randomState = pool.allocArray(Int32Array, 1)
  onDispose(() => pool.free(randomState.byteOffset))
  const storage = createStorage(world, pool)
  onDispose(storage.dispose)
  const components = createComponents(storage)
  const counted = createCountedPool(pool)
  const lists = () => {
    const cellCount = level.blockMap.columnCount * level.blockMap.rowCount
    const created = createCellLists(arena, counted, components.Place, cellCount)
    onDispose(created.dispose)
    return created
  }
  const scene: Scene = {
    world,
    arena,
    pool: counted,
    level,
    components,
    random: createRandom(randomState, seed),
    path,
    collision: createCollision(level, path),
    bodies: lists(),
    shots: lists(),
    events: { shotsFired: 0, hits: 0, knockouts: 0 },
  }
  spawnThings(scene, map.things)
  spawnExtraActors(scene, map.things, extraActorCount)
  storage.sync()

  const queries = createBodyQueries(level, components, scene.bodies, path, radiusMaxOf(map))
  const moveActors = createActorSystem(scene, queries)
  const shotSystems = createShotSystems(scene, queries)
  onDispose(shotSystems.dispose)
  const allTerms = [components.Position]
  const shotTerms = [components.Shot]
  return {
    scene,
    step() {
      moveActors()
      shotSystems.fire()
      shotSystems.fly()
      storage.sync()
    },
    entityCount: () => query(world, allTerms).length,
    shotCount: () => query(world, shotTerms).length,
    checksum: () => checksumOf(scene),
    dispose,
  }
}

/** The greatest radius of a solid body: how far the centre can be of what is bumped into. */
function radiusMaxOf({ things }: MapData): number {
  let radiusMax = 0
  for (const kind of EXTRA_ACTOR_KINDS) radiusMax = Math.max(radiusMax, kind.radius)
  for (let i = 0; i < things.count; i++) {
    const kind = thingKindOf(things.type[i])
    if (kind.isSolid) radiusMax = Math.max(radiusMax, kind.radius)
  }
  return radiusMax
}
