// What the tests run on: the Node that runs this script, the engines of test/engines, and browsers.
import { existsSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = resolve(root, 'test/engines/node_modules')
const page = fileURLToPath(new URL('page.mjs', import.meta.url))

/** The first of some programs on the path, or the last of the names where there is none. */
function findProgram(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const files = names.flatMap((name) => folders.map((path) => resolve(path, name)))
  return files.find((file) => existsSync(file)) ?? names.at(-1)
}

const chromium = process.env.ASHLAR_CHROME ?? findProgram('google-chrome', 'chromium')
const firefox = process.env.ASHLAR_FIREFOX ?? findProgram('firefox', 'firefox-esr')

/** `command` runs a bundle, given behind it; `program` is what must be installed. */
const ENGINES = [
  { name: `node ${process.versions.node}`, kind: 'node', program: process.execPath },
  { name: 'node 24', kind: 'node', program: resolve(folder, 'node24/bin/node') },
  { name: 'bun', kind: 'bun', program: resolve(folder, '.bin/bun') },
  { name: 'deno', kind: 'deno', program: resolve(folder, '.bin/deno'), options: ['run', '-A'] },
  { name: 'chromium', kind: 'page', program: chromium, runner: [page, 'chrome', chromium] },
  { name: 'firefox', kind: 'page', program: firefox, runner: [page, 'firefox', firefox] },
].map(({ name, kind, program, options = [], runner }) => ({
  name,
  kind,
  program,
  command: runner ? [process.execPath, ...runner] : [program, ...options],
}))

export const engines = ENGINES.filter((engine) => existsSync(engine.program))
export const missingEngines = ENGINES.filter((engine) => !existsSync(engine.program))
