// Does the interleaving checker find faults? Each mutant is a source with one of them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { importMutated } from '../support/mutated.ts'
import { MUTANTS } from './mutants/mutants.ts'
import type { explore } from './scenario.ts'
import type { SCENARIOS } from './scenarios/scenarios.ts'

const test = suite('mutants')

interface Checker {
  readonly explore: typeof explore
  readonly SCENARIOS: typeof SCENARIOS
}

const CHECKER = `export { explore } from './test/interleaving/scenario.ts'
  export { SCENARIOS } from './test/interleaving/scenarios/scenarios.ts'`

/** The library may notice by itself, while the scene is set. */
function isFaulty(findFault: () => string): boolean {
  try {
    return findFault() !== ''
  } catch (error) {
    return error instanceof Error && error.name === 'ArenaError'
  }
}

for (const mutant of MUTANTS) {
  test(mutant.name, async () => {
    const { explore, SCENARIOS }: Checker = await importMutated(CHECKER, mutant)
    const chosen = SCENARIOS.filter(({ name }) =>
      mutant.scenarios.some((part) => name.includes(part)),
    )
    assert.ok(chosen.length >= mutant.scenarios.length, 'scenarios have to exist')
    assert.ok(
      chosen.some((scenario) => isFaulty(() => explore(scenario).fault)),
      `nothing was found in ${chosen.map(({ name }) => name).join('; ')}`,
    )
  })
}

test.run()
