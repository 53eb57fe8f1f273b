/**
 * The member that runs systems in the thread of the world, if the group has no workers. It is
 * called when a run begins, and has finished when the call returns. The pool, the components and
 * the tables are those of the storage itself.
 */
import { createScratch, type Scratch } from '@ashlar/core'
import type { CommandBuffer } from '../commands/command-buffer.ts'
import { createCommands } from '../storage/commands.ts'
import type { Storage } from '../storage/storage-api.ts'
import type { SystemStorage } from './batch-context.ts'
import type { ControlWords } from './control-block.ts'
import { WORKER_COMMANDS, WORKER_SCRATCH } from './control-block.ts'
import { Member } from './member.ts'
import type { CheckedSystems } from './system.ts'
import { REPORT_BYTE_LENGTH } from './system-failure.ts'
import { SystemRunner } from './system-runner.ts'

export class LocalWorker extends Member {
  readonly #storage: Storage
  readonly #scratch: Scratch
  readonly #commands: CommandBuffer
  readonly #runner: SystemRunner

  private constructor(
    control: ControlWords,
    index: number,
    report: number,
    storage: Storage,
    scratch: Scratch,
    commands: CommandBuffer,
    systems: CheckedSystems,
  ) {
    super(control, index, report)
    this.#storage = storage
    this.#scratch = scratch
    this.#commands = commands
    this.store(WORKER_SCRATCH, scratch.offset)
    this.store(WORKER_COMMANDS, commands.offset)
    this.#runner = new SystemRunner({
      ...{ control, own: this, index, scratch, commands },
      ...{ pool: storage.pool, storage: seenBySystems(storage), systems: systems.functions },
    })
  }

  /** @throws ArenaError 'out-of-memory': then nothing is left allocated */
  static create(
    control: ControlWords,
    index: number,
    storage: Storage,
    scratchByteLength: number,
    systems: CheckedSystems,
  ): LocalWorker {
    const { pool } = storage
    const report = pool.alloc(REPORT_BYTE_LENGTH)
    let scratch: Scratch | undefined
    try {
      scratch = createScratch(pool, { byteLength: scratchByteLength })
      const commands = createCommands(storage)
      return new LocalWorker(control, index, report, storage, scratch, commands, systems)
    } catch (error) {
      scratch?.dispose()
      pool.free(report)
      throw error
    }
  }

  /** Runs the batches of a run that has begun. Returns whether it left some after the deadline. */
  run(deadline: number): boolean {
    return this.#runner.runAssigned(deadline)
  }

  dispose(): void {
    const { pool } = this.#storage
    this.isGone = true
    if (!pool.isOpen) return
    this.#commands.dispose()
    this.#scratch.dispose()
    pool.free(this.report)
  }
}

/** The storage syncs between runs, not in them: see `Storage.publish`. */
const seenBySystems = ({ components, tables, indexOf }: Storage): SystemStorage => ({
  components: components as SystemStorage['components'],
  tables,
  indexOf,
  sync() {},
  detach() {},
})
