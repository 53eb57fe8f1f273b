// A game of a user: the packed files, in a folder outside of the repository. Its one module of
// schemas and systems runs on Node and in pages that Vite builds, with workers and without.
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
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

test.before((context) => {
  context.game = join(packedProject(), 'game')
  cpSync(resolve(root, 'test/fixtures/game'), context.game, { recursive: true })
})

const COMPILERS = ['typescript54', 'typescript59', 'typescript']
/** What is there to import, by what the compiler knows of the platform. */
const PLATFORMS = [
  { name: 'neither', lib: 'es2022', types: [], files: ['game'] },
  { name: 'lib dom', lib: 'es2022,dom', types: [], files: ['game', 'page-worker'] },
  { name: 'types of Node', lib: 'es2022', types: ['node'], files: ['game', 'main', 'worker'] },
  {
    name: 'both',
    lib: 'es2022,dom',
    types: ['node'],
    files: ['page', 'page-worker', 'main', 'worker'],
  },
]

for (const compiler of COMPILERS) {
  test(`${compiler} finds no error, with the types of any platform`, async ({ game }) => {
    for (const platform of PLATFORMS) await check(game, compiler, platform)
  })
}

async function check(game: string, compiler: string, platform: (typeof PLATFORMS)[number]) {
  const { name, lib, types, files } = platform
  const options = ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false']
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022']
  const known = ['--lib', lib, '--types', types.join(',')]
  const paths = files.map((file) => `src/${file}.ts`)
  const args = [compilerOf(compiler), ...options, ...modules, ...known, ...paths]
  await runNode(game, ...args).catch((error) =>
    assert.unreachable(`with ${name}: ${error.message}`),
  )
}

test('Node and all browsers come to the same results', async ({ game }) => {
  const [onNode, inPages] = await Promise.all([runOnNode(game), runInPages(game)])
  const reports = [...onNode, ...inPages]
  for (const report of reports) {
    const name = JSON.stringify(report)
    assert.is(report.error, undefined, name)
    assert.equal(report.violations, [], name)
    assert.equal(report.outcome, reports[0]?.outcome, name)
  }
  assert.equal(
    onNode.map((report) => report.workerCount),
    [2, 0],
  )
  for (const { browser, isBare, shared, workerCount, view } of inPages) {
    assert.equal({ shared, workerCount }, { shared: !isBare, workerCount: isBare ? 0 : 2 }, browser)
    assert.ok(view?.error !== undefined || (view?.litPixelCount ?? 0) > 100, JSON.stringify(view))
  }
})

async function runOnNode(game: string): Promise<Report[]> {
  const modules = [
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2022',
    '--types',
    'node',
  ]
  const files = ['src/main.ts', 'src/worker.ts']
  await runNode(game, compilerOf('typescript'), '--outDir', 'built', ...modules, ...files)
  return Promise.all(
    ['', 'alone'].map(async (arg) => JSON.parse(await runNode(game, 'built/main.js', arg))),
  )
}

async function runInPages(game: string): Promise<Report[]> {
  await runNode(game, resolve(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn')
  const script = resolve(root, 'scripts/testing/report-pages.mjs')
  const lines = (await runNode(game, script, join(game, 'dist'))).split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

test.run()
