// Everything that is compiled before the clock runs, into out/bench.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type LogLevel } from 'esbuild'

export const root = resolve(fileURLToPath(import.meta.url), '../../..')
export const outDir = resolve(root, 'out/bench')
mkdirSync(outDir, { recursive: true })

/** What a topic is bundled with, and where its bundle goes. */
export interface BundleFolders {
  readonly packages: string
  readonly outDir: string
}

const ofToday: BundleFolders = { packages: resolve(root, 'packages'), outDir }

/** Bundles `bench/<topic>.bench.ts` for every engine. */
export async function buildTopic(
  topic: string,
  { packages, outDir }: BundleFolders = ofToday,
  logLevel: LogLevel = 'warning',
): Promise<string> {
  const outfile = resolve(outDir, `${topic}.mjs`)
  const { metafile } = await build({
    entryPoints: [resolve(root, `bench/${topic}.bench.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    minifySyntax: true, // as scripts/build.mjs: constants stand where they are used
    tsconfig: resolve(root, 'tsconfig.json'),
    alias: {
      '@ashlar/core': resolve(packages, 'core/src/index.ts'),
      '@ashlar/ecs-adapter': resolve(packages, 'ecs-adapter/src/index.ts'),
    },
    nodePaths: [resolve(root, 'bench/node_modules')], // bitECS, for an adapter that lies elsewhere
    absWorkingDir: root,
    metafile: true,
    logLevel,
  })
  checkSingleCore(topic, packages, Object.keys(metafile.inputs))
  return outfile
}

/** @throws Error where a file of today's packages is bundled with the packages of another folder */
function checkSingleCore(topic: string, packages: string, inputs: readonly string[]): void {
  if (packages === ofToday.packages) return
  const isOfToday = (path: string) => resolve(root, path).startsWith(ofToday.packages + sep)
  const stray = inputs.find(isOfToday)
  if (stray === undefined) return
  const advice = "import it by '@ashlar/core' or '@ashlar/ecs-adapter'"
  throw new Error(`${topic} has ${stray}, expected all of Ashlar from ${packages}; ${advice}`)
}

/** Compiles native.c. @throws Error that says why it cannot */
export function buildNative(): string {
  const program = resolve(outDir, 'native')
  const source = resolve(root, 'bench/alloc/native.c')
  for (const compiler of ['cc', 'gcc', 'clang']) {
    try {
      execFileSync(compiler, ['-O2', '-Wall', '-o', program, source, '-lm', '-ldl'])
      return program
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw new Error(`${compiler} cannot compile bench/alloc/native.c`, { cause: error })
    }
  }
  throw new Error('no C compiler (cc, gcc, clang)')
}

/** Compiles a module of AssemblyScript's heap alone. Its asserts stay out, to the heap's favour. */
export async function buildWasm(): Promise<string> {
  const { main } = await import('assemblyscript/asc')
  const source = `
    export function alloc(byteLength: usize): usize { return heap.alloc(byteLength) }
    export function free(offset: usize): void { heap.free(offset) }`
  let binary: Uint8Array | undefined
  // The minimal runtime's heap is TLSF; 4,096 pages are the 256 MiB that every contender has.
  const flags = ['-O3', '--noAssert', '--runtime', 'minimal', '--initialMemory', '4096']
  const { error, stderr } = await main(['tlsf.ts', ...flags, '-o', 'tlsf.wasm'], {
    readFile: (name) => (name === 'tlsf.ts' ? source : null),
    writeFile: (_, contents) => {
      binary = contents as Uint8Array
    },
    listFiles: () => [],
  })
  if (error || !binary) throw new Error(`asc: ${error?.message}\n${stderr}`)
  const path = resolve(outDir, 'tlsf.wasm')
  writeFileSync(path, binary)
  return path
}
