/** A fault that the search has to find: one change to a source, and where it shows. */
export interface Mutant {
  /** What is wrong with it. */
  readonly name: string
  readonly file: string
  /** Occurs once in the file. */
  readonly from: string
  readonly to: string
  /** Names of scenarios, or parts of names, of which one finds it. */
  readonly scenarios: readonly string[]
}
