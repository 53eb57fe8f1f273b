/**
 * Schedules run systems in stages. The systems of one stage do not conflict. The stages depend only
 * on what the systems declare. A schedule runs its group by `$run` and `$runSync`.
 */
import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import { stageTooWide } from '../base/run-errors.ts'
import { JOB_CAPACITY } from '../workers/control-block.ts'
import { Group, type WorkerGroup } from '../workers/group.ts'
import type { SystemCall } from '../workers/job.ts'
import type { TimeoutOptions } from '../workers/run-timeout.ts'
import type { AnySystems, Systems } from '../workers/system.ts'
import { planStages } from './parallel-stages.ts'
import { checkEntries, type ScheduleEntry } from './schedule-entry.ts'
import { printPlan } from './schedule-text.ts'

/** Systems in stages. The systems of one stage run at the same time. `createSchedule` makes it. */
export interface Schedule {
  /** The names of the entries, stage by stage. */
  readonly stages: readonly (readonly string[])[]

  /**
   * Runs all systems once, stage by stage, as one run of the group. When a stage begins, the
   * functions `entities` and `args` of its entries are called. When it ends, its commands are
   * applied: in the order of the entries, then of the entities, then as they were recorded. If a
   * stage fails or the time is up, no other stage begins. Runs that `entities` and `args` begin
   * wait until this run is done.
   * @param options `timeoutMs` limits all stages together
   * @throws The promise rejects as that of {@link WorkerGroup.run} does, or with what `entities`
   * and `args` throw. In a RunError, `system` is the first system of the stage that failed, and
   * `others` has the rest that failed
   */
  run(options?: TimeoutOptions): Promise<void>

  /**
   * Does the same as `run`, but blocks this thread until all stages are done.
   * @throws RunError and others, as {@link WorkerGroup.runSync}; what `entities` and `args` throw
   */
  runSync(options?: TimeoutOptions): void

  /**
   * Returns the stages as text: what each system reads and writes, which systems it waits for, and
   * why.
   */
  toString(): string
}

/**
 * Plans in which stages systems run. Two systems conflict if one writes what the other reads or
 * writes, or if one declares neither `reads` nor `writes`. If two systems conflict, the earlier
 * entry runs first. Each system is in the first stage after all earlier systems that conflict with
 * it.
 *
 * ```ts
 * const schedule = createSchedule(group, [
 *   { system: 'think', entities: () => query(world, [Brain]), reads: [Position], writes: [Brain] },
 *   { system: 'steer', entities: () => query(world, [Brain]), reads: [Brain], writes: [Velocity] },
 * ])
 * await schedule.run()
 * ```
 *
 * A schedule holds no memory. It can be run until its group is closed.
 * @param entries at most 64 in one stage. If entries conflict, their order decides
 * @throws StorageError 'invalid-argument'
 */
export function createSchedule<S extends AnySystems = Systems>(
  group: WorkerGroup<S>,
  entries: readonly ScheduleEntry<S>[],
): Schedule {
  if (!(group instanceof Group)) {
    throw invalidArgument('the group', group, 'what createWorkerGroup() gives')
  }
  const { components, tables } = group.storage
  const named = [...Object.entries(components), ...Object.entries(tables)]
  const systems = checkEntries(entries, group.systems, named)
  const plan = planStages(systems)
  const widest = Math.max(0, ...plan.stages.map((stage) => stage.length))
  if (widest > JOB_CAPACITY) throw stageTooWide(widest, JOB_CAPACITY)
  const text = printPlan(plan, named)
  const calls = plan.stages.map((stage) =>
    stage.map((number): SystemCall => {
      const { name } = systems[number]
      const inputs = { ...entries[number] }
      const { system, batchSize } = inputs
      return { name, system, entities: [], batchSize, number, inputs }
    }),
  )
  return {
    stages: plan.stages.map((stage) => stage.map((index) => systems[index].name)),
    async run(options = NO_OPTIONS) {
      checkOptions('the options', options, TIMEOUT_OPTIONS)
      await group.$run(calls, options)
    },
    runSync(options = NO_OPTIONS) {
      checkOptions('the options', options, TIMEOUT_OPTIONS)
      group.$runSync(calls, options)
    },
    toString: () => text,
  }
}

const NO_OPTIONS: TimeoutOptions = {}
const TIMEOUT_OPTIONS = ['timeoutMs'] as const
