// Rows that are reserved, and that nobody has, take no physical page: on Node, and on Bun where it
// is installed, each time in a new process.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('resident memory')
const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const bun = resolve(root, 'test/engines/node_modules/.bin/bun')
const engines = { node: process.execPath, ...(existsSync(bun) && { bun }) }
/** Of each step. The columns have 132 MiB. */
const MIB_AT_MOST = 8
/** These look at all rows. Some systems give memory a page when it is read. */
const isLook = (step: string) => /: (reset|dispose)$/.test(step)

/** Of ten components with the default capacity, before a row is used. The columns have 40 MiB. */
const DEFAULT_MIB_AT_MOST = 1

let folder = ''
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ashlar-resident-'))
  const programs = ['resident', 'resident-default']
  await build({
    entryPoints: programs.map((name) => resolve(root, `packages/ecs-adapter/test/${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    tsconfig: resolve(root, 'tsconfig.json'),
    platform: 'node',
    format: 'esm',
  })
})
test.after(() => rmSync(folder, { recursive: true, force: true }))

function runProgram(engine: string, program: string, kind: string) {
  const file = join(folder, `${program}.mjs`)
  const { stdout, stderr } = spawnSync(engine, [file, kind], { encoding: 'utf8' })
  assert.ok(stdout.startsWith('{'), stderr)
  return JSON.parse(stdout)
}

for (const [name, engine] of Object.entries(engines)) {
  for (const kind of ['shared', 'unshared']) {
    test(`4,000,000 rows of which 2,000 are in use, ${kind}, on ${name}`, () => {
      const { grown, isRight, looksTakeMemory } = runProgram(engine, 'resident', kind)
      assert.ok(isRight, 'values are kept, other rows are 0')
      for (const [step, mib] of Object.entries<number>(grown)) {
        if (looksTakeMemory && isLook(step)) continue
        assert.ok(mib < MIB_AT_MOST, `${step} took ${mib} MiB: ${JSON.stringify(grown)}`)
      }
    })

    test(`ten components of the default capacity in 1 GiB, ${kind}, on ${name}`, () => {
      const { rowCount, mib } = runProgram(engine, 'resident-default', kind)
      assert.is(rowCount, 2 ** 20)
      assert.ok(mib < DEFAULT_MIB_AT_MOST, `${mib} MiB`)
    })
  }
}

test.run()
