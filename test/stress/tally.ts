/** Counts what was done to the workers of a stress run, and what they did. */
import type { Phase } from './shared-words.ts'

export class Tally {
  /** All deaths, also of workers that ended by themselves. */
  deathCount = 0
  terminationCount = 0
  #opCount = 0
  readonly #terminationsByPhase = new Map<Phase, number>()
  readonly #startedAt: number

  /** @param startedAt in milliseconds */
  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  addDeath(phase: Phase, opCount: number, isTermination: boolean): void {
    this.deathCount++
    this.#opCount += opCount
    if (!isTermination) return
    this.terminationCount++
    this.#terminationsByPhase.set(phase, (this.#terminationsByPhase.get(phase) ?? 0) + 1)
  }

  text(): string {
    const seconds = (performance.now() - this.#startedAt) / 1000
    const phases = [...this.#terminationsByPhase].map(([phase, count]) => `${count} in ${phase}`)
    return [
      `${this.deathCount} deaths in ${seconds.toFixed(0)} s`,
      `${this.terminationCount} terminations (${phases.sort().join(', ')})`,
      `${Math.round(this.#opCount / seconds)} operations a second`,
    ].join('; ')
  }
}
