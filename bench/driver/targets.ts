// What Ashlar sets out to reach: how many times as long its rival takes, or so many nanoseconds.
import { type Case, type Figure, ours, oursBefore } from './run.ts'
import { pairedRatios, type Quartiles, quartiles } from './statistics.ts'

export interface Target {
  readonly claim: string
  readonly topic: string
  readonly workload: string
  /** Ashlar's own, where it has several. */
  readonly contender: string
  /** Key of the engine that runs it. */
  readonly engine: string
  /** What is bounded is the ratio of its time to Ashlar's; without a rival, the time itself. */
  readonly rival?: { readonly contender: string; readonly engine: string }
  /** Each of the two times is divided by that of another workload, or contender, in its place. */
  readonly relativeTo?: { readonly workload: string } | { readonly contender: string }
  readonly bound: 'at least' | 'at most'
  readonly wanted: number
}

export interface Reached {
  /** The ratio of the medians, or the median itself. */
  readonly value: number
  /** Of the same, turn by turn. */
  readonly spread: Quartiles
}

export interface Verdict {
  readonly target: Target
  readonly engineName: string
  /** Absent when a figure is missing. */
  readonly reached: Reached | undefined
}

/** As a rival's engine: whichever is fastest. */
const best = 'best'

const natives = ['glibc malloc', 'mimalloc']

const rivalOn = (engine: string, contender: string) => ({
  contender,
  engine: natives.includes(contender) ? 'native' : engine,
})

const faster = (workload: string, engine: string, rival: string, atLeast: number): Target => ({
  claim: `times as fast as ${rival}`,
  topic: 'alloc',
  workload,
  contender: ours,
  engine,
  rival: rivalOn(engine, rival),
  bound: 'at least',
  wanted: atLeast,
})

const nearBest = (workload: string, engine: string): Target => ({
  claim: 'within 2 times of the best engine',
  topic: 'alloc',
  workload,
  contender: ours,
  engine,
  rival: { contender: ours, engine: best },
  bound: 'at least',
  wanted: 1 / 2,
})

const within = (
  percent: number,
  rival: string,
  topic: string,
  workload: string,
  engine: string,
): Target => ({
  claim: percent === 0 ? `faster than ${rival}` : `as fast as ${rival}, within ${percent} %`,
  topic,
  workload,
  contender: ours,
  engine,
  rival: rivalOn(engine, rival),
  bound: 'at least',
  wanted: 1 / (1 + percent / 100),
})

const typed = `${ours}, typed`

/** A typed pool gains on each engine what it gains on Node. */
const gainsAsOnNode = (workload: string, engine: string): Target => ({
  claim: 'as good as on node against the pool, within 5 %',
  topic: 'alloc',
  workload,
  contender: typed,
  engine,
  rival: { contender: typed, engine: 'node' },
  relativeTo: { contender: ours },
  bound: 'at least',
  wanted: 1 / 1.05,
})

/** From 100 live blocks on. */
const growsAs = (rival: string, contender: string, workload: string): Target => ({
  claim: `grows as ${rival} from 100 live blocks on, within 15 %`,
  topic: 'curve',
  workload,
  contender,
  engine: 'node',
  rival: rivalOn('node', rival),
  relativeTo: { workload: 'live-100' },
  bound: 'at least',
  wanted: 1 / 1.15,
})

const twoWorkers = (topic: string, workload: string, engine: string): Target => ({
  claim: 'times as fast with two workers as with one',
  topic,
  workload,
  contender: ours,
  engine,
  rival: { contender: `${ours}, 1 worker`, engine },
  bound: 'at least',
  wanted: 1.8,
})

const dispatch = (engine: string): Target => ({
  claim: 'ns to dispatch and join',
  topic: 'parallel',
  workload: 'empty',
  contender: ours,
  engine,
  bound: 'at most',
  wanted: 15_000,
})

const engines = ['node', 'node24', 'bun']
/** Where typed arrays of their own are dear: JavaScriptCore makes one in some 20 ns. */
const v8Engines = ['node', 'node24']
/** 1,000 live blocks stay in the caches of the processor. */
const smallWorkloads = ['random', 'lifo'].flatMap((pattern) =>
  ['mixed', '64'].map((byteLengths) => `${pattern}-${byteLengths}-1k`),
)
const systems = ['property', 'hoisted'].flatMap((style) =>
  ['1k', '10k', '100k'].map((count) => `${style}-${count}`),
)

