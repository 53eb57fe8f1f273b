/**
 * The member that runs systems in the thread of the world, if the group has no workers. A run calls
 * it when it begins, and is done when the call returns. It uses the pool, the components and the
 * tables of the storage itself.
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

export class LocalWorker {
  readonly member: Member
  readonly #storage: Storage
  readonly #scratch: Scratch
  readonly #commands: CommandBuffer
  readonly #runner: SystemRunner

  /** @throws ArenaError 'out-of-memory'; then nothing stays allocated */
  constructor(
    control: ControlWords,
    index: number,
    storage: Storage,
    scratchByteLength: number,
    { functions: systems }: CheckedSystems,
  ) {
    const { pool } = storage
    const report = pool.alloc(REPORT_BYTE_LENGTH)
    let scratch: Scratch | undefined
    try {
      scratch = createScratch(pool, { byteLength: scratchByteLength })
      this.#scratch = scratch
      this.#commands = createCommands(storage)
    } catch (error) {
      scratch?.dispose()
      pool.free(report)
      throw error
    }
    const own = new Member(control, index, report)
    const commands = this.#commands
    own.store(WORKER_SCRATCH, scratch.offset)
    own.store(WORKER_COMMANDS, commands.offset)
    this.member = own
    this.#storage = storage
    const parts = { control, own, index, pool, scratch, commands, systems }
    this.#runner = new SystemRunner({ ...parts, storage: seenBySystems(storage) })
  }

  /**
   * Runs the batches of a run that has begun. Returns whether batches remained after the deadline.
   */
  run(deadline: number): boolean {
    return this.#runner.runAssigned(deadline)
  }

  dispose(): void {
    const { pool } = this.#storage
    this.member.isGone = true
    if (!pool.isOpen) return
    this.#commands.dispose()
    this.#scratch.dispose()
    pool.free(this.member.report)
  }
}

/**
 * Returns the storage for systems. Its `sync` does nothing, because the storage syncs between runs,
 * not during them: see `Storage.publish`.
 */
const seenBySystems = ({ components, tables, indexOf }: Storage): SystemStorage => ({
  components: components as SystemStorage['components'],
  tables,
  indexOf,
  sync() {},
  detach() {},
})
