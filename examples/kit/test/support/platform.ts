// A simulation runs on every engine, and alike: nothing of Node, nothing whose last bits differ.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import * as assert from 'uvu/assert'

const root = process.env.ASHLAR_ROOT ?? process.cwd()

/** @param sim a folder, from the repository's root */
export function assertBundlesForBrowsers(sim: string, exported: string): void {
  const { errors, warnings, outputFiles } = buildSync({
    entryPoints: [join(root, sim, 'index.ts')],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    tsconfig: join(root, 'tsconfig.json'),
    write: false,
  })
  assert.equal([...errors, ...warnings], [])
  assert.ok(outputFiles[0].text.includes(exported))
}

const ALLOWED = new Set(['abs', 'floor', 'ceil', 'fround', 'imul', 'max', 'min', 'round', 'sqrt'])

/** Of all files of the simulation. */
export function assertComputesAlike(sim: string, fileCountMin: number): void {
  const files = readdirSync(join(root, sim)).filter((file) => file.endsWith('.ts'))
  assert.ok(files.length >= fileCountMin, `${files.length} files`)
  for (const file of files) {
    const text = readFileSync(join(root, sim, file), 'utf8')
    for (const [call, name] of text.matchAll(/\bMath\.(\w+)/g)) {
      assert.ok(ALLOWED.has(name), `${file}: ${call}`)
    }
    assert.not.match(text, /[\w)\]] \*\*|\bDate\b|\bperformance\b|\bcrypto\b/, file)
    assert.not.match(text, /from '(node:|\.\.\/)/, `${file} imports from outside of sim`)
  }
}
