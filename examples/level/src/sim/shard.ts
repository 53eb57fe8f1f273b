// A part of the scene: the cells that are its own, and the entities in them, in a bitECS world of
// its own on a pool of its own. One shard with all cells is a whole simulation.
//
// A step has three parts. In `decide` everyone looks at the bodies of all shards, and nothing that
// others look at changes. In `apply` everyone changes what is his own, looks at nobody, and sends
// away what goes to another shard. In `receive` everyone takes in what was sent. All shards have to
// be through one part before any begins the next; who is quicker within a part changes nothing.
import type { Arena, Pool } from '@ashlar/core'
import { applyCommands, createCommands, createStorage } from '@ashlar/ecs-adapter'
import { createWorld, hasComponent, query } from 'bitecs'
import { createRandom } from 'example-kit/sim'
import { createActorSystems, standing } from './actors.ts'
import { createCellLists } from './cell-lists.ts'
import { type Digest, digestOf } from './checksum.ts'
import { createCollision, PATH_LENGTH } from './collision.ts'
import type { Commons } from './commons.ts'
import { createComponents } from './components.ts'
import { createCountedPool } from './counted-pool.ts'
import { createEvents, TALLY_WORDS } from './events.ts'
import { createMailbox } from './mailbox.ts'
import { createSystems, type RunSystem } from './parallel.ts'
import { publish } from './published-bodies.ts'
import type { Scene } from './scene.ts'
import { createShotSystems } from './shots.ts'
import { spawnAll } from './spawn.ts'
import type { MapThings } from './wad-map.ts'

/** Rows of columns at first: many shards share an arena. Columns grow. */
const ROW_COUNT = 1024

export interface ShardOptions {
  readonly arena: Arena
  readonly pool: Pool
  readonly commons: Commons
  /** Which one: 0 to `commons.shardCount` - 1. */
  readonly shard: number
  readonly things: MapThings
  /** Any integer; its lower 32 bits count. */
  readonly seed: number
  /** Actors besides those of the map. */
  readonly extraActorCount: number
}

export interface Shard {
  /** The state, for whoever shows it. */
  readonly scene: Scene
  /**
   * Decides, and moves what nobody else looks at. All shards are made before the first one.
   * @param run where the parallel systems run: by default here
   */
  decide(run?: RunSystem): void
  /** Moves bodies, which take their damage, and sends those that leave. */
  apply(): void
  /** Takes in what other shards have sent here. */
  receive(): void
  /** Things, actors and shots. */
  entityCount(): number
  shotCount(): number
  /** For the checksum, between two steps; makes garbage, so not for every step. */
  digest(): Digest
  /** Gives its memory back, between two steps; the shard must not be used any more. */
  dispose(): void
}

/** @throws ArenaError 'out-of-memory'; what was allocated until then is given back */
export function createShard(options: ShardOptions): Shard {
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
  { arena, pool, commons, shard, things, seed, extraActorCount }: ShardOptions,
  dispose: () => void,
  onDispose: (give: () => void) => void,
): Shard {
  const world = createWorld()
  const { level, shardOf } = commons
  const ownCells = [...shardOf.keys()].filter((cell) => shardOf[cell] === shard)
  const path = pool.allocArray(Float32Array, PATH_LENGTH)
  const { byteOffset: pathOffset } = path
  onDispose(() => pool.free(pathOffset))
  const randomState = pool.allocArray(Int32Array, 1)
  const { byteOffset: randomStateOffset } = randomState
  onDispose(() => pool.free(randomStateOffset))
  const counted = createCountedPool(pool)
  const storage = createStorage(world, counted, { capacity: ROW_COUNT })
  onDispose(storage.dispose)
  const components = createComponents(storage)
  const tallies = (commons.tallies >> 2) + shard * TALLY_WORDS
  const lists = (headsOffset: number) => {
    const created = createCellLists(arena, counted, components.Place, headsOffset)
    onDispose(() => created.dispose(ownCells))
    return created
  }
  const events = createEvents(arena, tallies)
  const scene: Scene = {
    world,
    storage,
    arena,
    pool: counted,
    commons,
    shard,
    level,
    components,
    random: createRandom(randomState, seed),
    path,
    collision: createCollision(level, path),
    bodies: lists(commons.bodyHeads),
    shots: lists(commons.shotHeads),
    tallies,
    events,
    mail: createMailbox({ arena, pool: counted, storage, commons, shard, events }),
  }
  spawnAll(scene, things, extraActorCount, seed)
  const finish = () => {
    storage.sync()
    publish(arena, commons.published >> 2, shard, components)
  }
  finish()

  const actors = createActorSystems(scene)
  const shots = createShotSystems(scene)
  const systems = createSystems(scene)
  const arrive = (eid: number) =>
    hasComponent(world, eid, components.Actor) ? actors.arrive(eid) : shots.arrive(eid)
  const commands = createCommands<typeof components>(storage)
  const runHere: RunSystem = (name, entities) => {
    systems[name](entities, commands)
    applyCommands(storage, commands)
  }
  const allTerms = [components.Position]
  const thinkerTerms = standing(components)
  const shotTerms = [components.Shot]
  return {
    scene,
    decide(run = runHere) {
      run('think', query(world, thinkerTerms))
      run('fly', query(world, shotTerms))
      shots.settle()
    },
    apply() {
      actors.move()
    },
    receive() {
      scene.mail.receive(arrive)
      finish()
    },
    entityCount: () => query(world, allTerms).length,
    shotCount: () => query(world, shotTerms).length,
    digest: () => digestOf(scene, ownCells),
    dispose,
  }
}
