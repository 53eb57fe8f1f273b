// An example's program, bundled, and run as users do.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import * as assert from 'uvu/assert'

export const root = process.env.ASHLAR_ROOT ?? process.cwd()

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Program {
  /** Where it is, and where tests may put their files. */
  readonly folder: string
  run(...args: string[]): Outcome
  /** Its first line on stderr must be like this, without a stack, and stdout empty. */
  assertFails(args: readonly string[], message: RegExp): void
  remove(): void
}

export function runNode(...command: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

/**
 * As a file for each thread, a program starts in a tenth of the time that tsx takes.
 * @param sources a folder, from the repository's root
 * @param threads names of files there, the main one first
 */
export function bundleProgram(sources: string, threads: readonly string[]): Program {
  const folder = mkdtempSync(join(tmpdir(), 'example-'))
  buildSync({
    entryPoints: threads.map((name) => join(root, sources, `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    tsconfig: join(root, 'tsconfig.json'),
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire('/');",
    },
  })
  const run = (...args: string[]) => runNode(join(folder, `${threads[0]}.mjs`), ...args)
  return {
    folder,
    run,
    assertFails(args, message) {
      const { status, stdout, stderr } = run(...args)
      assert.is(status, 1, stderr)
      assert.match(stderr, message)
      assert.not.match(stderr, /\n\s+at /, 'no stack for what is no fault of the program')
      assert.is(stdout, '')
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
