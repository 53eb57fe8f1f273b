/** The packages as npm would get them, installed in a project outside of the repository. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

export const root = resolve(process.env.ASHLAR_ROOT ?? '.')

const bitecs = 'packages/ecs-adapter/node_modules/bitecs'
const OTHERS = [
  'node_modules/three',
  'node_modules/@types/three',
  'node_modules/@types/node',
  bitecs,
]

let project: Promise<string> | undefined

/** The project's folder. Programs in folders below it find the packages. */
export function packedProject(): Promise<string> {
  // uvu says nothing of what fails before the tests.
  project ??= install().catch((error) => {
    console.error(error)
    throw error
  })
  return project
}

/** From the files that are packed; all other packages are those of the repository. */
async function install(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ashlar-packed-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await runNode(root, resolve(root, 'scripts/pack.mjs'), join(folder, 'packed'))
  for (const file of readdirSync(join(folder, 'packed'))) {
    const name = file.replace(/^ashlar-(.*)-\d+\.\d+\.\d+\.tgz$/, '$1')
    const target = join(folder, 'node_modules/@ashlar', name)
    mkdirSync(target, { recursive: true })
    execFileSync('tar', ['xzf', join(folder, 'packed', file), '-C', target, '--strip-components=1'])
  }
  for (const from of OTHERS) {
    const link = join(folder, from.slice(from.indexOf('node_modules')))
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(resolve(root, from), link)
  }
  return folder
}

/** Runs a script by this Node. Gives what it prints; what it prints when it fails is the error. */
export async function runNode(folder: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, args, { cwd: folder })).stdout.trim()
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`node ${args.join(' ')} fails:\n${stdout}${stderr}`)
  }
}

/** A TypeScript, by the name of its package in the repository: `typescript54`. */
export const compilerOf = (name: string): string => resolve(root, 'node_modules', name, 'bin/tsc')
