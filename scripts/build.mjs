// node scripts/build.mjs: packages/*/dist as npm gets it: ESM and CommonJS by rolldown, types by
// tsc.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const tsc = resolve(root, 'node_modules/.bin/tsc')

/** In order of dependency: the types of one package are read from the dist of another. */
const PACKAGES = [
  { name: 'core', entries: ['index', 'tuning'] },
  { name: 'ecs-adapter', entries: ['index'] },
]

/**
 * Names and lines stay, for debuggers: the bundlers of users shorten them. CommonJS is for Node,
 * which finds the names of its exports only where they are written plainly.
 */
const COMPRESS = {
  compress: { target: 'es2022', joinVars: false, sequences: false },
  mangle: false,
  codegen: false,
}

/**
 * A namespace that an entry exports, `export * as t from './t.ts'`, as a file of its own. Inside of
 * another file it would be an object, of which the bundlers of users drop nothing.
 */
function namespacesOf(entry) {
  const exports = readFileSync(entry, 'utf8').matchAll(/^export \* as (\w+) from '(.+)'/gm)
  return Object.fromEntries(
    [...exports].map(([, name, from]) => [name, resolve(entry, '..', from)]),
  )
}

const keepNamespaces = (namespaces, entries) => ({
  name: 'keep-namespaces',
  resolveId(source, importer) {
    if (!Object.values(entries).includes(importer)) return null
    const name = Object.keys(namespaces).find(
      (name) => namespaces[name] === resolve(importer, '..', source),
    )
    return name ? { id: `./${name}.js`, external: 'absolute' } : null
  },
})

/** The modules that call something when they are loaded, as `registerKind('list', ...)`. */
function callersIn(src) {
  const files = readdirSync(src, { recursive: true }).map((name) => resolve(src, name))
  const sources = files.filter((file) => file.endsWith('.ts'))
  return sources.filter((file) => /^\w+\(/m.test(readFileSync(file, 'utf8')))
}

/**
 * One file has the code, so that a class of one entry is that of another, and loading and calls are
 * quick (a file for each module takes six times as long to load, and `alloc` and `free` 12 % longer
 * on Node 24). A module that calls something when it is loaded is a file of its own: bundlers drop
 * it with its call where nobody uses the rest of it.
 */
function groupsOf(callers, outside) {
  const isCode = (id) => !outside.includes(id) && !callers.includes(id)
  return [
    { name: 'code', test: isCode, priority: 1 },
    ...callers.map((file) => ({ name: basename(file, '.ts'), test: (id) => id === file })),
  ]
}

/** A module that the code imports is in its file, from which no bundler drops a call. */
function checkCallers(output, callers) {
  const { moduleIds } = output.find(({ fileName }) => fileName === 'code.js')
  const kept = callers.filter((file) => moduleIds.includes(file))
  if (kept.length > 0) throw new Error(`${kept} calls something when loaded: only t may import it`)
}

async function bundle(folder, names, format) {
  const src = resolve(folder, 'src')
  const entries = Object.fromEntries(names.map((name) => [name, resolve(src, `${name}.ts`)]))
  const isForBundlers = format === 'esm'
  const namespaces = isForBundlers ? namespacesOf(entries.index) : {}
  const callers = isForBundlers ? callersIn(src) : []
  const build = await rolldown({
    input: { ...entries, ...namespaces },
    plugins: [keepNamespaces(namespaces, entries)],
    external: /^@|^bitecs$/,
    platform: 'neutral',
    tsconfig: resolve(folder, 'tsconfig.json'),
    transform: { target: 'es2022' },
    // Writes the layout's constants where they are used. `npm run size` prints for core, adapter
    // and worker 14,268, 25,036 and 31,569 B with this and `compress`; 14,297, 25,063 and 31,618 B
    // without this; 14,363, 25,194 and 31,837 B without `compress`; 14,276, 25,001 and 31,679 B
    // with a file for each module.
    optimization: { inlineConst: { mode: 'all', pass: 3 } },
  })
  const dir = resolve(folder, 'dist', format)
  const outside = [entries.index, ...Object.values(namespaces)]
  const { output } = await build.write({
    dir,
    format,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: { groups: groupsOf(callers, outside) },
    sourcemap: true,
    minify: isForBundlers && COMPRESS,
  })
  await build.close()
  checkCallers(output, callers)
  const type = format === 'esm' ? 'module' : 'commonjs'
  writeFileSync(resolve(dir, 'package.json'), `${JSON.stringify({ type, sideEffects: false })}\n`)
}

function declare(folder) {
  const dist = resolve(folder, 'dist')
  execFileSync(tsc, ['-p', folder], { stdio: 'inherit' })
  for (const file of readdirSync(resolve(dist, 'esm'), { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue
    const types = readFileSync(resolve(dist, 'esm', file), 'utf8')
      // tsc leaves the extensions of declarations as they are in the sources.
      .replaceAll(/\.ts(['"])/g, '.js$1')
      // Before TypeScript 5.7, typed arrays have no parameter: a compiler infers and writes it.
      .replaceAll(/\b(\w+Array)<ArrayBuffer(Like)?>/g, '$1')
    // The same declarations serve both: the package.json beside them says what they declare.
    for (const format of ['esm', 'cjs']) {
      mkdirSync(dirname(resolve(dist, format, file)), { recursive: true })
      writeFileSync(resolve(dist, format, file), types)
    }
  }
}

for (const { name, entries } of PACKAGES) {
  const folder = resolve(root, 'packages', name)
  rmSync(resolve(folder, 'dist'), { recursive: true, force: true })
  for (const format of ['esm', 'cjs']) await bundle(folder, entries, format)
  declare(folder)
  // npm packs the licence of a package's own folder only.
  copyFileSync(resolve(root, 'LICENSE'), resolve(folder, 'LICENSE'))
}
