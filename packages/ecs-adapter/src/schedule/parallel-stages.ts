/** Plans the stages of a schedule: which systems may run at once, by what they read and write. */

/** What one system touches: components, or any other values that stand for what systems share. */
export interface Access {
  /** Unique among the systems. */
  readonly name: string
  /** If `reads` and `writes` are undefined, nothing is known of the system, and it runs alone. */
  readonly reads: readonly unknown[] | undefined
  readonly writes: readonly unknown[] | undefined
  /** Names of earlier systems that the system waits for, whatever they share. */
  readonly after: readonly string[]
}

/** Why one system waits for an earlier one. */
export interface Conflict {
  readonly kind: 'write-read' | 'read-write' | 'write-write' | 'unknown' | 'after'
  /** What both systems touch; undefined for the kinds 'unknown' and 'after'. */
  readonly what: unknown
}

/** An earlier system that a system waits for, and why. */
export interface Dependency extends Conflict {
  readonly index: number
}

export interface StagePlan {
  readonly systems: readonly Access[]
  /** Indices of the systems of each stage, ascending. */
  readonly stages: readonly (readonly number[])[]
  /** By system. A dependency that follows from two others is left out. */
  readonly dependencies: readonly (readonly Dependency[])[]
}

/**
 * Puts each system into the first stage after those of all earlier systems that conflict with it.
 * @param systems in the order in which they run if they conflict
 */
export function planStages(systems: readonly Access[]): StagePlan {
  const stages: number[][] = []
  const dependencies: Dependency[][] = []
  const stageOf: number[] = []
  /** By system: all systems that it waits for, directly or through a system that it waits for. */
  const before: Set<number>[] = []
  for (const [index, system] of systems.entries()) {
    let stage = 0
    const known = new Set<number>()
    const own: Dependency[] = []
    // Backwards: a system that waits for `other` waits for all that `other` waits for.
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

/** Why `later` may not run at the same time as `earlier`; undefined if it may. */
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
