/** What a run of a group goes through: stages, each of systems that run at once. */

import type { RunError } from '../storage/run-errors.ts'
import type { BegunRun } from '../storage/run-queue.ts'
import type { AnyTable } from '../tables/table-api.ts'
import type { SystemCall } from './job.ts'
import { checkedCount, type RunEntities } from './run-entities.ts'

export interface RunPlan {
  readonly stageCount: number
  /** The systems of a stage, which begins now. */
  callsOf(stage: number): readonly SystemCall[]
  /** The error when a run before does not end in time. */
  heldUpBy(run: BegunRun): RunError
}

/** One stage of one system. */
export class SingleCallPlan implements RunPlan {
  readonly stageCount = 1
  readonly #call: SystemCall = {
    name: '',
    system: '',
    entities: [],
    args: undefined,
    chunkLength: undefined,
    number: 0,
  }
  readonly #calls = [this.#call]
  readonly #tables: Readonly<Record<string, AnyTable>>

  /** @param tables of the storage, by name */
  constructor(tables: Readonly<Record<string, AnyTable>>) {
    this.#tables = tables
  }

  set(system: string, entities: RunEntities, args: unknown, chunkLength: number | undefined): this {
    const call = this.#call
    call.name = system
    call.system = system
    call.entities = entities
    call.args = args
    call.chunkLength = chunkLength
    return this
  }

  callsOf(): readonly SystemCall[] {
    return this.#calls
  }

  heldUpBy(run: BegunRun): RunError {
    return run.holdsUp(this.#call.name, checkedCount(this.#call.entities, this.#tables, 0))
  }
}
