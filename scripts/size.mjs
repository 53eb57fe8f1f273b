// node scripts/size.mjs [folder]
//
// Prints how many bytes the packages add to the bundle of a user: as Vite makes it, minified, and
// compressed by brotli. They are built first, or taken from a folder that has them by their names.
// The exit code is 1 if one is above its budget.
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = resolve(process.argv[2] ?? resolve(root, 'packages'))

/** What a program imports is bundled, but for what is `external`. */
const PROGRAMS = [
  {
    name: 'core: create, attach, pools, remote frees, adoption',
    budget: 13_200,
    external: [],
    code: `
      import { Arena } from '@ashlar/core'
      const arena = Arena.create({ byteLength: 2 ** 20 })
      const pool = arena.openPool()
      pool.free(pool.alloc(16))
      globalThis.x = [Arena.attach(arena.handle), arena.adopt(1)]`,
  },
  {
    name: 'adapter: createStorage, scalar columns; without core',
    budget: 12_350,
    external: ['@ashlar/core', 'bitecs'],
    code: `
      import { createStorage, t } from '@ashlar/ecs-adapter'
      globalThis.x = (world, pool) => createStorage(world, pool).component('P', { x: t.f32 })`,
  },
  {
    name: 'worker: joinWorkerGroup, with core',
    budget: 26_000,
    external: ['bitecs'],
    code: `
      import { joinWorkerGroup } from '@ashlar/ecs-adapter'
      joinWorkerGroup(self, { move() {} })`,
  },
]

/** The program as a module that is in no file. */
const PROGRAM = '\0program'
const load = (code) => ({
  name: 'program',
  resolveId: (id) => (id === PROGRAM ? PROGRAM : null),
  load: (id) => (id === PROGRAM ? code : null),
})

async function byteLengthOf({ code, external }) {
  const { output } = await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [load(code)],
    resolve: {
      alias: {
        '@ashlar/core': resolve(packages, 'core/dist/esm/index.js'),
        '@ashlar/ecs-adapter': resolve(packages, 'ecs-adapter/dist/esm/index.js'),
      },
    },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: PROGRAM, external, preserveEntrySignatures: false },
    },
  })
  const chunks = output.filter(({ type }) => type === 'chunk').map((chunk) => chunk.code)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
  return brotliCompressSync(chunks.join(''), { params }).length
}

if (process.argv[2] === undefined) {
  execFileSync(process.execPath, [resolve(root, 'scripts/build.mjs')], { stdio: 'inherit' })
}
for (const program of PROGRAMS) {
  const byteLength = await byteLengthOf(program)
  const isAbove = byteLength > program.budget
  const [size, budget] = [byteLength, program.budget].map((n) => n.toLocaleString('en').padStart(7))
  console.log(`${size} B of ${budget}  ${program.name}${isAbove ? ': above its budget' : ''}`)
  if (isAbove) process.exitCode = 1
}
