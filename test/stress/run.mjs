// node test/stress/run.mjs [--terminations 10000] [--engine node|bun|deno|chromium|firefox] [--seed
// 1]
//
// The stress run at length, on one engine: by default the Node that runs this script. `node 24` is
// that of test/engines. Prints each round; the exit code is 1 when anything was lost.
import { parseArgs } from 'node:util'
import { launch, launchOptions } from '../../scripts/testing/launch.mjs'

const { values } = parseArgs({
  options: { ...launchOptions, terminations: { type: 'string', default: '10000' } },
})
if (!/^[1-9]\d*$/.test(values.terminations)) {
  throw new Error(`--terminations is ${values.terminations}, expected a whole number above 0`)
}
await launch('test/stress', values, { ASHLAR_TERMINATIONS: values.terminations })
