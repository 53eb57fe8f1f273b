/**
 * Plans the stages of a schedule: finds out which systems may run at the same time, from what they
 * read and write.
 */

/**
 * What one system accesses: components, or other values that stand for things that systems share.
 */
export interface Access {
  /** The name of the system. It is unique in the schedule. */
  readonly name: string
  /**
   * What the system reads. If `reads` and `writes` are both undefined, nothing is known about the
   * system, and it runs alone.
   */
  readonly reads: readonly unknown[] | undefined
  readonly writes: readonly unknown[] | undefined
  /** The names of earlier systems for which this system waits, whatever they share. */
  readonly after: readonly string[]
}

/** The reason why one system waits for an earlier one. */
export interface Conflict {
  readonly kind: 'write-read' | 'read-write' | 'write-write' | 'unknown' | 'after'
  /** The thing that both systems access. It is undefined for the kinds 'unknown' and 'after'. */
  readonly what: unknown
}

/** An earlier system for which a system waits, and the reason. */
export interface Dependency extends Conflict {
  readonly index: number
}

export interface StagePlan {
  readonly systems: readonly Access[]
  /** For each stage, the indices of its systems, in ascending order. */
  readonly stages: readonly (readonly number[])[]
  /** For each system, its dependencies, except those that follow from two others. */
  readonly dependencies: readonly (readonly Dependency[])[]
}

/**
 * Puts each system into the first stage after the stages of all earlier systems that conflict with
 * it.
 * @param systems in the order in which they run if they conflict
 */
export function planStages(systems: readonly Access[]): StagePlan {
  const stages: number[][] = []
  const dependencies: Dependency[][] = []
  const stageOf: number[] = []
  /** For each system, all systems for which it waits, directly or through another system. */
  const before: Set<number>[] = []
  for (const [index, system] of systems.entries()) {
    let stage = 0
    const known = new Set<number>()
    const own: Dependency[] = []
    // Backwards, because a system that waits for `other` also waits for all systems for which
    // `other` waits.
    for (let other = index - 1; other >= 0; other--) {
      const conflict = conflictOf(systems[other], system)
      if (conflict === undefined) continue
      stage = Math.max(stage, stageOf[other] + 1)
      if (known.has(other)) continue
      own.unshift({ index: other, ...conflict })
      known.add(other)
      for (const one of before[other]) known.add(one)
    }
    stageOf.push(stage)
    dependencies.push(own)
    before.push(known)
    stages[stage] ??= []
    stages[stage].push(index)
  }
  return { systems, stages, dependencies }
}

/** Returns why `later` may not run at the same time as `earlier`. Returns undefined if it may. */
export function conflictOf(earlier: Access, later: Access): Conflict | undefined {
  if (later.after.includes(earlier.name)) return { kind: 'after', what: undefined }
  if (isUnknown(earlier) || isUnknown(later)) return { kind: 'unknown', what: undefined }
  return (
    shared('write-read', earlier.writes, later.reads) ??
    shared('write-write', earlier.writes, later.writes) ??
    shared('read-write', earlier.reads, later.writes)
  )
}

export const isUnknown = ({ reads, writes }: Access) => reads === undefined && writes === undefined

function shared(
  kind: Conflict['kind'],
  earlier: readonly unknown[] = [],
  later: readonly unknown[] = [],
): Conflict | undefined {
  for (const what of later) if (earlier.includes(what)) return { kind, what }
}
