/** A module of core as it would be with one change to a source. On Node: bundles with esbuild. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'
import * as assert from 'uvu/assert'

export interface Change {
  /** Below `packages/core/src`. */
  readonly file: string
  /** Occurs once in the file. */
  readonly from: string
  readonly to: string
}

const core = resolve(process.env.ASHLAR_ROOT ?? '.', 'packages/core')

/** Imports `contents`, whose own imports are below `packages/core`, over the changed source. */
export async function importMutated(contents: string, { file, from, to }: Change) {
  const path = resolve(core, 'src', file)
  const source = readFileSync(path, 'utf8')
  assert.is(source.split(from).length, 2, `${file} has to hold this once: ${from}`)
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: core },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    plugins: [
      {
        name: 'mutant',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
            loaded === path
              ? { contents: source.replace(from, () => to), loader: 'ts' }
              : undefined,
          ),
      },
    ],
  })
  const [{ contents: bundled }] = outputFiles
  return import(`data:text/javascript;base64,${Buffer.from(bundled).toString('base64')}`)
}
