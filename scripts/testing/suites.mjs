// Which tests there are, where each kind of them runs, and one bundle of them per folder and kind.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from './engines.mjs'

const FOLDERS = [
  // Those of the repository build and lint it: once is enough, and twice at a time would collide.
  // They come first, as they take longest.
  { folder: 'test', onceOnly: true },
  { folder: 'packages/core/test', inPages: true, hasRooms: true },
  // It runs the steps of all threads in one thread: no engine can make a difference.
  { folder: 'packages/core/test/interleaving', onceOnly: true },
  { folder: 'packages/ecs-adapter/test', inPages: true, hasRooms: true },
  { folder: 'packages/ecs-adapter/test/workers', inPages: true },
  { folder: 'examples/kit/test' },
  { folder: 'examples/level/test' },
  { folder: 'examples/swarm/test', inPages: true },
  { folder: 'bench/test' },
  { folder: 'test/stress', inPages: true },
  { folder: 'test/soak', inPages: true },
  { folder: 'test/workers', inPages: true },
]

/** By the end of a test's name; the first that fits counts. Where it runs, by kind of engine. */
const KINDS = [
  { suffix: '.node.test.ts', label: ' (node)', runsOn: ['node'] },
  { suffix: '.page.test.ts', label: ' (page)', runsOn: ['page'] },
  { suffix: '.bare-page.test.ts', label: ' (bare page)', runsOn: ['page'], isBare: true },
  { suffix: '.test.ts', label: '', runsOn: ['node', 'bun', 'deno'], isPortable: true },
]

const kindOf = (file) => KINDS.find(({ suffix }) => file.endsWith(suffix))

/** The files in a folder, or in its rooms, but for those in another one of FOLDERS. */
function filesBelow(folder, hasRooms) {
  if (!existsSync(resolve(root, folder))) return []
  const inner = FOLDERS.map((other) => other.folder).filter((other) =>
    other.startsWith(`${folder}/`),
  )
  return readdirSync(resolve(root, folder), { recursive: hasRooms })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((file) => !inner.some((other) => file.startsWith(`${other}/`)))
    .sort()
}

/**
 * The tests whose path has one of the given parts (all, where none is given), by folder and kind.
 */
export function findSuites(parts) {
  return FOLDERS.flatMap(({ folder, inPages, onceOnly, hasRooms = false }) => {
    const files = filesBelow(folder, hasRooms)
      .filter((file) => kindOf(file) !== undefined)
      .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
    return KINDS.map((kind) => ({
      name: `${folder}${kind.label}`,
      files: files.filter((file) => kindOf(file) === kind),
      runsOn: kind.isPortable && inPages ? [...kind.runsOn, 'page'] : kind.runsOn,
      isBare: kind.isBare === true,
      onceOnly: onceOnly === true,
    })).filter((suite) => suite.files.length > 0)
  })
}

/** Where bundles are put; one for each process, so that two runs at a time do not meet. */
export function createOutDir(name) {
  const path = resolve(root, `out/${name}-${process.pid}`)
  mkdirSync(path, { recursive: true })
  // A file below out/ is ESM by its extension; this keeps Node from looking further up for a
  // package.json.
  writeFileSync(resolve(path, 'package.json'), '{"type":"module"}')
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

const PLATFORMS = {
  node: {
    platform: 'node',
    // CommonJS dependencies of a test ask for Node's own modules by `require`.
    banner: {
      js: `import { createRequire as __cr } from 'node:module'
const require = __cr(import.meta.url);`,
    },
  },
  page: {
    platform: 'browser',
    alias: { 'node:process': fileURLToPath(new URL('page-process.mjs', import.meta.url)) },
  },
}

/** Bundles a suite's tests into one file, for pages or for all others; gives its path. */
export async function bundle(suite, inPage, outDir) {
  const name = `${suite.name} ${inPage ? 'page' : ''}`.trim().replace(/[^a-z0-9]+/gi, '-')
  const file = resolve(outDir, `${name}.mjs`)
  await build({
    stdin: {
      contents: suite.files.map((test) => `import './${test}'`).join('\n'),
      resolveDir: root,
    },
    outfile: file,
    bundle: true,
    ignoreAnnotations: true, // `sideEffects: false` is said of the sources, not of their tests
    format: 'esm',
    target: 'es2022',
    sourcemap: 'linked', // in a file of its own: each worker reads the bundle
    tsconfig: resolve(root, 'tsconfig.json'),
    external: ['assemblyscript', 'esbuild', 'typescript', 'node:worker_threads'],
    logLevel: 'warning',
    ...PLATFORMS[inPage ? 'page' : 'node'],
  })
  return file
}
