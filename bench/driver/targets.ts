// What Ashlar sets out to reach. A target is a ratio: how many times as long as Ashlar its rival takes.
import { type Case, type Figure, ours } from './run.ts'

export interface Target {
  readonly claim: string
  readonly topic: string
  readonly workload: string
  /** Key of the engine that runs Ashlar. */
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

/** The rival's engine that stands for: Ashlar itself, on whichever engine is fastest. */
const best = 'best'

const natives = ['glibc malloc', 'mimalloc']

const alloc = (workload: string, engine: string, contender: string, atLeast: number): Target => ({
  claim: `times as fast as ${contender}`,
  topic: 'alloc',
  workload,
  engine,
  rival: { contender, engine: natives.includes(contender) ? 'native' : engine },
  atLeast,
})

const nearBest = (workload: string, engine: string): Target => ({
  claim: 'within 2 times of the best engine',
  topic: 'alloc',
  workload,
  engine,
  rival: { contender: ours, engine: best },
  atLeast: 1 / 2,
})

const columns = (workload: string, engine: string, contender: string): Target => ({
  claim: `as fast as ${contender}, within 2 %`,
  topic: 'ecs',
  workload,
  engine,
  rival: { contender, engine },
  atLeast: 1 / 1.02,
})

const engines = ['node', 'node24', 'bun']
const systems = ['property', 'hoisted'].flatMap((style) =>
  ['1k', '10k', '100k'].map((count) => `${style}-${count}`),
)

export const targets: readonly Target[] = [
  alloc('random-mixed-1k', 'node', 'glibc malloc', 4),
  alloc('random-mixed-1k', 'node', 'mimalloc', 1.1),
  alloc('random-mixed-100k', 'node', 'glibc malloc', 2),
  ...engines.map((engine) => alloc('random-mixed-1k', engine, 'TLSF in wasm', 2.5)),
  ...engines.map((engine) => nearBest('random-mixed-1k', engine)),
  ...engines.map((engine) => alloc('lifo-64-1k', engine, 'new Float32Array(64)', 100)),
  ...engines.map((engine) => alloc('view-64-1k', engine, 'new Float32Array(64)', 20)),
  ...engines.flatMap((engine) => systems.map((system) => columns(system, engine, 'Float32Array'))),
]

/** Whether some target looks at the case. mimalloc is reported beside glibc where only glibc is a target. */
export function isTargeted({ topic, workload, contender, engine }: Case): boolean {
  return targets.some(
    (target) =>
      target.topic === topic &&
      target.workload === workload &&
      (contender === ours || contender === target.rival.contender || engine.key === 'native'),
  )
}

/** The targets of the topics and engines that ran. `engineNames` maps keys to names with versions. */
export function judge(
  figures: readonly Figure[],
  engineNames: ReadonlyMap<string, string>,
): Verdict[] {
  return targets
    .filter(
      ({ topic, engine }) => engineNames.has(engine) && figures.some((f) => f.topic === topic),
    )
    .map((target) => {
      const fastest = (contender: string, engine: string) =>
        Math.min(
          ...figures
            .filter((one) => one.topic === target.topic && one.workload === target.workload)
            .filter((one) => one.contender === contender)
            .filter((one) => one.engine.key === engine || engine === best)
            .map((one) => one.median),
        )
      const { contender, engine } = target.rival
      const ratio = fastest(contender, engine) / fastest(ours, target.engine)
      const engineName = engineNames.get(target.engine)!
      return { target, engineName, ratio: Number.isFinite(ratio) ? ratio : undefined }
    })
}
