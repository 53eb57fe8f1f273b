// node scripts/build.mjs: packages/*/dist as npm gets it: ESM and CommonJS by esbuild, types by
// tsc.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const tsc = resolve(root, 'node_modules/.bin/tsc')

// In order of dependency: the types of one package are read from the dist of another.
for (const name of ['core', 'ecs-adapter']) {
  const folder = resolve(root, 'packages', name)
  const dist = resolve(folder, 'dist')
  rmSync(dist, { recursive: true, force: true })
  for (const format of ['esm', 'cjs']) {
    await build({
      entryPoints: [resolve(folder, 'src/index.ts')],
      outfile: resolve(dist, format, 'index.js'),
      bundle: true,
      packages: 'external',
      format,
      platform: 'neutral',
      target: 'es2022',
      minifySyntax: true, // writes the layout's constants where they are used
      sourcemap: true,
      tsconfig: resolve(folder, 'tsconfig.json'),
      logLevel: 'warning',
    })
    writeFileSync(
      resolve(dist, format, 'package.json'),
      `${JSON.stringify({ type: format === 'esm' ? 'module' : 'commonjs', sideEffects: false })}\n`,
    )
  }
  execFileSync(tsc, ['-p', folder], { stdio: 'inherit' })
  for (const file of readdirSync(resolve(dist, 'esm'), { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue
    // tsc leaves the extensions of declarations as they are in the sources.
    const types = readFileSync(resolve(dist, 'esm', file), 'utf8').replaceAll(
      /\.ts(['"])/g,
      '.js$1',
    )
    // The same declarations serve both: the package.json beside them says what they declare.
    for (const format of ['esm', 'cjs']) {
      mkdirSync(dirname(resolve(dist, format, file)), { recursive: true })
      writeFileSync(resolve(dist, format, file), types)
    }
  }
}
