// node scripts/test.mjs [part of a test's path ...]
//
// Bundles the tests of each folder into one file, and runs it on every engine, by the end of its
// name:
//
//     x.test.ts             on the Nodes, Bun and Deno; some folders in browsers too
//     x.node.test.ts        needs Node itself: processes, the inspector
//     x.page.test.ts        needs a page
//     x.bare-page.test.ts   needs a page that may not share memory
//
// The first engine, this Node, runs all rounds of the random tests. The others run a part of them,
// unless ASHLAR_ALL=1 is set.
//
// The last line is `N passed, N failed`. What a machine lacks is named just before it; with CI set
// it is a failure.
import { engines, missingEngines } from './testing/engines.mjs'
import { run } from './testing/run.mjs'
import { bundle, createOutDir, findSuites } from './testing/suites.mjs'

const parts = process.argv.slice(2)
const jobs = []
for (const suite of findSuites(parts)) {
  const wanted = engines.filter((engine) => suite.runsOn.includes(engine.kind))
  for (const engine of suite.onceOnly ? wanted.slice(0, 1) : wanted) {
    const env = engine === engines[0] || process.env.ASHLAR_ALL ? {} : { ASHLAR_BRIEF: '1' }
    jobs.push({ engine, suite, env })
  }
}
if (jobs.length === 0) throw new Error(`no test file matches ${parts.join(', ')}`)
const outDir = createOutDir('test')
const bundles = new Map()
for (const job of jobs) {
  const inPage = job.engine.kind === 'page'
  const key = `${job.suite.name} ${inPage}`
  if (!bundles.has(key)) bundles.set(key, await bundle(job.suite, inPage, outDir.path))
  job.file = bundles.get(key)
}

const results = []
const queue = [...jobs]
const worker = async () => {
  for (let job = queue.shift(); job; job = queue.shift())
    results.push(await run(job.engine, job.suite, job.file, { env: job.env }))
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
await Promise.all([worker(), worker()]) // two at a time: most suites are single-threaded

outDir.remove()
console.log('')
for (const { label, failed } of results) if (failed > 0) console.log(`FAILED: ${label}`)
for (const engine of missingEngines)
  console.log(`NOT RUN: ${engine.name} is not installed (${engine.program})`)
const sum = (key) => results.reduce((total, result) => total + result[key], 0)
const failed = sum('failed') + (process.env.CI ? missingEngines.length : 0)
console.log(`${sum('passed')} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
