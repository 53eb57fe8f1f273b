// Does the interleaving checker find faults? Each mutant is a source with one of them.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MUTANTS, type Mutant } from './interleaving/mutants.ts'
import type { explore } from './interleaving/scenario.ts'
import type { SCENARIOS } from './interleaving/scenarios/scenarios.ts'

const test = suite('mutants')
const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const core = resolve(root, 'packages/core')

interface Checker {
  readonly explore: typeof explore
  readonly SCENARIOS: typeof SCENARIOS
}

/** The checker, bundled with a changed source. */
async function checkerOf({ file, from, to }: Mutant): Promise<Checker> {
  const path = resolve(core, 'src', file)
  const source = readFileSync(path, 'utf8')
  assert.is(source.split(from).length, 2, `${file} has to hold this once: ${from}`)
  const { outputFiles } = await build({
    stdin: {
      contents: `export { explore } from './scenario.ts'
        export { SCENARIOS } from './scenarios/scenarios.ts'`,
      resolveDir: resolve(core, 'test/interleaving'),
    },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    plugins: [
      {
        name: 'mutant',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
            loaded === path
              ? { contents: source.replace(from, () => to), loader: 'ts' }
              : undefined,
          ),
      },
    ],
  })
  const [{ contents }] = outputFiles
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`)
}

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
    const { explore, SCENARIOS } = await checkerOf(mutant)
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
