// Memory that an arena has reserved and nobody has written takes no physical page: on Node, and on
// Bun where it is installed, each time in a new process.
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

let folder = ''
let program = ''
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ashlar-resident-'))
  program = join(folder, 'resident.mjs')
  await build({
    entryPoints: [resolve(root, 'packages/core/test/support/resident.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
  })
})
test.after(() => rmSync(folder, { recursive: true, force: true }))

for (const [name, engine] of Object.entries(engines)) {
  for (const kind of ['shared', 'unshared']) {
    test(`1 GiB of zeros: less than 1 MiB until it is written, ${kind}, on ${name}`, () => {
      const runs = [1, 2, 3].map(() => {
        const { stdout, stderr } = spawnSync(engine, [program, kind], { encoding: 'utf8' })
        assert.ok(stdout.startsWith('{'), stderr)
        const { grown, isZero } = JSON.parse(stdout)
        assert.ok(isZero, 'what was written before is zeroed')
        assert.ok(grown.write > 128, `the figures say something: ${stdout}`)
        return grown
      })
      for (const step of ['create', 'allocZeroed', 'reserve', 'touch', 'reserve again']) {
        // The engine's own heap may grow in any step, but not in the same one each time.
        const least = Math.min(...runs.map((grown) => grown[step]))
        assert.ok(least < 1, `${step} took ${least} MiB: ${JSON.stringify(runs)}`)
      }
    })
  }
}

test.run()
