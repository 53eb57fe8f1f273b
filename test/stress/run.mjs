// node test/stress/run.mjs [--terminations 10000] [--engine node|bun|deno|chromium|firefox] [--seed 1]
//
// The stress run at length, on one engine: by default the Node that runs this script. `node 24` is
// that of test/engines. Prints each round; the exit code is 1 when anything was lost.
import { parseArgs } from 'node:util'
import { engines } from '../../scripts/testing/engines.mjs'
import { run } from '../../scripts/testing/run.mjs'
import { bundle, createOutDir, findSuites } from '../../scripts/testing/suites.mjs'

const { values } = parseArgs({
  options: {
    terminations: { type: 'string', default: '10000' },
    engine: { type: 'string', default: 'node' },
    seed: { type: 'string' },
  },
})
const engine = engines.find(({ name }) => name.startsWith(values.engine))
if (engine === undefined) {
  throw new Error(`--engine is ${values.engine}, expected one of ${engines.map((e) => e.name)}`)
}
if (!/^[1-9]\d*$/.test(values.terminations)) {
  throw new Error(`--terminations is ${values.terminations}, expected a whole number above 0`)
}
const env = { ASHLAR_TERMINATIONS: values.terminations }
if (values.seed !== undefined) env.ASHLAR_SEED = values.seed

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
const outDir = createOutDir('stress')
const [suite] = findSuites(['test/stress/'])
const file = await bundle(suite, engine.kind === 'page', outDir.path)
const { failed } = await run(engine, suite, file, { isLive: true, env })
outDir.remove()
process.exitCode = failed > 0 ? 1 : 0
