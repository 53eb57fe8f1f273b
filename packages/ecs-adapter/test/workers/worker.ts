/** The worker of these tests: what its systems do, by name. */
import { Arena, type ArenaHandle, holdThreadLock, type ThreadLock } from '@ashlar/core'
import {
  attachStorage,
  createStorage,
  joinWorkerGroup,
  type ListField,
  type ListType,
  moveIn,
  moveOut,
  type Port,
  type SparseRows,
  type StorageHandle,
  type System,
  type SystemContext,
  type TextField,
  t,
} from '@ashlar/ecs-adapter'
import { createWorld } from 'bitecs'
import {
  isMain,
  startThread,
  type Thread,
  type ThreadKind,
} from '../../../../test/support/threads.ts'
import { commandSystems, stayAt } from './command-systems.ts'
import { eachSystems } from './each-systems.ts'
import { memorySystems } from './memory-systems.ts'
import { modelSystems } from './model-systems.ts'
import { scheduleSystems } from './schedule-systems.ts'
import { tableSystems } from './table-systems.ts'
import { churnTable } from './table-work.ts'
import { weakSystems } from './weak-systems.ts'

type Floats = typeof t.f32 extends { array: new (...args: never[]) => infer A } ? A : never
interface Components {
  readonly Position: { readonly x: Floats; readonly y: Floats }
  readonly Velocity: { readonly x: Floats; readonly y: Floats }
  readonly Visits: { readonly count: Int32Array }
  readonly Burning: {
    readonly marks: ListField
    readonly rows: SparseRows<{ heat: typeof t.f32; marks: ListType<typeof t.u8> }>
  }
  readonly Path: {
    readonly points: ListField
    readonly targets: ListField
    readonly label: TextField
    readonly kind: TextField
  }
}

const burn = (turns: number) => {
  let sum = 0
  for (let i = 0; i < turns; i++) sum += Math.sqrt(i)
  return sum
}

type Context = SystemContext<Components>

const KINDS = ['road', 'Fluß', 'bridge of stone', '😀', 'x'.repeat(300), '']

/** A number below 2 ** 16 that looks like chance, of an entity in a frame. */
function diceOf(eid: number, frame: number): number {
  const mixed = Math.imul(eid ^ Math.imul(frame, 0x9e3779b1), 0x85ebca6b)
  return (mixed ^ (mixed >>> 13)) >>> 16
}

const imported = [
  ...[commandSystems, scheduleSystems, modelSystems],
  ...[tableSystems, eachSystems, memorySystems, weakSystems],
]
const names = imported.flatMap((one) => Object.keys(one))
const twice = names.find((name, i) => names.indexOf(name) !== i)
if (twice !== undefined) throw new Error(`two tests have a system ${twice}`)

