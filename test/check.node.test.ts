// Lint and types are tests like others, so that `npm test` and CI are the whole check.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const root = resolve(process.env.ASHLAR_ROOT ?? '.')
const test = suite('check')

for (const [name, args] of [
  ['biome', ['check', '--error-on-warnings', '.']],
  ['tsc', ['--noEmit', '-p', '.']],
] as const) {
  test(name, () => {
    const { status, stdout, stderr } = spawnSync(resolve(root, 'node_modules/.bin', name), args, {
      cwd: root,
      encoding: 'utf8',
    })
    assert.is(status, 0, `${stdout}${stderr}`)
  })
}

test.run()
