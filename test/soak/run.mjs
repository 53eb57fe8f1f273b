// node test/soak/run.mjs [--minutes 10] [--engine node|bun|deno|chromium|firefox] [--seed 1]
//
// The soak at length, on one engine: by default the Node that runs this script. `node 24` is that
// of test/engines. The exit code is 1 when memory did not come back, or anything was lost.
import { parseArgs } from 'node:util'
import { launch, launchOptions } from '../../scripts/testing/launch.mjs'

const { values } = parseArgs({
  options: { ...launchOptions, minutes: { type: 'string', default: '10' } },
})
if (!(Number(values.minutes) > 0)) {
  throw new Error(`--minutes is ${values.minutes}, expected a number above 0`)
}
await launch('test/soak', values, { ASHLAR_SOAK_MINUTES: values.minutes })
