import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { root } from './build.ts'

export interface Engine {
  /** As given to `--engines`. */
  readonly key: string
  /** With the version that runs, for tables. */
  readonly name: string
  readonly command: string
  readonly arguments: readonly string[]
}

const installed = `${root}/test/engines/node_modules`

// The collector is exposed so that a measurement starts from a clean heap.
const known: Record<string, Omit<Engine, 'key' | 'name'>> = {
  node: { command: process.execPath, arguments: ['--expose-gc'] },
  node24: { command: `${installed}/node24/bin/node`, arguments: ['--expose-gc'] },
  bun: { command: `${installed}/.bin/bun`, arguments: [] },
  deno: { command: `${installed}/.bin/deno`, arguments: ['run', '-A', '--v8-flags=--expose-gc'] },
}

export const engineKeys = Object.keys(known)

/** Those of `engineKeys` that are asked for; the ones that are not installed are told of. */
export function findEngines(
  keys: readonly string[],
  onMissing: (text: string) => void,
): readonly Engine[] {
  return keys.flatMap((key) => {
    const engine = findEngine(key)
    if (!engine) onMissing(`${key}: not installed (pnpm install puts it below test/engines)`)
    return engine ?? []
  })
}

function findEngine(key: string): Engine | undefined {
  const engine = known[key]
  if (!existsSync(engine.command)) return undefined
  const output = execFileSync(engine.command, ['--version'], { encoding: 'utf8' })
  const version = output.match(/\d+\.\d+\.\d+/)?.[0]
  return { ...engine, key, name: `${key.replace(/\d+$/, '')} ${version}` }
}
