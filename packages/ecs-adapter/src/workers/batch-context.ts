/**
 * The context that systems are called with. Each worker has one context, which changes with each
 * batch.
 */
import type { Arena, Pool, Scratch } from '@ashlar/core'
import { otherBatch } from '../base/run-errors.ts'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import type { Chunk } from '../tables/table-chunk.ts'
import type { BatchKind, JobReader } from './job-reader.ts'
import type { SystemContext } from './system.ts'

/**
 * The parts of a storage that systems use. The storage is attached, or belongs to the same thread.
 */
export interface SystemStorage extends Pick<SystemContext, 'components' | 'tables' | 'indexOf'> {
  /** Called when a run begins, and when it has ended. */
  sync(): void
  detach(): void
}

export class BatchContext implements SystemContext {
  readonly components: SystemContext['components']
  readonly tables: SystemContext['tables']
  readonly indexOf: SystemContext['indexOf']
  readonly commands: CommandBuffer
  readonly scratch: Scratch
  readonly pool: Pool
  readonly arena: Arena
  args: unknown
  from = 0
  readonly #jobs: JobReader

  constructor(
    { components, tables, indexOf }: SystemStorage,
    pool: Pool,
    commands: CommandBuffer,
    scratch: Scratch,
    jobs: JobReader,
  ) {
    this.components = components
    this.tables = tables
    this.indexOf = indexOf
    this.commands = commands
    this.scratch = scratch
    this.pool = pool
    this.arena = pool.arena
    this.#jobs = jobs
  }

  get entities(): Int32Array {
    this.#check('entities')
    return this.#jobs.ids
  }

  get chunks(): readonly Chunk[] {
    this.#check('chunks')
    return this.#jobs.chunks
  }

  get workerIndex(): number {
    this.#check('workerIndex')
    return this.#jobs.from
  }

  #check(read: BatchKind): void {
    if (this.#jobs.kind !== read) throw otherBatch(read, this.#jobs.kind)
  }
}
