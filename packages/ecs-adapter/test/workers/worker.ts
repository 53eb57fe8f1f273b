/** The worker of these tests: what its systems do, by name. */
import { joinWorkerGroup, type Port, type SystemContext, type t } from '@ashlar/ecs-adapter'
import {
  isMain,
  startThread,
  type Thread,
  type ThreadKind,
} from '../../../../test/support/threads.ts'

type Floats = typeof t.f32 extends { array: new (...args: never[]) => infer A } ? A : never
interface Components {
  readonly Position: { readonly x: Floats; readonly y: Floats }
  readonly Velocity: { readonly x: Floats; readonly y: Floats }
  readonly Visits: { readonly count: Int32Array }
}

const burn = (turns: number) => {
  let sum = 0
  for (let i = 0; i < turns; i++) sum += Math.sqrt(i)
  return sum
}

type Context = SystemContext<Components>

export const systems = {
  empty() {},

  move({ components: { Position, Velocity }, entities, args }: Context) {
    const { dt } = args as { dt: number }
    for (const eid of entities) {
      Position.x[eid] += Velocity.x[eid] * dt
      Position.y[eid] += Velocity.y[eid] * dt
    }
  },

  /** Each entity counts how often it was visited, and where it stood in the query. */
  visit({ components: { Visits, Position }, entities, from }: Context) {
    for (let i = 0; i < entities.length; i++) {
      Atomics.add(Visits.count, entities[i], 1)
      Position.x[entities[i]] = from + i
    }
  },

  /** As its position says, an entity takes long. */
  uneven({ components: { Position, Visits }, entities }: Context) {
    for (const eid of entities) {
      Position.y[eid] = burn(Position.x[eid])
      Visits.count[eid]++
    }
  },

  /** Sums by way of the scratch, and keeps a block of the pool for each chunk. */
  allocate({ components: { Position, Visits }, entities, scratch, pool, arena }: Context) {
    const squares = scratch.array(Float64Array, entities.length)
    for (let i = 0; i < entities.length; i++) squares[i] = entities[i] ** 2
    const block = pool.alloc(16)
    arena.i32[block >> 2] = entities.length
    for (let i = 0; i < entities.length; i++) {
      Position.x[entities[i]] = squares[i]
      Visits.count[entities[i]] = block
    }
  },

  /** Frees what `allocate` kept: mostly blocks of other workers. */
  free({ components: { Visits }, args, pool }: Context) {
    for (const eid of args as number[]) pool.free(Visits.count[eid])
  },

  fail({ entities, args }: Context) {
    if (entities.includes(args as number)) failAt(args as number)
  },

  promise: (async () => {}) as never,

  /** Says that it is there, and stays until it is told to end, or is killed. */
  hang({ components: { Visits }, entities, args, arena }: Context) {
    const { eid, flag } = args as { eid: number; flag: number }
    if (entities.includes(eid)) {
      Atomics.store(arena.i32, flag, 1)
      while (Atomics.load(arena.i32, flag) === 1) burn(100)
    }
    for (const other of entities) Visits.count[other]++
  },

  closePool({ pool }: Context) {
    pool.close()
  },
}

function failAt(eid: number): never {
  throw new RangeError(`entity ${eid} is out of its mind`)
}

if (!isMain) {
  const { parentPort } =
    'process' in globalThis ? await import('node:worker_threads') : { parentPort: null }
  const port: Port = parentPort ?? (globalThis as unknown as Port)
  const how = await new Promise<string>((resolve) => {
    const listen = (message: unknown) => typeof message === 'string' && resolve(message)
    if (parentPort) parentPort.on('message', listen)
    else globalThis.addEventListener('message', ({ data }) => listen(data))
  })
  if (how === 'fail') throw new Error('this worker fails')
  const { empty } = systems
  const given = how === 'other systems' ? { empty, other: empty } : systems
  // As often as it is invited.
  while (how !== 'stay away') await joinWorkerGroup(port, given as typeof systems)
}

/** Starts a worker that does as it is told: 'join', 'stay away', 'fail', 'other systems'. */
export function startWorker(kind: ThreadKind, how = 'join'): Thread & { readonly worker: Port } {
  const thread = startThread(
    kind,
    () => {},
    () => {},
  )
  thread.post(how)
  return { ...thread, worker: thread.worker as Port }
}
