/** Makes a group with workers, or a group that runs its systems in the thread of the world. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument, storageDisposed } from '../base/errors.ts'
import type { Port } from '../base/ports.ts'
import type { Storage } from '../storage/storage-api.ts'
import { Group, type WorkerGroup } from './group.ts'
import { type AnySystems, checkSystems, type Systems } from './system.ts'
import { WorkerRegistry } from './worker-registry.ts'

/** Options of `createWorkerGroup`. */
export interface WorkerGroupOptions<S extends AnySystems = Systems> {
  /**
   * How many bytes the first block of each worker's scratch has. Default 65,536. A full scratch
   * takes further blocks.
   */
  readonly scratchByteLength?: number
  /** How many milliseconds a worker may take to start and join. Default 30,000. */
  readonly joinTimeoutMs?: number
  /**
   * What `defineSystems` returned. It also gives `group.run` its types. It is needed if the group
   * may run systems in this thread, and this thread has called `defineSystems` more than once or
   * not at all. Workers must have the same systems.
   */
  readonly systems?: S
}

const DEFAULT_SCRATCH_BYTE_LENGTH = 64 * 1024
/** The least byte length that `createScratch` of core accepts. */
const SCRATCH_BYTE_LENGTH_MIN = 64
const DEFAULT_JOIN_TIMEOUT_MS = 30_000

/**
 * Makes a group of workers that run systems over the columns of a storage. Each worker calls
 * `joinWorkerGroup` while it starts. It then gets a pool and a scratch, so the arena needs a slot
 * for each worker.
 *
 * ```ts
 * const startWorker = () => new Worker(new URL('./worker.ts', import.meta.url))
 * const group = await createWorkerGroup(storage, () => [startWorker(), startWorker()], { systems })
 * await group.run('move', query(world, [Position]), { dt: 0.016 })
 * await group.close()
 * ```
 *
 * If there are no workers, or if the arena is not shared, the systems run in this thread, with the
 * same results. While a group is open, its storage cannot be disposed of.
 * @param workers an array of workers, or a function that starts them and returns the array. If the
 * arena is not shared, the function is not called, and an array is not used
 * @throws The promise rejects with StorageError 'not-joined' if a worker does not join in time,
 * 'invalid-argument', 'storage-disposed'; ArenaError 'no-free-slot', 'out-of-memory'; or what
 * `workers` throws. Node and Bun report a worker that has ended: the promise then rejects at once
 */
export async function createWorkerGroup<S extends AnySystems = Systems>(
  storage: Storage,
  workers: readonly Port[] | (() => readonly Port[]),
  options: WorkerGroupOptions<S> = {},
): Promise<WorkerGroup<S>> {
  if (typeof storage !== 'object' || storage === null || !('openGroups' in storage)) {
    throw invalidArgument('the storage', storage, 'what createStorage() gives')
  }
  checkOptions('the options', options, ['scratchByteLength', 'joinTimeoutMs', 'systems'])
  const { scratchByteLength = DEFAULT_SCRATCH_BYTE_LENGTH } = options
  const { joinTimeoutMs = DEFAULT_JOIN_TIMEOUT_MS } = options
  if (typeof workers !== 'function') checkWorkers(workers)
  if (!(Number.isInteger(scratchByteLength) && scratchByteLength >= SCRATCH_BYTE_LENGTH_MIN)) {
    const expected = `a whole number of bytes from ${SCRATCH_BYTE_LENGTH_MIN} on`
    throw invalidArgument('scratchByteLength', scratchByteLength, expected)
  }
  if (typeof joinTimeoutMs !== 'number' || !(joinTimeoutMs > 0)) {
    throw invalidArgument('joinTimeoutMs', joinTimeoutMs, 'a number of milliseconds above 0')
  }
  const systems = options.systems === undefined ? undefined : checkSystems(options.systems)
  if (storage.isDisposed) throw storageDisposed()
  const used = storage.pool.arena.shared ? workersOf(workers) : []
  const isLocal = used.length === 0
  const made = { scratchByteLength, joinTimeoutMs, systems, isLocal }
  const group = new Group(new WorkerRegistry(storage, made))
  const joins = await Promise.allSettled(Array.from(used, (worker) => group.add(worker)))
  const failed = joins.find((join) => join.status === 'rejected')
  if (failed === undefined) return group as WorkerGroup<S>
  await group.close()
  throw failed.reason
}

function workersOf(workers: readonly Port[] | (() => readonly Port[])): readonly Port[] {
  if (typeof workers !== 'function') return workers
  const made = workers()
  checkWorkers(made)
  return made
}

function checkWorkers(workers: unknown): void {
  if (Array.isArray(workers)) return
  throw invalidArgument('the workers', workers, 'an array of workers, or a function that gives one')
}
