// Programs for real worker threads, bundled when a test begins: on every engine.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'

const root = process.env.ASHLAR_ROOT ?? process.cwd()

export interface WorkerFiles {
  /** Bundles a program; its imports are relative to `examples/level/src`. */
  add(program: string): Promise<URL>
  remove(): Promise<void>
}

export function createWorkerFiles(): WorkerFiles {
  const folder = mkdtempSync(join(tmpdir(), 'level-workers-'))
  let count = 0
  return {
    async add(program) {
      const outfile = join(folder, `${count++}.mjs`)
      await build({
        stdin: {
          contents: program,
          resolveDir: join(root, 'examples/level/src'),
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
