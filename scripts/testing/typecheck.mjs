// node typecheck.mjs <package of a compiler> <tsconfig ...>
//
// As `tsc -p` for each of them. A compiler with an API reads each file once for all: that takes two
// thirds of the time.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { root } from './engines.mjs'

const [compiler, ...configs] = process.argv.slice(2)
const ts = createRequire(import.meta.url)(compiler)
const sources = new Map()

function check(config) {
  const parsed = ts.getParsedCommandLineOfConfigFile(config, {}, ts.sys)
  const host = ts.createCompilerHost(parsed.options)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...options) => {
    if (!sources.has(name)) sources.set(name, getSourceFile(name, ...options))
    return sources.get(name)
  }
  const program = ts.createProgram(parsed.fileNames, parsed.options, host)
  const diagnostics = [...parsed.errors, ...ts.getPreEmitDiagnostics(program)]
  return ts.formatDiagnostics(diagnostics, host)
}

function checkByCommand(config) {
  const tsc = resolve(root, 'node_modules', compiler, 'bin/tsc')
  return spawnSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' }).stdout
}

for (const config of configs) {
  const errors = ts.createProgram ? check(config) : checkByCommand(config)
  if (errors === '') continue
  console.log(`${compiler} -p ${config}\n${errors}`)
  process.exitCode = 1
}
