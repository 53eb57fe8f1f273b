// What npm would publish: built, linked into an empty project, imported, required and type-checked.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const test = suite<{ project: string }>('dist')

const run = (project: string, ...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8' }).trim()

const program = `
  const arena = Arena.create({ byteLength: 2 ** 20 })
  const pool = arena.openPool()
  const world = createWorld()
  const storage = createStorage(world, pool)
  const Position = storage.component('Position', { x: t.f32 })
  const eid = addEntity(world)
  addComponent(world, eid, Position)
  Position.x[eid] = 1.5
  console.log(Position.x[eid], Position.x.buffer === arena.buffer, arena.verify().length)`
const names = {
  '@ashlar/core': 'Arena',
  '@ashlar/ecs-adapter': 'createStorage, t',
  bitecs: 'addComponent, addEntity, createWorld',
}

test.before((context) => {
  execFileSync(process.execPath, [resolve(root, 'scripts/build.mjs')])
  context.project = mkdtempSync(join(tmpdir(), 'ashlar-dist-'))
  const modules = join(context.project, 'node_modules')
  mkdirSync(join(modules, '@ashlar'), { recursive: true })
  symlinkSync(resolve(root, 'packages/core'), join(modules, '@ashlar/core'))
  symlinkSync(resolve(root, 'packages/ecs-adapter'), join(modules, '@ashlar/ecs-adapter'))
  symlinkSync(resolve(root, 'packages/ecs-adapter/node_modules/bitecs'), join(modules, 'bitecs'))
})

test.after(({ project }) => rmSync(project, { recursive: true, force: true }))

test('import works', ({ project }) => {
  const imports = Object.entries(names).map(([from, what]) => `import { ${what} } from '${from}'`)
  writeFileSync(join(project, 'main.mjs'), imports.join('\n') + program)
  assert.is(run(project, 'main.mjs'), '1.5 true 0')
})

test('require works', ({ project }) => {
  const requires = Object.entries(names).map(
    ([from, what]) => `const { ${what} } = require('${from}')`,
  )
  writeFileSync(join(project, 'main.cjs'), requires.join('\n') + program)
  assert.is(run(project, 'main.cjs'), '1.5 true 0')
})

test('types resolve for ESM, CommonJS and bundlers, and infer', ({ project }) => {
  const source = `
    import { Arena, type Pool } from '@ashlar/core'
    import { createStorage, t } from '@ashlar/ecs-adapter'
    const pool: Pool = Arena.create({ byteLength: 2 ** 20 }).openPool()
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
  const tsc = [resolve(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict']
  const target = ['--target', 'es2022', '--lib', 'es2022,dom']
  run(project, ...tsc, ...target, '--module', 'nodenext', 'esm.mts', 'cjs.cts')
  run(
    project,
    ...tsc,
    ...target,
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    'bundled.ts',
  )
})

test('core has no dependencies, and the package says what npm needs', () => {
  const read = (name: string) =>
    JSON.parse(readFileSync(resolve(root, 'packages', name, 'package.json'), 'utf8'))
  assert.is(read('core').dependencies, undefined)
  assert.is(read('core').sideEffects, false)
  assert.equal(Object.keys(read('ecs-adapter').peerDependencies), ['bitecs'])
})

test.run()
