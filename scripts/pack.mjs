// node scripts/pack.mjs [folder]: builds the packages, and packs them as npm would get them. pnpm
// packs, as it writes versions where `workspace:` stands.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PNPM } from './pnpm.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = resolve(process.argv[2] ?? resolve(root, 'out/packages'))
mkdirSync(folder, { recursive: true })
execFileSync(process.execPath, [resolve(root, 'scripts/build.mjs')], { stdio: 'inherit' })
const filters = ['--filter', '@ashlar/*']
execFileSync('npx', ['--yes', PNPM, ...filters, 'pack', '--pack-destination', folder], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  shell: process.platform === 'win32', // npx is a script there
})
for (const file of readdirSync(folder)) console.log(resolve(folder, file))
