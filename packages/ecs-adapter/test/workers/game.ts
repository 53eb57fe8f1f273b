/** A world with a group of workers, and what all of their tests check. */
import { Arena, blocks, verify } from '@ashlar/core'
import {
  createStorage,
  createWorkerGroup,
  type Storage,
  type Systems,
  t,
  verifyStorage,
  type WorkerGroup,
} from '@ashlar/ecs-adapter'
import { addComponent, addEntity, createWorld, query, set } from 'bitecs'
import * as assert from 'uvu/assert'
import { type ThreadKind, threadKinds } from '../../../../test/support/threads.ts'
import { createComponent } from '../support.ts'
import { startWorker, systems } from './worker.ts'

/** Where systems run: on workers, or in this thread, over an arena that is shared or not. */
export type GroupKind = ThreadKind | 'here' | 'here, not shared'
export const groupKinds: readonly GroupKind[] = [...threadKinds, 'here', 'here, not shared']
export const isThreadKind = (kind: GroupKind): kind is ThreadKind => !kind.startsWith('here')

/** The main thread of a page may not. */
export const mayBlock = !('document' in globalThis)
/** Deno ends such threads only when they end by themselves: see `threadExited`. */
export const mayTerminate = (kind: ThreadKind) => !('Deno' in globalThis && kind === 'node')

export function createGame(entityCount: number, capacity = entityCount + 1, kind?: GroupKind) {
  const arena = Arena.create({ byteLength: 16 << 20, shared: kind !== 'here, not shared' })
  arena.onViolation = (error) => assert.unreachable(error.message)
  const world = createWorld()
  const storage = createStorage(world, arena.openPool(), { capacity })
  const Position = storage.component('Position', { x: t.f32, y: t.f32 })
  const Velocity = storage.component('Velocity', { x: t.f32, y: t.f32 })
  const Visits = storage.component('Visits', { count: t.i32 })
  const spawn = () => {
    const eid = addEntity(world)
    addComponent(world, eid, set(Position, { x: eid, y: 1 }))
    addComponent(world, eid, set(Velocity, { x: 2, y: eid }))
    addComponent(world, eid, Visits)
    return eid
  }
  const eids = Array.from({ length: entityCount }, spawn)
  const all = () => query(world, [Position, Velocity, Visits])
  return { arena, world, storage, Position, Velocity, Visits, eids, all, spawn }
}

export type Game = ReturnType<typeof createGame>
export type PathGame = ReturnType<typeof addPaths>
export type Team = Awaited<ReturnType<typeof createGroup>>

export async function createGroup({ storage }: Pick<Game, 'storage'>, kind: GroupKind, count = 2) {
  const threads = isThreadKind(kind) ? Array.from({ length: count }, () => startWorker(kind)) : []
  const workers = threads.map(({ worker }) => worker)
  const isHere = !isThreadKind(kind)
  const group = await createWorkerGroup(storage, workers, isHere ? { systems: untyped } : {})
  verifyAfterRuns(group, storage)
  return { group, threads }
}

/** Most tests call systems as untyped code does. */
export const untyped: Systems = { ...(systems as unknown as Systems) }

/**
 * Verifies the storage after each run that succeeds, unless another run has begun by then. A killed
 * worker may keep references of interned texts.
 */
function verifyAfterRuns(group: WorkerGroup, storage: Storage): void {
  const { run } = group
  let hasLost = false
  Object.defineProperty(group, 'run', {
    value: async (...args: Parameters<WorkerGroup['run']>) => {
      const { length } = group.workers
      try {
        await run.apply(group, args)
      } finally {
        hasLost ||= group.workers.length < length
      }
      if (storage.runs.last?.isDone() !== true) return
      const findings = verifyStorage(storage)
      const isKept = (finding: { invariant: string }) =>
        !hasLost || finding.invariant !== 'interned'
      assert.equal(findings.filter(isKept), [])
    },
  })
}

/** Gives every entity of a game, and those that `spawn` makes from then on, lists and texts. */
export function addPaths(game: Game, { sparse = false } = {}) {
  const { world, storage, eids } = game
  const schema = {
    points: t.list(t.f32),
    targets: t.list(t.eid, { weak: true }),
    label: t.text,
    kind: t.text({ interned: true }),
  }
  const Path = createComponent(storage, 'Path', schema, sparse)
  const add = (eid: number) =>
    addComponent(world, eid, set(Path, { points: [eid, 0.5], kind: 'road', label: `way ${eid}` }))
  for (const eid of eids) add(eid)
  const spawn = () => {
    const eid = game.spawn()
    add(eid)
    return eid
  }
  return { ...game, Path, spawn }
}

/**
 * The group leaves nothing behind but what is freed here.
 * @param lostAtMost blocks that workers took with them when they were killed
 */
export async function endAll(
  game: Game,
  { group, threads }: Team,
  offsetsToFree: readonly number[] = [],
  lostAtMost = 0,
) {
  const { arena, storage } = game
  await group.close()
  for (const offset of offsetsToFree) storage.pool.free(offset)
  if (lostAtMost === 0) assert.equal(verifyStorage(storage, { exclusive: true }), [])
  storage.dispose()
  storage.pool.flush()
  storage.pool.collect()
  assert.equal(verify(arena), [])
  const owners = arena.stats().slots.filter(({ state }) => state === 'open')
  assert.equal(
    owners.map(({ slot }) => slot),
    [storage.pool.slot],
  )
  // What was freed for a closed slot is taken when somebody opens it.
  for (const { slot } of arena.stats().slots) if (slot !== storage.pool.slot) arena.openPool()
  const left = blocks(arena)
  assert.ok(left.length <= lostAtMost, `blocks are left: ${JSON.stringify(left)}`)
  for (const thread of threads) thread.terminate()
}

/** Longer than a busy machine needs; shorter than the runner waits, so that the test is named. */
const UNTIL_MS_MAX = 120_000

export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + UNTIL_MS_MAX
  while (!condition()) {
    assert.ok(performance.now() < end, `this did not come about: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** The places of entities at which systems hang, each in a batch of 10 of its own. */
export function createTraps({ storage, eids, arena }: Game, places: readonly number[]) {
  const block = storage.pool.allocZeroed(4 * places.length)
  const flags = places.map((_, i) => (block >> 2) + i)
  const args = flags.map((flag, i) => ({ eid: eids[places[i]], flag }))
  const untilCaught = () => until(() => flags.every((flag) => Atomics.load(arena.i32, flag) === 1))
  const open = () => {
    for (const flag of flags) Atomics.store(arena.i32, flag, 2)
  }
  return { args, untilCaught, open, block }
}

export async function errorOf(
  promise: Promise<unknown>,
  words: readonly string[] = [],
): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error(`no error was thrown ${words.join(', ')}`.trimEnd())
}

export async function assertRejects(promise: Promise<unknown>, code: string, ...words: string[]) {
  const error = await errorOf(promise, words)
  assert.is(error.code, code, error.message)
  for (const word of words) assert.ok(error.message.includes(word), error.message)
}