export const systems = {
  ...commandSystems,
  ...scheduleSystems,
  ...modelSystems,
  ...tableSystems,
  ...eachSystems,
  ...memorySystems,
  ...weakSystems,

  empty() {},

  move({ components: { Position, Velocity }, entities, args }: Context) {
    const { dt } = args as { dt: number }
    for (const eid of entities) {
      Position.x[eid] += Velocity.x[eid] * dt
      Position.y[eid] += Velocity.y[eid] * dt
    }
  },

  /** Cools what burns, and puts out what is cold; lights what is next. By rows, and by lists. */
  burn({ components: { Burning }, entities, commands }: Context) {
    const { rows } = Burning
    for (const eid of entities) {
      const row = rows.indexOf(eid)
      if (row < 0) {
        if (eid % 3 === 0) commands.set(eid, 'Burning', { heat: eid % 7, marks: [eid & 255] })
        continue
      }
      rows.heat[row] -= 1
      Burning.marks.push(eid, rows.heat[row])
      if (rows.heat[row] <= 0 || rows.entities[row] !== eid) commands.remove(eid, 'Burning')
    }
  },

  /** Looks up rows of what is no entity, and says how many rows there are. */
  askRows({ components }: Context) {
    const found = components.Burning.rows
    for (const eid of [0, -1, 2 ** 31, 1.5, Number.NaN]) {
      if (found.indexOf(eid) !== -1) throw new Error(`${eid} has row ${found.indexOf(eid)}`)
    }
    throw new Error(`${found.count} rows, ${found.entities[0]} first`)
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

  /** Sums by way of the scratch, and keeps a block of the pool for each batch. */
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

  reject: (async () => {
    throw new Error('too late')
  }) as never,

  /** Throws what is hard to report. */
  throwOdd({ args }: Context) {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const error = Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('a getter')
      },
    })
    throw [Object.create(null), proxy, error, Symbol('x'), undefined][args as number]
  },

  /** At some entities it reports that it is there, and stays until it may go on, or is killed. */
  hang({ components: { Visits }, entities, args, arena, scratch }: Context) {
    scratch.array(Uint8Array, 200_000) // overflows: an heir has to free two blocks
    for (const { eid, flag } of args as { eid: number; flag: number }[]) {
      if (!entities.includes(eid)) continue
      stayAt(arena.i32, flag)
    }
    for (const other of entities) Visits.count[other]++
  },

  /** Edits an entity's lists and texts by its id and the frame only. */
  churn({ components: { Path, Position }, entities, args }: Context) {
    const frame = args as number
    for (const eid of entities) churnOne(Path, eid, diceOf(eid, frame))
    for (const eid of entities) Position.x[eid] = Path.points.length(eid)
  },

  /** Never ends by itself: for those who are killed. */
  churnForEver({ components: { Path }, entities }: Context) {
    for (let frame = 0; ; frame++) {
      for (const eid of entities) churnOne(Path, eid, diceOf(eid, frame))
    }
  },

  /** Makes lists longer until there is no memory. */
  fill({ components: { Path }, entities }: Context) {
    for (;;) for (const eid of entities) Path.points.append(eid, [1, 2, 3, 4, 5, 6, 7, 8])
  },

  clearPaths({ components: { Path }, entities }: Context) {
    for (const eid of entities) {
      for (const list of [Path.points, Path.targets]) list.clear(eid)
      for (const text of [Path.label, Path.kind]) text.clear(eid)
    }
  },

  /** Takes all the memory there is by its commands and its scratch, and stays as `hang` does. */
  hoard({ args, arena, commands, scratch }: Context) {
    try {
      for (let i = 0; i < 10_000; i++) commands.spawn()
    } catch {
      // another worker was faster, and has it all
    }
    for (const byteLength of [2 ** 20, 100_000, 10_000, 1000, 100, 16]) {
      try {
        for (;;) scratch.alloc(byteLength)
      } catch {
        // there is no room for more of this length
      }
    }
    const [{ flag }] = args as { flag: number }[]
    stayAt(arena.i32, flag)
  },

  closePool({ pool }: Context) {
    pool.close()
  },

  disposeScratch({ scratch }: Context) {
    scratch.dispose()
  },
}

export function churnOne(
  { points, targets, label, kind }: Components['Path'],
  eid: number,
  dice: number,
): void {
  const index = dice % Math.max(1, points.length(eid))
  switch (dice & 15) {
    case 0:
      points.clear(eid)
      break
    case 1:
      points.resize(eid, points.length(eid) >> 1)
      break
    case 2:
      points.replace(eid, points.toArray(eid).reverse())
      break
    case 3:
      if (points.length(eid) > 0) points.removeAt(eid, index)
      break
    case 4:
      if (points.length(eid) > 0) points.swapRemoveAt(eid, index)
      break
    case 5:
      points.insert(eid, Math.min(index, points.length(eid)), dice / 8)
      break
    case 6:
      label.clear(eid)
      break
    case 7:
      points.append(eid, points.toArray(eid).slice(0, 500))
      break
    case 8:
      kind.set(eid, `${kind.get(eid).slice(0, 3)}${dice & 255}`)
      break
    case 9:
      targets.push(eid, 1 + (dice >> 8))
      break
    default:
      points.push(eid, dice + points.length(eid) / 4)
      label.set(eid, `${label.get(eid).slice(-40)}ü${dice}`)
      kind.set(eid, KINDS[dice % KINDS.length])
  }
}

function failAt(eid: number): never {
  throw new RangeError(`entity ${eid} is out of its mind`)
}

export interface ReadOrder {
  readonly arena: ArenaHandle
  readonly storage: StorageHandle
  readonly slot: number
  readonly lock: ThreadLock
  /** Word that counts the rounds; -1 ends them. */
  readonly counter: number
}

