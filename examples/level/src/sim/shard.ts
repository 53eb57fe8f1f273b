// A part of the scene: the cells that are its own, and the entities in them, in a bitECS world of
// its own on a pool of its own. One shard with all cells is a whole simulation.
//
// A step has three parts. In `decide` everyone looks at the bodies of all shards, and nothing that
// others look at changes. In `apply` everyone changes what is his own, looks at nobody, and sends
// away what goes to another shard. In `receive` everyone takes in what was sent. All shards have to
// be through one part before any begins the next; who is quicker within a part changes nothing.
import type { Arena, Pool } from '@ashlar/core'
import { createStorage, createWorkerGroup, type Port } from '@ashlar/ecs-adapter'
import { createWorld, hasComponent, query } from 'bitecs'
import { createRandom } from 'example-kit/sim'
import { createActorSystems, standing } from './actors.ts'
import { createCellLists } from './cell-lists.ts'
import { type Digest, digestOf } from './checksum.ts'
import { createCollision, PATH_LENGTH } from './collision.ts'
import type { Commons } from './commons.ts'
import { createComponents } from './components.ts'
import { createCountedPool } from './counted-pool.ts'
import { createEvents, createTally } from './events.ts'
import { createMailbox } from './mailbox.ts'
import { createSystems, type Group } from './parallel.ts'
import { publish } from './published-bodies.ts'
import type { Scene } from './scene.ts'
import { createShotSystems } from './shots.ts'
import { spawnAll } from './spawn.ts'
import type { MapThings } from './wad-map.ts'

/** Rows of columns at first: many shards share an arena. Columns grow. */
const ROW_COUNT = 1024
/** The systems use none: see parallel.ts. */
const SCRATCH_BYTE_LENGTH = 64

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
  /**
   * Starts the workers that run the parallel systems: each joins with those of `createSystems`. By
   * default, and where memory is not shared, the thread that makes the shard runs them.
   */
  readonly startWorkers?: () => readonly Port[]
}

export interface Shard {
  /** The state, for whoever shows it. */
  readonly scene: Scene
  /** Decides, and moves what nobody else looks at. All shards are made before the first one. */
  decide(): void
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
  dispose(): Promise<void>
}

type Give = () => void | Promise<void>

/**
 * @throws (the promise) ArenaError 'out-of-memory'; what was allocated until then is given back.
 * StorageError 'not-joined' when a worker does not start
 */
export async function createShard(options: ShardOptions): Promise<Shard> {
  const disposers: Give[] = []
  const dispose = async () => {
    for (const give of disposers.splice(0).reverse()) await give()
  }
  try {
    const onDispose = (give: Give) => disposers.push(give)
    const scene = createScene(options, onDispose)
    const { startWorkers = () => [] } = options
    const group = await createWorkerGroup(scene.storage, startWorkers, {
      systems: createSystems(() => scene),
      scratchByteLength: SCRATCH_BYTE_LENGTH,
    })
    onDispose(() => group.close())
    return createParts(scene, group, ownCellsOf(options), dispose)
  } catch (error) {
    await dispose()
    throw error
  }
}

const ownCellsOf = ({ commons: { shardOf }, shard }: ShardOptions) =>
  [...shardOf.keys()].filter((cell) => shardOf[cell] === shard)

/** `onDispose` takes what undoes each allocation, as soon as it is made. */
function createScene(options: ShardOptions, onDispose: (give: Give) => void): Scene {
  const { arena, pool, commons, shard, things, seed, extraActorCount } = options
  const world = createWorld()
  const { level } = commons
  const ownCells = ownCellsOf(options)
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
  const tables = { Tally: createTally(storage) }
  const lists = (headsOffset: number) => {
    const created = createCellLists(arena, counted, components.Place, headsOffset)
    onDispose(() => created.dispose(ownCells))
    return created
  }
  const events = createEvents(tables.Tally)
  const mail = createMailbox({ arena, pool: counted, storage, commons, shard, events })
  onDispose(mail.dispose)
  const scene: Scene = {
    world,
    storage,
    arena,
    pool: counted,
    commons,
    shard,
    level,
    components,
    tables,
    random: createRandom(randomState, seed),
    path,
    collision: createCollision(level, path),
    bodies: lists(commons.bodyHeads),
    shots: lists(commons.shotHeads),
    events,
    mail,
  }
  spawnAll(scene, things, extraActorCount, seed)
  finish(scene)
  return scene
}

/** Ends a step, and the making of the shard. */
function finish({ storage, arena, commons, shard, components }: Scene): void {
  storage.sync()
  publish(arena, commons.published >> 2, shard, components)
}

function createParts(
  scene: Scene,
  group: Group,
  ownCells: readonly number[],
  dispose: () => Promise<void>,
): Shard {
  const { world, components, mail } = scene
  const actors = createActorSystems(scene)
  const shots = createShotSystems(scene)
  const arrive = (eid: number) =>
    hasComponent(world, eid, components.Actor) ? actors.arrive(eid) : shots.arrive(eid)
  const allTerms = [components.Position]
  const thinkerTerms = standing(components)
  const shotTerms = [components.Shot]
  return {
    scene,
    decide() {
      group.runSync('think', query(world, thinkerTerms))
      group.runSync('fly', query(world, shotTerms))
      shots.settle()
    },
    apply() {
      actors.move()
    },
    receive() {
      mail.receive(arrive)
      finish(scene)
    },
    entityCount: () => query(world, allTerms).length,
    shotCount: () => query(world, shotTerms).length,
    digest: () => digestOf(scene, ownCells),
    dispose,
  }
}