export const targets: readonly Target[] = [
  faster('random-mixed-1k', 'node', 'glibc malloc', 4),
  faster('random-mixed-1k', 'node', 'mimalloc', 1.1),
  faster('random-mixed-100k', 'node', 'glibc malloc', 2),
  within(15, 'mimalloc', 'alloc', 'random-mixed-100k', 'node'),
  ...engines.flatMap((engine) => [
    faster('random-mixed-100k', engine, oursBefore, 1.4),
    ...smallWorkloads.map((workload) => within(3, oursBefore, 'alloc', workload, engine)),
  ]),
  { ...faster('lifo-64-1k', 'node', 'mimalloc', 1), contender: typed },
  { ...faster('lifo-64-1k', 'node', 'glibc malloc', 1.5), contender: typed },
  { ...faster('random-64-1k', 'node', 'glibc malloc', 1), contender: typed },
  ...['node24', 'bun'].flatMap((engine) =>
    ['lifo-64-1k', 'random-64-1k'].map((workload) => gainsAsOnNode(workload, engine)),
  ),
  ...['live-1k', 'live-10k', 'live-100k', 'live-1M'].flatMap((workload) =>
    [ours, typed].map((contender) => growsAs('mimalloc', contender, workload)),
  ),
  ...engines.map((engine) => faster('random-mixed-1k', engine, 'TLSF in wasm', 2.5)),
  ...engines.map((engine) => nearBest('random-mixed-1k', engine)),
  ...v8Engines.map((engine) => faster('lifo-64-1k', engine, 'new Float32Array', 2.5)),
  ...engines.flatMap((engine) => [
    ...systems.map((system) => within(2, 'Float32Array', 'ecs', system, engine)),
    ...['packed_5', 'simple_iter', 'frag_iter'].flatMap((workload) => [
      within(2, 'Int32Array', 'ecs-suite', workload, engine),
      within(0, 'number[]', 'ecs-suite', workload, engine),
    ]),
    ...['entity_cycle', 'add_remove'].map((workload) =>
      within(5, 'Int32Array, observed', 'ecs-suite', workload, engine),
    ),
    within(0, 'Int32Array', 'ecs-suite', 'entity_cycle', engine),
    within(30, 'Int32Array', 'ecs-suite', 'add_remove', engine),
    ...['even-100k', 'uneven-100k'].map((workload) => twoWorkers('parallel', workload, engine)),
    twoWorkers('tables', 'churn-100k', engine),
    within(10, 'flat arrays', 'tables', 'four-1M', engine),
    { ...faster('two-250k-of-1M', engine, 'bitECS query', 2.5), topic: 'tables' },
    dispatch(engine),
    ...['loop-100k', 'loop-1m'].map((workload) =>
      within(0, 'columns by query', 'sparse', workload, engine),
    ),
  ]),
]

/** Whether a target looks at the case. Where glibc is the rival, mimalloc is shown beside it. */
export function isTargeted(one: Case): boolean {
  return targets.some((target) => {
    const isHere = target.topic === one.topic && workloadsOf(target).includes(one.workload)
    return isHere && isCompared(one, target)
  })
}

function workloadsOf({ workload, relativeTo }: Target): string[] {
  return relativeTo && 'workload' in relativeTo ? [workload, relativeTo.workload] : [workload]
}

function isCompared({ contender, engine }: Case, target: Target): boolean {
  return (
    contender === ours ||
    contender === target.contender ||
    contender === target.rival?.contender ||
    (engine.key === 'native' && target.rival?.engine === 'native')
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
      const engineName = engineNames.get(target.engine)!
      return { target, engineName, reached: reachedIn(figures, target) }
    })
}

export function isReached({ bound, wanted }: Target, { value }: Reached): boolean {
  return bound === 'at least' ? value >= wanted : value <= wanted
}

function reachedIn(figures: readonly Figure[], target: Target): Reached | undefined {
  const { rival, contender, engine } = target
  const own = timesOf(figures, target, contender, engine)
  if (own === undefined) return undefined
  if (rival === undefined) return { value: own.median, spread: quartiles(own.samples) }
  const other = timesOf(figures, target, rival.contender, rival.engine)
  return other && ratioOf(other, own)
}

/** In ns, or divided by those that the target is relative to. */
type Times = Pick<Figure, 'median' | 'samples'>

function timesOf(
  figures: readonly Figure[],
  { topic, workload, relativeTo }: Target,
  contender: string,
  engine: string,
): Times | undefined {
  const place = { topic, workload, contender }
  const found = fastest(figures, place, engine)
  if (relativeTo === undefined) return found
  const base = fastest(figures, { ...place, ...relativeTo }, engine)
  if (found === undefined || base === undefined) return undefined
  const samples = pairedRatios(found.samples, base.samples)
  return { samples, median: found.median / base.median }
}

/** How many times as long `other` takes: its paired samples, turn by turn, give the spread. */
export function ratioOf(other: Times, own: Times): Reached {
  const ratios = pairedRatios(other.samples, own.samples)
  return { value: other.median / own.median, spread: quartiles(ratios) }
}

/** Undefined where there is no such figure. */
function fastest(
  figures: readonly Figure[],
  { topic, workload, contender }: Pick<Figure, 'topic' | 'workload' | 'contender'>,
  engine: string,
): Figure | undefined {
  const matching = figures.filter(
    (one) =>
      one.topic === topic &&
      one.workload === workload &&
      one.contender === contender &&
      (engine === best || one.engine.key === engine),
  )
  return matching.sort((a, b) => a.median - b.median)[0]
}
