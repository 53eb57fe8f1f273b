// Runs before `npm start` and `npm test`: installs from the lock file, once per change of that file.
import { execSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const lock = readFileSync(new URL('../pnpm-lock.yaml', import.meta.url), 'utf8')
const marker = new URL('../node_modules/.installed-lock', import.meta.url)

if (!existsSync(marker) || readFileSync(marker, 'utf8') !== lock) {
  const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)))
  console.log(`installing with ${packageManager} ...`)
  execSync(`npx --yes ${packageManager} install --frozen-lockfile`, {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  writeFileSync(marker, lock)
}