/** In no group: reads all again and again, and reports what is wrong. */
function read(port: Port): void {
  const start = async (order: ReadOrder) => {
    await holdThreadLock(order.lock)
    const arena = Arena.attach(order.arena)
    const pool = arena.openPool(order.slot)
    const attached = attachStorage(order.storage, pool)
    const round = () => {
      attached.sync()
      const { x } = (attached.components as unknown as Components).Position
      for (const eid of attached.entities) {
        if (x[eid] !== eid) port.postMessage(`x of ${eid} is ${x[eid]}`)
      }
      return Atomics.add(arena.i32, order.counter, 1) !== -1
    }
    const turn = () => {
      for (let i = 0; i < 50; i++) {
        if (round()) continue
        attached.detach()
        pool.close()
        port.postMessage('closed')
        return
      }
      setTimeout(turn, 0)
    }
    turn()
  }
  onMessage(port, (order) => start(order as ReadOrder))
}

export interface WorldOrder {
  readonly arena: ArenaHandle
  readonly slot: number
  readonly lock: ThreadLock
}

/** What a thread with a world of its own is sent: an entity to take in, and maybe to keep. */
export interface EntityOrder {
  readonly packed: number
  readonly mark: number
  readonly isKept: boolean
  /** Comes back with the answer. */
  readonly assignedRun: number
}

/** In no group: has a world of its own, marks the entities that it is sent, and sends them back. */
function keepWorld(port: Port): void {
  let takeIn: ((order: EntityOrder) => void) | undefined
  let end = () => {}
  const start = async (order: WorldOrder) => {
    await holdThreadLock(order.lock)
    const arena = Arena.attach(order.arena)
    const pool = arena.openPool(order.slot)
    const world = createWorld()
    const storage = createStorage(world, pool, { capacity: 4 })
    const Marked = storage.component('Marked', { marks: t.list(t.i32), label: t.text, last: t.i32 })
    takeIn = ({ packed, mark, isKept, assignedRun }) => {
      const eid = moveIn(storage, packed)
      Marked.marks.push(eid, mark)
      Marked.label.set(eid, `${Marked.label.get(eid)}ü${mark}`)
      Marked.last[eid] = mark
      const answer = isKept ? { kept: eid } : { packed: moveOut(storage, eid) }
      storage.sync()
      port.postMessage({ assignedRun, ...answer })
    }
    end = () => {
      storage.dispose()
      pool.close()
      port.postMessage('closed')
    }
    port.postMessage({ handle: storage.handle })
  }
  onMessage(port, (message) => {
    if (message === 'end') end()
    else if (takeIn === undefined) start(message as WorldOrder)
    else takeIn(message as EntityOrder)
  })
}

function onMessage(port: Port, listener: (message: unknown) => void): void {
  if ('on' in port) port.on('message', listener)
  else port.addEventListener('message', (event) => listener((event as MessageEvent).data))
}

if (!isMain) {
  const { parentPort } =
    'process' in globalThis ? await import('node:worker_threads') : { parentPort: null }
  const port: Port = parentPort ?? (globalThis as unknown as Port)
  const { how, gate } = await new Promise<Order>((resolve) => {
    const listen = (message: Partial<Order>) => {
      if (message.how !== undefined) resolve({ how: message.how, gate: message.gate })
    }
    if (parentPort) parentPort.on('message', listen)
    else globalThis.addEventListener('message', ({ data }) => listen(data))
  })
  if (how === 'read') read(port)
  if (how === 'world') keepWorld(port)
  if (how === 'table') churnTable(port)
  if (how === 'fail') throw new Error('this worker fails')
  if (how === 'end') parentPort ? process.exit(0) : globalThis.close()
  const { empty } = systems
  const given = how === 'other systems' ? { empty, other: empty } : systems
  // As often as it is invited.
  // Those of commands know other components.
  const join = () => joinWorkerGroup(port, given as unknown as Record<string, System<Components>>)
  if (how === 'join once') {
    if (gate) Atomics.wait(gate, 0, 0) // messages wait as well
    await join()
  }
  while (how === 'join' || how === 'other systems') await join()
}

interface Order {
  /** 'join', 'stay away', 'fail', 'read', 'world', 'table', ... */
  readonly how: string
  /** The worker of 'join once' sleeps until this word is not 0. */
  readonly gate?: Int32Array | undefined
}

export function startWorker(
  kind: ThreadKind,
  how = 'join',
  onMessage: (message: unknown) => void = () => {},
  gate?: Int32Array,
): Thread & { readonly worker: Port } {
  const thread = startThread(kind, onMessage, () => {})
  thread.post({ how, gate } satisfies Order)
  return { ...thread, worker: thread.worker as Port }
}
