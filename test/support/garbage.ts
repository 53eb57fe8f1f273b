// Promise 12's gate: how many bytes of JavaScript garbage a steady-state frame makes, and in which
// module.
//
// V8's sampling heap profiler with interval 1 misses one object of 16 bytes in ten million, and is
// told to keep what the collector took. A profile node is a function, known by the line it starts
// at in the test's bundle. esbuild writes a comment `// packages/core/src/pool/pool.ts` above each
// module, so the bundle's own text maps lines to modules.
// Node only: a test that imports this is an `x.node.test.ts`.

import { readFileSync } from 'node:fs'
import { type HeapProfiler, Session } from 'node:inspector'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'

// What an inlined function allocates is booked on the function around it, which may be of another
// module: core's garbage would be bitECS's.
setFlagsFromString('--no-turbo-inlining')
setFlagsFromString('--no-maglev-inlining')

/** One function that allocated. */
export interface GarbageSite {
  /** Path from the repository's root, or the script's url when it is no part of the bundle. */
  module: string
  functionName: string
  /** Where the function starts in the bundle, from 1. */
  line: number
  /** Bytes over all frames of one window. */
  byteLength: number
}

export interface Garbage {
  frames: number
  sites: GarbageSite[]
  /** Bytes over all frames of one window; a module that allocated nothing is absent. */
  byModule: Map<string, number>
}

export interface GarbageOptions {
  /** Frames in a window. Default 600. */
  frames?: number
  /** Frames before the first window, for compilers and caches to settle. Default: as `frames`. */
  warmup?: number
  /**
   * A function's figure is its least over this many windows: what a steady state allocates is in
   * each of them, what the compiler allocates in a function's name (code, feedback) only where it
   * compiles. Default 6: on a busy machine compilers take their time.
   */
  windows?: number
}

/** Runs `frame(0)`, `frame(1)`, ... and returns what each function allocated in one window. */
export function measureGarbage(
  frame: (index: number) => void,
  { frames = 600, warmup = frames, windows = 6 }: GarbageOptions = {},
): Garbage {
  let index = 0
  const run = (count: number) => {
    for (const end = index + count; index < end; index++) frame(index)
  }
  run(warmup)

  const locate = createLocator()
  const session = new Session()
  session.connect()
  try {
    // The profiler itself, and the loop that calls it, settle in a window that is thrown away.
    sampleWindow(session, locate, () => run(Math.min(frames, 8)))
    let least = sampleWindow(session, locate, () => run(frames))
    for (let window = 1; window < windows; window++) {
      const next = sampleWindow(session, locate, () => run(frames))
      least = new Map([...least].filter(([key]) => next.has(key)))
      for (const [key, site] of least) {
        site.byteLength = Math.min(site.byteLength, next.get(key)?.byteLength ?? 0)
      }
    }
    const sites = [...least.values()].sort((a, b) => b.byteLength - a.byteLength)
    const byModule = new Map<string, number>()
    for (const { module, byteLength } of sites) {
      byModule.set(module, (byModule.get(module) ?? 0) + byteLength)
    }
    return { frames, sites, byModule }
  } finally {
    session.disconnect()
  }
}

/**
 * Throws, naming every function, unless no module whose path starts with one of these (a folder
 * such as `packages/core/src/`) allocated. A start that no module of the bundle has throws too.
 */
export function assertNoGarbage(garbage: Garbage, folders: readonly string[]): void {
  const modules = bundledModules()
  const absent = folders.filter((folder) => !modules.some((module) => module.startsWith(folder)))
  if (absent.length > 0) throw new Error(`no module of the bundle is below ${absent.join(', ')}`)
  const guilty = garbage.sites.filter(({ module }) => folders.some((f) => module.startsWith(f)))
  if (guilty.length === 0) return
  const lines = guilty.map(
    ({ module, functionName, line, byteLength }) =>
      `  ${byteLength} B  ${functionName || '(anonymous)'}  ${module} (bundle line ${line})`,
  )
  throw new Error(`garbage in ${garbage.frames} frames, expected 0 B:\n${lines.join('\n')}`)
}

/** The modules of the running bundle, in its order. */
export function bundledModules(): string[] {
  return readModuleStarts().map(({ module }) => module)
}

const SAMPLING = {
  samplingInterval: 1,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
}

type CallFrame = HeapProfiler.SamplingHeapProfileNode['callFrame']

function readModuleStarts(): { module: string; lineIndex: number }[] {
  const starts: { module: string; lineIndex: number }[] = []
  const lines = readFileSync(process.argv[1], 'utf8').split('\n')
  for (const [lineIndex, line] of lines.entries()) {
    const module = /^\/\/ (<stdin>|\S+\.[cm]?[jt]sx?)$/.exec(line)?.[1]
    if (module !== undefined) starts.push({ module, lineIndex })
  }
  return starts
}

/** A function from a call frame to its module; undefined for code that has no script of its own. */
function createLocator(): (callFrame: CallFrame) => string | undefined {
  const bundleUrl = pathToFileURL(process.argv[1]).href
  const starts = readModuleStarts()
  if (starts.length === 0) {
    throw new Error(`${process.argv[1]} has no module comments: expected an esbuild bundle`)
  }
  return ({ url, lineNumber }) => {
    if (url !== bundleUrl) return url === '' ? undefined : url
    return starts.findLast(({ lineIndex }) => lineIndex <= lineNumber)?.module ?? url
  }
}

function sampleWindow(
  session: Session,
  locate: (callFrame: CallFrame) => string | undefined,
  run: () => void,
): Map<string, GarbageSite> {
  // In-process sessions answer before `post` returns.
  session.post('HeapProfiler.startSampling', SAMPLING)
  let profile: HeapProfiler.SamplingHeapProfile | undefined
  let failure: Error | null = null
  try {
    run()
  } finally {
    session.post('HeapProfiler.stopSampling', (error, result) => {
      failure = error
      profile = result?.profile
    })
  }
  if (profile === undefined) throw failure ?? new Error('the heap profiler gave no profile')

  const sites = new Map<string, GarbageSite>()
  // A builtin or generated function without a script allocates for the function that called it.
  const visit = (node: HeapProfiler.SamplingHeapProfileNode, caller: GarbageSite) => {
    const { callFrame, selfSize, children } = node
    const module = locate(callFrame)
    let site = caller
    if (module !== undefined) {
      const { functionName, lineNumber, columnNumber } = callFrame
      const key = `${module}:${lineNumber}:${columnNumber}:${functionName}`
      site = sites.get(key) ?? { module, functionName, line: lineNumber + 1, byteLength: 0 }
      sites.set(key, site)
    }
    site.byteLength += selfSize
    for (const child of children) visit(child, site)
  }
  visit(profile.head, { module: '(runtime)', functionName: '', line: 0, byteLength: 0 })
  for (const [key, { byteLength }] of sites) if (byteLength === 0) sites.delete(key)
  return sites
}
