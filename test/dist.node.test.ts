// What npm would publish: packed, installed into an empty project, imported, required and
// type-checked.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compilerOf, packedProject, runNode } from './support/packed.ts'

const test = suite<{ project: string }>('dist')

const program = `
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  const world = createWorld()
  const storage = createStorage(world, pool)
  const Position = storage.component('Position', { x: t.f32 })
  const eid = addEntity(world)
  addComponent(world, eid, Position)
  Position.x[eid] = 1.5
  let error
  try { publishBatch({}, 16, 1) } catch (thrown) { error = thrown }
  publishBatch(arena, 16, 1)
  const isOne = error instanceof ArenaError
  console.log(Position.x[eid], Position.x.buffer === arena.buffer, verify(arena).length, isOne)`
const names = {
  '@ashlar/core': 'Arena, ArenaError, verify',
  '@ashlar/core/tuning': 'publishBatch',
  '@ashlar/ecs-adapter': 'createStorage, t',
  bitecs: 'addComponent, addEntity, createWorld',
}
const imports = Object.entries(names).map(([from, what]) => `import { ${what} } from '${from}'`)
const requires = Object.entries(names).map(
  ([from, what]) => `const { ${what} } = require('${from}')`,
)

test.before(async (context) => {
  context.project = join(await packedProject(), 'dist')
  mkdirSync(context.project)
})

test('import works, and entries share their state', async ({ project }) => {
  writeFileSync(join(project, 'main.mjs'), imports.join('\n') + program)
  assert.is(await runNode(project, 'main.mjs'), '1.5 true 0 true')
})

test('require works, and entries share their state', async ({ project }) => {
  writeFileSync(join(project, 'main.cjs'), requires.join('\n') + program)
  assert.is(await runNode(project, 'main.cjs'), '1.5 true 0 true')
})

test('names can be imported from CommonJS', async ({ project }) => {
  const files = Object.keys(names).slice(0, 3)
  const paths = files
    .map((name) => name.replace('core/tuning', 'core'))
    .map((name, i) => `../node_modules/${name}/dist/cjs/${i === 1 ? 'tuning' : 'index'}.js`)
  const from = imports.map((line, i) =>
    i < 3 ? line.replace(files[i] ?? '', paths[i] ?? '') : line,
  )
  writeFileSync(join(project, 'mixed.mjs'), from.join('\n') + program)
  assert.is(await runNode(project, 'mixed.mjs'), '1.5 true 0 true')
})

test('types resolve for ESM, CommonJS and bundlers, and infer', async ({ project }) => {
  const source = `
    import { Arena, type Pool } from '@ashlar/core'
    import { openTelemetry, type Telemetry } from '@ashlar/core/tuning'
    import { createStorage, t } from '@ashlar/ecs-adapter'
    const arena = Arena.create({ byteLength: 2 ** 20 })
    const pool: Pool = arena.openPool()
    export const telemetry: Telemetry = openTelemetry(arena)
    export const offset: number = pool.alloc(16)
    export const view: Float32Array = pool.allocArray(Float32Array, 4)
    export const define = (world: object) => {
      const Position = createStorage(world, pool).component('Position', { x: t.f32, n: t.u8 })
      const x: Float32Array = Position.x
      const n: Uint8Array = Position.n
      return [x, n]
    }
    // @ts-expect-error: the length is a number
    pool.alloc('16')`
  writeFileSync(join(project, 'esm.mts'), source)
  writeFileSync(join(project, 'cjs.cts'), source)
  writeFileSync(join(project, 'bundled.ts'), source)
  const tsc = [compilerOf('typescript'), '--noEmit', '--strict']
  const target = ['--target', 'es2022', '--lib', 'es2022,dom']
  await runNode(project, ...tsc, ...target, '--module', 'nodenext', 'esm.mts', 'cjs.cts')
  const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler']
  await runNode(project, ...tsc, ...target, ...bundler, 'bundled.ts')
})

for (const name of ['core', 'ecs-adapter']) {
  const folderOf = (project: string) => join(project, '../node_modules/@ashlar', name)

  test(`${name}: the package says what npm shows, and has its licence`, ({ project }) => {
    const manifest = JSON.parse(readFileSync(join(folderOf(project), 'package.json'), 'utf8'))
    const { repository, homepage, bugs, author, keywords, sideEffects } = manifest
    const url = 'https://github.com/ashlar-js/ashlar'
    const directory = `packages/${name}`
    assert.equal(repository, { type: 'git', url: `git+${url}.git`, directory })
    assert.is(homepage, `${url}/tree/main/${directory}#readme`)
    assert.equal(bugs, { url: `${url}/issues` })
    assert.is(author, 'The Ashlar authors')
    assert.ok(keywords.length > 3)
    assert.is(sideEffects, false)
    assert.ok(existsSync(join(folderOf(project), 'LICENSE')))
    const needed = name === 'core' ? {} : { '@ashlar/core': `^${manifest.version}` }
    assert.equal(manifest.dependencies ?? {}, needed)
    const peers = name === 'core' ? [] : ['bitecs']
    assert.equal(Object.keys(manifest.peerDependencies ?? {}), peers)
  })

  test(`${name}: the README links to what is packed`, ({ project }) => {
    const readme = readFileSync(join(folderOf(project), 'README.md'), 'utf8')
    const links = [...readme.matchAll(/\]\(([^)\s]+)|^\[.+\]:\s*(\S+)/gm)].map(([, a, b]) => a ?? b)
    assert.ok(links.length > 0)
    const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(
      ([, heading]) => `#${anchorOf(heading)}`,
    )
    const strange = links.filter((link = '') => {
      if (/^https?:/.test(link)) return false
      if (link.startsWith('#')) return !headings.includes(link)
      return link.startsWith('..') || !existsSync(join(folderOf(project), link.split('#')[0] ?? ''))
    })
    assert.equal(strange, [])
  })
}

/** Of a heading, as GitHub and npm make it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

test.run()
