// What the workloads see of a contender.
import type { Columns, StepsOf } from './system.ts'

export interface Scene {
  readonly entityCount: number
  /** Undefined where the system is empty. */
  readonly stepsOf: StepsOf | undefined
  readonly workerCount: number
}

export interface Team {
  readonly columns: Columns
  /** Runs the system once over all entities; done when it returns, or resolves. */
  run(dt: number): void | Promise<void>
  /** Ends the workers, and looks whether all is sound. */
  end(): Promise<void>
}

export type Contender = (scene: Scene) => Promise<Team>
