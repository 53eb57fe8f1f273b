// A game of a user: the packed files, in a folder outside of the repository. Its one module of
// schemas and systems runs on Node and in pages that Vite builds, with workers and without.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesOf } from './support/fences.ts'
import { compilerOf, packedProject, root, runNode } from './support/packed.ts'

interface Report {
  readonly browser?: string
  readonly isBare?: boolean
  readonly error?: string
  readonly outcome: unknown
  readonly shared: boolean
  readonly workerCount: number
  readonly violations: readonly unknown[]
  readonly view?: { readonly litPixelCount: number; readonly error?: string }
}

const test = suite<{ game: string }>('a game from the packed files')

test.before(async (context) => {
  context.game = join(await packedProject(), 'game')
  cpSync(resolve(root, 'test/fixtures/game'), context.game, { recursive: true })
  mkdirSync(join(context.game, 'src/guide'))
  for (const [name, code] of filesOf(resolve(root, 'docs/bitecs-on-workers.md'))) {
    writeFileSync(join(context.game, 'src/guide', name), code)
  }
})

const COMPILERS = ['typescript54', 'typescript59', 'typescript']
/**
 * What a compiler may know of a platform, and what can be checked with it. The declarations of
 * three.js are for their own tests: to check them takes longer than all else.
 */
const PLATFORMS = [
  { name: 'neither', dom: false, types: [], files: ['game'] },
  { name: 'dom', dom: true, types: [], files: ['game', 'page-worker'] },
  { name: 'node', dom: false, types: ['node'], files: ['main', 'worker'] },
  { name: 'both', dom: true, types: ['node'], files: ['main', 'worker', 'page-worker'] },
  { name: 'three', dom: true, types: [], files: ['page'], skipLibCheck: true },
]
/** The guide writes `x[i] += 1`, which `noUncheckedIndexedAccess` refuses for any typed array. */
const GUIDE = {
  files: ['guide/main', 'guide/worker'],
  options: { noUncheckedIndexedAccess: false, allowImportingTsExtensions: true, types: ['node'] },
}

function writeConfig(game: string, name: string, options: object, files: string[]): string {
  const compilerOptions = {
    target: 'es2022',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    ...options,
  }
  const file = join(game, `tsconfig.${name}.json`)
  const config = { compilerOptions, files: files.map((file) => `src/${file}.ts`) }
  writeFileSync(file, JSON.stringify(config))
  return file
}

test('its sources need no cast, and silence no compiler', ({ game }) => {
  for (const name of readdirSync(join(game, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    const text = readFileSync(join(game, 'src', name), 'utf8')
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/(?! @ts).*/g, '')
    assert.not.match(code, /^(?!import|export).*\bas \w|<any>|: any\b|@ts-/m, name)
  }
})

for (const compiler of COMPILERS) {
  test(`${compiler} finds no error, whatever it knows of the platform`, async ({ game }) => {
    const configs = PLATFORMS.map(({ name, dom, types, files, skipLibCheck = false }) => {
      const lib = dom ? ['es2022', 'dom', 'dom.iterable'] : ['es2022']
      const modules = { module: 'esnext', moduleResolution: 'bundler', noEmit: true }
      return writeConfig(game, name, { ...modules, lib, types, skipLibCheck }, files)
    })
    for (const lib of [['es2022'], ['es2022', 'dom', 'dom.iterable']]) {
      const options = { ...GUIDE.options, module: 'esnext', moduleResolution: 'bundler', lib }
      const name = `guide${lib.length}`
      configs.push(writeConfig(game, name, { ...options, noEmit: true }, GUIDE.files))
    }
    await runNode(game, resolve(root, 'scripts/testing/typecheck.mjs'), compiler, ...configs)
  })
}

test('Node and all browsers come to the same results', async ({ game }) => {
  const onNode = await runOnNode(game)
  const inPages = await runInPages(game)
  const reports = [...onNode, ...inPages]
  for (const report of reports) {
    const text = JSON.stringify(report)
    assert.is(report.error, undefined, text)
    assert.equal(report.violations, [], text)
    assert.equal(report.outcome, reports[0]?.outcome, text)
  }
  const workerCounts = onNode.map(({ workerCount }) => workerCount)
  assert.equal(workerCounts, [2, 0])
  if (process.env.CI) {
    const pages = inPages.map(({ browser, isBare }) => `${browser} ${isBare ? 'bare' : 'isolated'}`)
    const wanted = ['chromium', 'firefox'].flatMap((name) => [`${name} bare`, `${name} isolated`])
    assert.equal(pages.sort(), wanted)
    for (const { browser, view } of inPages) assert.is(view?.error, undefined, browser)
  }
  for (const { browser, isBare, shared, workerCount, view } of inPages) {
    const expected = isBare ? { shared: false, workerCount: 0 } : { shared: true, workerCount: 2 }
    assert.equal({ shared, workerCount }, expected, browser)
    if (view?.error !== undefined) console.log(`${browser} draws nothing: ${view.error}`)
    else assert.ok(view !== undefined && view.litPixelCount > 1000, JSON.stringify(view))
  }
})

async function runOnNode(game: string): Promise<Report[]> {
  const folders = { rootDir: 'src', outDir: 'built' }
  const options = { ...folders, module: 'nodenext', types: ['node'], skipLibCheck: true }
  const config = writeConfig(game, 'built', options, ['main', 'worker'])
  await runNode(game, compilerOf('typescript'), '-p', config)
  const run = async (arg: string) => JSON.parse(await runNode(game, 'built/main.js', arg))
  return Promise.all([run('together'), run('alone')])
}

async function runInPages(game: string): Promise<Report[]> {
  await runNode(game, resolve(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn')
  const script = resolve(root, 'scripts/testing/report-pages.mjs')
  const lines = (await runNode(game, script, join(game, 'dist'))).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

test.run()
