// node scripts/test.mjs [part of a test's path ...]
//
// Bundles each package's tests into one file and runs that file on every engine: the Node that runs this script
// and those of test/engines. `x.node.test.ts` needs Node itself (processes, the inspector), so only Nodes run it.
// The last line is `N passed, N failed`. What a machine lacks is named just before it; with CI set it is a failure.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const outDir = resolve(root, `out/test-${process.pid}`) // two runs at a time do not meet
const engineDir = resolve(root, 'test/engines/node_modules')
const filters = process.argv.slice(2)

const engines = [
  { name: `node ${process.versions.node}`, isNode: true, command: [process.execPath] },
  { name: 'node 24', isNode: true, command: [`${engineDir}/node24/bin/node`] },
  { name: 'bun', isNode: false, command: [`${engineDir}/.bin/bun`] },
  { name: 'deno', isNode: false, command: [`${engineDir}/.bin/deno`, 'run', '-A'] },
]

/** The test files of the repository, grouped by the folder that holds them. */
function findSuites() {
  const folders = ['packages/core', 'packages/ecs-adapter', 'examples/level', '.'].map(
    (f) => `${f}/test`,
  )
  return folders.flatMap((folder) => {
    const files = existsSync(resolve(root, folder)) ? readdirSync(resolve(root, folder)) : []
    const tests = files
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${folder}/${file}`)
      .filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
    const portable = tests.filter((file) => !file.endsWith('.node.test.ts'))
    const nodeOnly = tests.filter((file) => file.endsWith('.node.test.ts'))
    return [
      { name: folder, files: portable, nodeOnly: false },
      // Those of the repository build and lint it: once is enough, and twice at a time would collide.
      { name: `${folder} (node)`, files: nodeOnly, nodeOnly: true, onceOnly: folder === './test' },
    ].filter((suite) => suite.files.length > 0)
  })
}

async function bundle(suite) {
  const file = resolve(outDir, `${suite.name.replace(/[^a-z0-9]+/gi, '-')}.mjs`)
  await build({
    stdin: {
      contents: suite.files.map((test) => `import './${test}'`).join('\n'),
      resolveDir: root,
    },
    outfile: file,
    bundle: true,
    ignoreAnnotations: true, // `sideEffects: false` is said of the sources, not of their tests
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    tsconfig: resolve(root, 'tsconfig.json'),
    external: ['esbuild', 'typescript', 'puppeteer-core'],
    // CommonJS dependencies of a test ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return file
}

/** Runs one bundle on one engine; a crash, an empty run or a test that did not finish counts as failed. */
function run(engine, suite, file) {
  return new Promise((done) => {
    const [command, ...args] = [...engine.command, file]
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ASHLAR_ROOT: root } })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', (error) => (output += error))
    child.on('close', (code) => {
      const count = (label) => Number(output.match(new RegExp(`${label}:\\s+(\\d+)`))?.[1] ?? 0)
      const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map(count)
      const failed = Math.max(total - passed + skipped, code !== 0 || total === 0 ? 1 : 0)
      console.log(`\n=== ${suite.name} on ${engine.name}\n${output.trimEnd()}`)
      done({ passed, failed, label: `${suite.name} on ${engine.name}` })
    })
  })
}

mkdirSync(outDir, { recursive: true })
// A file below out/ is ESM by its extension; this keeps Node from looking further up for a package.json.
writeFileSync(resolve(outDir, 'package.json'), '{"type":"module"}')

const missing = engines.filter((engine) => !existsSync(engine.command[0]))
const jobs = []
for (const suite of findSuites()) {
  const file = await bundle(suite)
  for (const engine of engines) {
    const isWanted = suite.onceOnly ? engine === engines[0] : engine.isNode || !suite.nodeOnly
    if (isWanted && !missing.includes(engine)) jobs.push({ engine, suite, file })
  }
}
if (jobs.length === 0) throw new Error(`no test file matches ${filters.join(', ')}`)

const results = []
const queue = [...jobs]
const worker = async () => {
  for (let job = queue.shift(); job; job = queue.shift())
    results.push(await run(job.engine, job.suite, job.file))
}
await Promise.all([worker(), worker()]) // two at a time: the suites are single-threaded

rmSync(outDir, { recursive: true, force: true })
console.log('')
for (const { label, failed } of results) if (failed > 0) console.log(`FAILED: ${label}`)
for (const engine of missing)
  console.log(`NOT RUN: ${engine.name} is not installed (${relative(root, engine.command[0])})`)
const sum = (key) => results.reduce((total, result) => total + result[key], 0)
const failed = sum('failed') + (process.env.CI ? missing.length : 0)
console.log(`${sum('passed')} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
