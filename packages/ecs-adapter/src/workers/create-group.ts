/** Makes a group: with workers, or one that runs its systems in the thread of the world. */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument, storageDisposed } from '../base/errors.ts'
import type { Port } from '../base/ports.ts'
import type { Storage } from '../storage/storage-api.ts'
import { Group, type WorkerGroup } from './group.ts'
import { type AnySystems, checkSystems, type Systems } from './system.ts'
import { WorkerRegistry } from './worker-registry.ts'

export interface WorkerGroupOptions<S extends AnySystems = Systems> {
  /** Bytes of the scratch of each worker. Default 64 KiB; a full scratch takes more blocks. */
  readonly scratchByteLength?: number
  /** How long a worker may take to start and join. Default 30,000. */
  readonly joinTimeoutMs?: number
  /**
   * What `defineSystems` returned. Needed if the group may run systems in this thread, and this
   * thread does not call `defineSystems`, or calls it several times. Workers must have the same.
   */
  readonly systems?: S
}

const DEFAULT_SCRATCH_BYTE_LENGTH = 64 * 1024
/** The least that core's `createScratch` takes. */
const SCRATCH_BYTE_LENGTH_MIN = 64
const DEFAULT_JOIN_TIMEOUT_MS = 30_000

/**
 * Makes a group of workers that run systems over the columns of a storage. Each worker calls
 * `joinWorkerGroup` while it starts, and gets a pool and a scratch of its own; the arena needs a
 * slot for each. The storage cannot be disposed of until the group is closed.
 *
 * Without workers, or if the arena is not shared, the systems run in this thread, with the same
 * results: those of the option `systems`, or those that this thread has passed to `defineSystems`.
 *
 * @param workers in an array; or a function that starts them, which is only called if the arena is
 * shared. If it is not, an array of workers is not used
 * @throws (the promise) StorageError 'not-joined', at once for a worker that has ended if the
 * platform reports that, as Node and Bun do; 'invalid-argument', 'storage-disposed'; ArenaError
 * 'no-free-slot', 'out-of-memory'; what `workers` throws
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
