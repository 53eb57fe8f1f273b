// The snippets of the docs run, and what they say comes out does: `expression // → value`. The `ts`
// fences of a page are one program; one marked `ts no-run` is left out. Those that name a file, `ts
// main.ts`, are parts of that file: they are checked and run together, from `main.ts` on. A file
// `*.page.ts` is a program for a browser: all of them run in each browser, in a page that is
// isolated and in one that is not.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesOf } from './support/fences.ts'

const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const test = suite('docs')

const examples = ['examples/level', 'examples/swarm']
const folders = ['.', 'docs', 'packages/core', 'packages/ecs-adapter', ...examples]
const pages = folders.flatMap((folder) =>
  readdirSync(resolve(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => resolve(root, folder, name)),
)

/** Turns `const a = b // → c` and `b // → c` into the statement and a comparison. */
function compared(line: string): string {
  const match = line.match(/^(?:(?:const|let) (\w+) = )?(.+?)\s*\/\/ → (.+)$/)
  if (match === null) return line
  const [, name, expression, expected] = match
  const given = name ?? `(${expression})`
  const statement = name === undefined ? '' : `const ${name} = ${expression};`
  const isOther = `String(${given}) !== ${JSON.stringify(expected)}`
  const failure = `${JSON.stringify(`${expression} → ${expected}, but gives `)} + ${given}`
  return `${statement} if (${isOther}) throw Error(${failure})`
}

type Platform = 'node' | 'browser'
const isForPages = (name: string) => name.endsWith('.page.ts')

/** A folder of its own for a page, with what its programs import. */
function inFolder(use: (folder: string) => void): void {
  const folder = resolve(root, `out/docs-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  symlinkSync(resolve(root, 'packages/ecs-adapter/node_modules'), resolve(folder, 'node_modules'))
  try {
    use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function bundle(folder: string, names: readonly string[], platform: Platform = 'node'): void {
  buildSync({
    entryPoints: names.map((name) => resolve(folder, name)),
    outbase: folder,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform,
    tsconfig: resolve(root, 'tsconfig.json'),
  })
}

const run = (file: string) =>
  execFileSync(process.execPath, [file], { stdio: 'pipe', timeout: 60_000 })

const program = (code: string) => code.split('\n').map(compared).join('\n')

/** Checks the types of files, and writes them as programs that compare what they say comes out. */
function writePrograms(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, code] of files) {
    mkdirSync(dirname(resolve(folder, name)), { recursive: true })
    writeFileSync(resolve(folder, name), code)
  }
  const tsconfig = resolve(folder, 'tsconfig.json')
  writeFileSync(tsconfig, JSON.stringify({ extends: '../../tsconfig.json', include: ['**/*.ts'] }))
  const { status, stdout } = spawnSync(resolve(root, 'node_modules/.bin/tsc'), ['-p', tsconfig], {
    encoding: 'utf8',
  })
  assert.is(status, 0, stdout)
  for (const [name, code] of files) {
    const bundled = code.replaceAll(".ts', import.meta.url", ".mjs', import.meta.url")
    writeFileSync(resolve(folder, name), program(bundled))
  }
}

/** Files that import each other, or start each other as workers. */
function runTogether(folder: string, files: ReadonlyMap<string, string>): void {
  writePrograms(folder, files)
  bundle(folder, [...files.keys()])
  run(resolve(folder, 'main.mjs'))
}

/** Imports the programs one after the other, and reports to `report-pages.mjs`. */
const runnerOf = (programs: readonly string[]) => `
let error
const canDraw = document.createElement('canvas').getContext('webgl2') !== null
try {
  if (canDraw) for (const name of ${JSON.stringify(programs)}) await import('./' + name)
} catch (thrown) {
  error = thrown.stack ?? String(thrown)
}
document.body.dataset.report = JSON.stringify({ canDraw, error })
`

function runInPages(folder: string, files: ReadonlyMap<string, string>): void {
  writePrograms(folder, files)
  const names = [...files.keys()]
  bundle(folder, names, 'browser')
  const runner = runnerOf(names.filter(isForPages).map((name) => name.replace(/ts$/, 'mjs')))
  const head = '<!doctype html><link rel="icon" href="data:,">'
  const html = `${head}<body><script type="module">${runner}</script>`
  writeFileSync(resolve(folder, 'index.html'), html)
  const script = resolve(root, 'scripts/testing/report-pages.mjs')
  const lines = execFileSync(process.execPath, [script, folder], { encoding: 'utf8', cwd: root })
  for (const line of lines.split('\n').filter((line) => line !== '')) {
    const { canDraw, error } = JSON.parse(line)
    assert.is(error, undefined, line)
    if (!canDraw) console.log(`no WebGL, so the snippets did not run: ${line}`)
  }
}

let count = 0
/** Files of programs for browsers, those of each page of the docs in a folder of their own. */
const filesForPages = new Map<string, string>()
for (const page of pages) {
  const { '': code, ...named } = Object.fromEntries(filesOf(page))
  const name = relative(root, page)
  if (code !== undefined) {
    count++
    test(name, () => {
      inFolder((folder) => {
        writeFileSync(resolve(folder, 'page.ts'), program(code))
        bundle(folder, ['page.ts'])
        run(resolve(folder, 'page.mjs'))
      })
    })
  }
  const files = new Map(Object.entries(named))
  if (files.size === 0) continue
  count++
  if ([...files.keys()].some(isForPages)) {
    const folder = name.replace(/\.md$/, '')
    for (const [file, code] of files) filesForPages.set(`${folder}/${file}`, code)
    continue
  }
  test(`${name}: ${[...files.keys()].join(', ')}`, () => {
    inFolder((folder) => runTogether(folder, files))
  })
}

// All in one test, because it takes longer to start the browsers than to run the programs.
test(`in browsers: ${[...filesForPages.keys()].filter(isForPages).join(', ')}`, () => {
  inFolder((folder) => runInPages(folder, filesForPages))
})

test('there are pages with snippets', () => assert.ok(count >= 4, `${count} pages`))

test.run()
