// node scripts/pack.mjs [folder]: builds the packages, and packs them as npm gets them. Where the
// manifests of the workspace say `workspace:^`, the packed ones have the version.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = resolve(process.argv[2] ?? resolve(root, 'out/packages'))
const NAMES = ['core', 'ecs-adapter']

const readManifest = (name) =>
  JSON.parse(readFileSync(resolve(root, 'packages', name, 'package.json'), 'utf8'))
const versions = Object.fromEntries(
  NAMES.map(readManifest).map(({ name, version }) => [name, `^${version}`]),
)

function packedManifest(name) {
  const { devDependencies: _, dependencies, ...manifest } = readManifest(name)
  if (dependencies === undefined) return manifest
  const entries = Object.entries(dependencies)
  const written = entries.map(([name, range]) => [
    name,
    range === 'workspace:^' ? versions[name] : range,
  ])
  return { ...manifest, dependencies: Object.fromEntries(written) }
}

execFileSync(process.execPath, [resolve(root, 'scripts/build.mjs')], { stdio: 'inherit' })
for (const name of NAMES) {
  const staged = resolve(folder, name)
  mkdirSync(staged, { recursive: true })
  for (const part of ['dist', 'README.md', 'LICENSE']) {
    cpSync(resolve(root, 'packages', name, part), resolve(staged, part), { recursive: true })
  }
  const manifest = JSON.stringify(packedManifest(name), undefined, 2)
  writeFileSync(resolve(staged, 'package.json'), `${manifest}\n`)
  const isScript = process.platform === 'win32' // npm is one there
  const output = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: staged,
    encoding: 'utf8',
    shell: isScript,
  })
  rmSync(staged, { recursive: true })
  console.log(resolve(folder, output.trim()))
}
