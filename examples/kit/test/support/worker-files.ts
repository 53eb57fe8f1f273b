// Programs for real worker threads, bundled when a test begins: on every engine.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'

const root = process.env.ASHLAR_ROOT ?? process.cwd()

export interface WorkerFiles {
  /** Bundles a program; its imports are relative to the folder. */
  add(program: string): Promise<URL>
  remove(): Promise<void>
}

/** @param sources a folder, from the repository's root */
export function createWorkerFiles(sources: string): WorkerFiles {
  const folder = mkdtempSync(join(tmpdir(), 'example-workers-'))
  let count = 0
  return {
    async add(program) {
      const outfile = join(folder, `${count++}.mjs`)
      await build({
        stdin: {
          contents: program,
          resolveDir: join(root, sources),
          loader: 'ts',
        },
        outfile,
        bundle: true,
        platform: 'node',
        format: 'esm',
        tsconfig: join(root, 'tsconfig.json'),
        logLevel: 'warning',
      })
      return pathToFileURL(outfile)
    },
    async remove() {
      await stop()
      rmSync(folder, { recursive: true })
    },
  }
}
