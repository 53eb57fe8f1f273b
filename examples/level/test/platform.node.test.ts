// The simulation runs on every engine, and alike: nothing of Node, nothing whose last bits differ.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('level: platform')
const root = process.env.ASHLAR_ROOT ?? process.cwd()
const sim = join(root, 'examples/level/src/sim')

test('the simulation bundles for browsers', () => {
  const { errors, warnings, outputFiles } = buildSync({
    entryPoints: [join(sim, 'index.ts')],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    tsconfig: join(root, 'tsconfig.json'),
    write: false,
  })
  assert.equal([...errors, ...warnings], [])
  assert.ok(outputFiles[0].text.includes('createSimulation'))
})

test('it computes with what all engines do alike', () => {
  const allowed = new Set(['abs', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sqrt'])
  const files = readdirSync(sim).filter((file) => file.endsWith('.ts'))
  assert.ok(files.length > 15)
  for (const file of files) {
    const text = readFileSync(join(sim, file), 'utf8')
    for (const [call, name] of text.matchAll(/\bMath\.(\w+)/g)) {
      assert.ok(allowed.has(name), `${file}: ${call}`)
    }
    assert.not.match(text, /[\w)\]] \*\*|\bDate\b|\bperformance\b|\bcrypto\b/, file)
    assert.not.match(text, /from '(node:|\.\.\/)/, `${file} imports from outside of sim`)
  }
})

test.run()
