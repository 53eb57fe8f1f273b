/** Which systems may run at once, by what they say they read and write: the stages of a schedule. */

/** What one system touches: components, or whatever else stands for what is shared. */
export interface Access {
  /** Unique. */
  readonly name: string
  /** Both undefined: nothing is known of it, and it runs alone. */
  readonly reads: readonly unknown[] | undefined
  readonly writes: readonly unknown[] | undefined
  /** Names of earlier ones that it waits for in any case. */
  readonly after: readonly string[]
}

/** Why one system waits for an earlier one. */
export interface Conflict {
  readonly kind: 'write-read' | 'read-write' | 'write-write' | 'unknown' | 'after'
  /** What both touch, where that is the reason. */
  readonly what: unknown
}

/** A system that another waits for, by its place among all. */
export interface Wait {
  readonly index: number
  readonly conflict: Conflict
}

export interface StagePlan {
  /** The places of the systems of each stage, ascending. */
  readonly stages: readonly (readonly number[])[]
  /** Of each system, whom it waits for: those that no other of them waits for already. */
  readonly waits: readonly (readonly Wait[])[]
}

/**
 * Each system goes into the first stage after all earlier ones that it conflicts with.
 * @param systems in the order in which those that conflict are to run
 */
export function planStages(systems: readonly Access[]): StagePlan {
  const stages: number[][] = []
  const waits: Wait[][] = []
  const stageOf: number[] = []
  /** Of each, all that are done before it begins for its sake. */
  const before: Set<number>[] = []
  for (const [index, system] of systems.entries()) {
    let stage = 0
    const known = new Set<number>()
    const own: Wait[] = []
    // From the last on: whom that one waits for is waited for.
    for (let other = index - 1; other >= 0; other--) {
      const conflict = conflictOf(systems[other], system)
      if (conflict === undefined) continue
      stage = Math.max(stage, stageOf[other] + 1)
      if (known.has(other)) continue
      own.unshift({ index: other, conflict })
      known.add(other)
      for (const one of before[other]) known.add(one)
    }
    stageOf.push(stage)
    waits.push(own)
    before.push(known)
    stages[stage] ??= []
    stages[stage].push(index)
  }
  return { stages, waits }
}

/** Why `later` may not run at the same time as `earlier`, if it may not. */
export function conflictOf(earlier: Access, later: Access): Conflict | undefined {
  if (later.after.includes(earlier.name)) return { kind: 'after', what: undefined }
  if (isUnknown(earlier) || isUnknown(later)) return { kind: 'unknown', what: undefined }
  const [wrote, read] = [earlier.writes ?? [], earlier.reads ?? []]
  const [writes, reads] = [later.writes ?? [], later.reads ?? []]
  return (
    shared('write-read', wrote, reads) ??
    shared('write-write', wrote, writes) ??
    shared('read-write', read, writes)
  )
}

export const isUnknown = ({ reads, writes }: Access) => reads === undefined && writes === undefined

function shared(
  kind: Conflict['kind'],
  earlier: readonly unknown[],
  later: readonly unknown[],
): Conflict | undefined {
  for (const what of later) if (earlier.includes(what)) return { kind, what }
  return undefined
}
