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

let folder = ''
let program = ''
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ashlar-resident-'))
  program = join(folder, 'resident.mjs')
  await build({
    entryPoints: [resolve(root, 'packages/ecs-adapter/test/resident.ts')],
    outfile: program,
    bundle: true,
    tsconfig: resolve(root, 'tsconfig.json'),
    platform: 'node',
    format: 'esm',
  })
})
test.after(() => rmSync(folder, { recursive: true, force: true }))

for (const [name, engine] of Object.entries(engines)) {
  for (const kind of ['shared', 'unshared']) {
    test(`4,000,000 rows of which 2,000 are in use, ${kind}, on ${name}`, () => {
      const { stdout, stderr } = spawnSync(engine, [program, kind], { encoding: 'utf8' })
      assert.ok(stdout.startsWith('{'), stderr)
      const { grown, isRight, looksTakeMemory } = JSON.parse(stdout)
      assert.ok(isRight, 'values are kept, other rows are 0')
      for (const [step, mib] of Object.entries<number>(grown)) {
        if (looksTakeMemory && isLook(step)) continue
        assert.ok(mib < MIB_AT_MOST, `${step} took ${mib} MiB: ${stdout}`)
      }
    })
  }
}

test.run()
