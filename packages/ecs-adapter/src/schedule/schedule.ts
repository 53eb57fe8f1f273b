/** Schedules: systems that say what they read and write, run in stages of those that can run at once. */

import { checkOptions } from '../base/arguments.ts'
import { invalidArgument } from '../base/errors.ts'
import type { RunError } from '../storage/run-errors.ts'
import { stageTooWide } from '../storage/run-errors.ts'
import type { BegunRun } from '../storage/run-queue.ts'
import type { Storage } from '../storage/storage-api.ts'
import { JOB_CAPACITY } from '../workers/control-block.ts'
import type { Declared } from '../workers/declared.ts'
import { Group, type TimeoutOptions, type WorkerGroup } from '../workers/group.ts'
import type { SystemCall } from '../workers/job.ts'
import type { RunPlan } from '../workers/run-plan.ts'
import { type Access, isUnknown, planStages } from './access.ts'
import { checkEntries, type ScheduleEntry } from './schedule-entry.ts'
import { AccessNames, drawPlan, printPlan } from './schedule-text.ts'

export interface ScheduleOptions {
  /**
   * While you develop: a system that takes a component or table from its context which its entry has
   * neither in `reads` nor in `writes` throws; but not one that declares nothing, for it runs alone. Costs
   * each worker a look at the names when it begins with a system. Default false.
   */
  readonly checkAccess?: boolean
}

export interface Schedule {
  /** The names of the systems that run at once, stage by stage. */
  readonly stages: readonly (readonly string[])[]

  /**
   * RunQueue all systems once, stage by stage, as one run of the group. When a stage begins, it calls the
   * `entities` and `args` of its systems; when it is done, it applies their commands, in the order
   * (system as declared, entity as in its list, as they were given). RunPlan after one that fails are
   * not begun, nor is one whose time is up. RunQueue that `entities` and `args` call wait until this one is over.
   *
   * @param options `timeoutMs` of the whole
   * @throws (the promise) as `group.run`: of a RunError, `system` is the name of the first in its stage
   * that failed, and `others` tells of the others in that stage; what `entities` and `args` throw
   */
  run(options?: TimeoutOptions): Promise<void>

  /** As `run`, but blocks. @throws as `run`; StorageError 'cannot-block', 'group-busy' */
  runSync(options?: TimeoutOptions): void

  /** The stages as text, with what each system reads and writes, and why it waits for which. */
  toString(): string

  /** The same as a Mermaid flowchart. */
  toMermaid(): string
}

/**
 * Plans in which stages systems run. Two conflict when one writes what the other reads or writes, or
 * says nothing; the one that is declared first runs first. Each is in the first stage after all earlier
 * ones that it conflicts with: that depends on nothing but the declarations.
 *
 * A schedule holds no memory; it can be run as long as its group is open.
 *
 * @param entries in the order in which those that conflict are to run; 64 at most in one stage
 * @throws StorageError 'invalid-argument'
 */
export function createSchedule(
  group: WorkerGroup,
  entries: readonly ScheduleEntry[],
  options: ScheduleOptions = {},
): Schedule {
  if (!(group instanceof Group)) {
    throw invalidArgument('the group', group, 'what createWorkerGroup() gives')
  }
  checkOptions('the options', options, ['checkAccess'])
  const { checkAccess = false } = options
  if (typeof checkAccess !== 'boolean') {
    throw invalidArgument('checkAccess', checkAccess, 'true or false')
  }
  const plan = new SchedulePlan(group.storage, group.systems, entries, checkAccess)
  return {
    stages: plan.stages,
    async run(options = NO_OPTIONS) {
      checkOptions('the options', options, TIMEOUT_OPTIONS)
      await group.$runStages(plan, options)
    },
    runSync(options = NO_OPTIONS) {
      checkOptions('the options', options, TIMEOUT_OPTIONS)
      group.$runStagesSync(plan, options)
    },
    toString: () => plan.text,
    toMermaid: () => plan.mermaid,
  }
}

/** A schedule as its group runs it. */
class SchedulePlan implements RunPlan {
  readonly stages: readonly (readonly string[])[]
  readonly #entries: readonly ScheduleEntry[]
  /** Of each entry; filled in when its stage begins. */
  readonly #calls: readonly (readonly SystemCall[])[]
  readonly text: string
  readonly mermaid: string

  constructor(
    storage: Storage,
    groupSystems: readonly string[],
    entries: readonly ScheduleEntry[],
    isChecked: boolean,
  ) {
    const { components, tables } = storage
    const named = [...Object.entries(components), ...Object.entries(tables)]
    const systems = checkEntries(entries, groupSystems, named)
    const plan = planStages(systems)
    const widest = Math.max(0, ...plan.stages.map((stage) => stage.length))
    if (widest > JOB_CAPACITY) throw stageTooWide(widest, JOB_CAPACITY)
    this.#entries = entries.map((entry) => ({ ...entry }))
    this.stages = plan.stages.map((stage) => stage.map((index) => systems[index].name))
    this.#calls = plan.stages.map((stage) =>
      stage.map((number) => {
        const { system, chunkLength } = entries[number]
        const { name } = systems[number]
        const declared = isChecked
          ? declaredBy(systems[number], entries[number], storage)
          : undefined
        return { name, system, entities: [], args: undefined, chunkLength, number, declared }
      }),
    )
    const names = new AccessNames(named)
    this.text = printPlan(systems, plan, names)
    this.mermaid = drawPlan(systems, plan, names)
  }

  get stageCount(): number {
    return this.stages.length
  }

  callsOf(stage: number): readonly SystemCall[] {
    const calls = this.#calls[stage]
    for (let i = 0; i < calls.length; i++) {
      const entry = this.#entries[calls[i].number]
      calls[i].entities = entry.entities()
      calls[i].args = entry.args?.()
    }
    return calls
  }

  heldUpBy(run: BegunRun): RunError {
    return run.holdsUp(this.stages[0]?.[0] ?? '', 0)
  }
}

/**
 * By name, what of a storage a system declares; undefined where it declares nothing. What an entry calls by
 * a name may be made later.
 */
function declaredBy(
  system: Access,
  { reads = [], writes = [] }: ScheduleEntry,
  { components, tables }: Storage,
): Declared | undefined {
  if (isUnknown(system)) return undefined
  const all = new Set([...(system.reads ?? []), ...(system.writes ?? [])])
  const given = [...reads, ...writes].filter((one) => typeof one === 'string')
  const namesIn = (named: Readonly<Record<string, object>>) => [
    ...new Set([...given, ...Object.keys(named).filter((name) => all.has(named[name]))]),
  ]
  return { entry: system.name, components: namesIn(components), tables: namesIn(tables) }
}

const NO_OPTIONS: TimeoutOptions = {}
const TIMEOUT_OPTIONS = ['timeoutMs'] as const
