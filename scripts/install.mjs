// Runs before `npm start` and `npm test`: installs from the lock file, once per change of that
// file.
import { execSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

// Not `packageManager` in package.json: pnpm 12 then wants itself in the lock file, and refuses a
// frozen one.
const PNPM = 'pnpm@12.21.0'

const lock = readFileSync(new URL('../pnpm-lock.yaml', import.meta.url), 'utf8')
const marker = new URL('../node_modules/.installed-lock', import.meta.url)

if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lock) {
  console.log(`installing with ${PNPM} ...`)
  execSync(`npx --yes ${PNPM} install --frozen-lockfile`, {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  writeFileSync(marker, lock)
}
