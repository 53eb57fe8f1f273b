// What a workload of the suite is made of.
import type { World } from 'bitecs'
import type { Components } from './contenders.ts'

export interface Workload {
  readonly componentNames: readonly string[]
  /** Of each kind. */
  readonly entityCount: number
  readonly kindCount: number
  /** With few entities, before the world is populated. */
  readonly warmUpPassCount: number
  /** Whether it changes what there is; bitECS makes garbage then. */
  readonly changes: boolean
  prepare(world: World, components: Components): Prepared
}

export interface Prepared {
  /** One pass of all systems. */
  pass(): void
  /** Adds so many entities of each kind. */
  populate(count: number): void
  /** Throws unless the world is as `passCount` passes since it was populated leave it. */
  check(passCount: number): void
}
