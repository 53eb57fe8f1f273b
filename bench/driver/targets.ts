// What Ashlar sets out to reach. A target is a ratio: how many times as long its rival takes.
import { type Case, type Figure, ours } from './run.ts'

export interface Target {
  readonly claim: string
  readonly topic: string
  readonly workload: string
  /** Ashlar's own, where it has several. */
  readonly contender: string
  /** Key of the engine that runs it. */
  readonly engine: string
  readonly rival: { readonly contender: string; readonly engine: string }
  readonly atLeast: number
}

export interface Verdict {
  readonly target: Target
  readonly engineName: string
  /** Absent when a figure is missing. */
  readonly ratio: number | undefined
}

/** As a rival's engine: whichever is fastest. */
const best = 'best'

const natives = ['glibc malloc', 'mimalloc']

const faster = (workload: string, engine: string, rival: string, atLeast: number): Target => ({
  claim: `times as fast as ${rival}`,
  topic: 'alloc',
  workload,
  contender: ours,
  engine,
  rival: { contender: rival, engine: natives.includes(rival) ? 'native' : engine },
  atLeast,
})

const nearBest = (workload: string, engine: string): Target => ({
  claim: 'within 2 times of the best engine',
  topic: 'alloc',
  workload,
  contender: ours,
  engine,
  rival: { contender: ours, engine: best },
  atLeast: 1 / 2,
})

const columns = (workload: string, engine: string): Target => ({
  claim: 'as fast as Float32Array, within 2 %',
  topic: 'ecs',
  workload,
  contender: ours,
  engine,
  rival: { contender: 'Float32Array', engine },
  atLeast: 1 / 1.02,
})

const engines = ['node', 'node24', 'bun']
/** Where typed arrays of their own are dear: JavaScriptCore makes one in some 20 ns. */
const v8Engines = ['node', 'node24']
const systems = ['property', 'hoisted'].flatMap((style) =>
  ['1k', '10k', '100k'].map((count) => `${style}-${count}`),
)

export const targets: readonly Target[] = [
  faster('random-mixed-1k', 'node', 'glibc malloc', 4),
  faster('random-mixed-1k', 'node', 'mimalloc', 1.1),
  faster('random-mixed-100k', 'node', 'glibc malloc', 2),
  ...engines.map((engine) => faster('random-mixed-1k', engine, 'TLSF in wasm', 2.5)),
  ...engines.map((engine) => nearBest('random-mixed-1k', engine)),
  ...v8Engines.map((engine) => faster('lifo-64-1k', engine, 'new Float32Array(64)', 100)),
  ...v8Engines.flatMap((engine) => {
    const target = faster('view-64-1k', engine, 'new Float32Array(64)', 20)
    return [target, { ...target, contender: 'ashlar, view by hand' }]
  }),
  ...engines.flatMap((engine) => systems.map((system) => columns(system, engine))),
]

/** Whether a target looks at the case. Where glibc is the rival, mimalloc is shown beside it. */
export function isTargeted({ topic, workload, contender, engine }: Case): boolean {
  return targets.some(
    (target) =>
      target.topic === topic &&
      target.workload === workload &&
      (contender === ours ||
        contender === target.contender ||
        contender === target.rival.contender ||
        (engine.key === 'native' && target.rival.engine === 'native')),
  )
}

/** The targets of the topics and engines that ran. `engineNames` maps keys to names. */
export function judge(
  figures: readonly Figure[],
  engineNames: ReadonlyMap<string, string>,
): Verdict[] {
  const topics = new Set(figures.map(({ topic }) => topic))
  return targets
    .filter(({ topic, engine }) => topics.has(topic) && engineNames.has(engine))
    .map((target) => {
      const rivalNs = fastest(figures, target, target.rival.contender, target.rival.engine)
      const ratio = rivalNs / fastest(figures, target, target.contender, target.engine)
      const engineName = engineNames.get(target.engine)!
      return { target, engineName, ratio: Number.isFinite(ratio) ? ratio : undefined }
    })
}

/** In ns; Infinity where there is no such figure. */
function fastest(
  figures: readonly Figure[],
  { topic, workload }: Target,
  contender: string,
  engine: string,
): number {
  const matching = figures.filter(
    (one) =>
      one.topic === topic &&
      one.workload === workload &&
      one.contender === contender &&
      (engine === best || one.engine.key === engine),
  )
  return Math.min(...matching.map(({ median }) => median))
}
