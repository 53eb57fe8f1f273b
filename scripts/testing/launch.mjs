// Runs the tests of a folder at length, on one engine: for the commands of test/stress, test/soak.
import { engines } from './engines.mjs'
import { run } from './run.mjs'
import { bundle, createOutDir, findSuites } from './suites.mjs'

/** Of `--engine`, and `--seed` of random tests. */
export const launchOptions = {
  engine: { type: 'string', default: 'node' },
  seed: { type: 'string' },
}

/** Prints what the test prints; the exit code is 1 when it fails. @param env what it is told */
export async function launch(folder, { engine: engineName, seed }, env) {
  const engine = engines.find(({ name }) => name.startsWith(engineName))
  if (engine === undefined) {
    throw new Error(`--engine is ${engineName}, expected one of ${engines.map((e) => e.name)}`)
  }
  if (seed !== undefined) env.ASHLAR_SEED = seed
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const outDir = createOutDir(folder.replaceAll('/', '-'))
  const [suite] = findSuites([`${folder}/`])
  const file = await bundle(suite, engine.kind === 'page', outDir.path)
  const { failed } = await run(engine, suite, file, { isLive: true, env })
  outDir.remove()
  process.exitCode = failed > 0 ? 1 : 0
}
