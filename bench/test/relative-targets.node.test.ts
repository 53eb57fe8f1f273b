// Targets of times that are divided by another workload's, or another contender's, first.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Case, type Figure, figureOf, ours } from '../driver/run.ts'
import { isReached, isTargeted, judge, type Verdict } from '../driver/targets.ts'

const test = suite('relative targets')

const typed = `${ours}, typed`
const names = new Map(['node', 'node24', 'bun'].map((key) => [key, key]))

function caseOf(topic: string, workload: string, contender: string, key = 'node'): Case {
  const engine = { key, name: key, command: process.execPath, arguments: [] }
  return { topic, workload, contender, engine, arguments: [], ran: contender }
}

function verdictOf(
  figures: readonly Figure[],
  workload: string,
  contender: string,
  engine: string,
): Verdict {
  const verdicts = judge(figures, names).filter(({ target }) => {
    const isHere = target.workload === workload && target.engine === engine
    return isHere && target.contender === contender && target.relativeTo !== undefined
  })
  assert.is(verdicts.length, 1, `relative targets of ${contender} in ${workload} on ${engine}`)
  return verdicts[0]
}

/** Ashlar takes 10 ns at 100 live blocks, and mimalloc 4. */
function grown(contender: string, workload: string, ns: number[], nativeNs: number[]): Verdict {
  const curve = (one: string, times: number[], name: string, key?: string) =>
    figureOf(caseOf('curve', name, one, key), times)
  const figures = [
    curve(contender, [10, 20, 10], 'live-100'),
    curve('mimalloc', [4, 8, 4], 'live-100', 'native'),
    curve(contender, ns, workload),
    curve('mimalloc', nativeNs, workload, 'native'),
  ]
  return verdictOf(figures, workload, contender, 'node')
}

for (const workload of ['live-1k', 'live-10k', 'live-100k', 'live-1M']) {
  for (const contender of [ours, typed]) {
    test(`${contender} in ${workload} may grow by 15 % more than mimalloc`, () => {
      const { target, reached } = grown(contender, workload, [20, 40, 20], [8, 16, 8])
      assert.equal(reached, { value: 1, spread: [1, 1] })
      assert.ok(isReached(target, reached!))
      const atBound = grown(contender, workload, [22.99, 45.98, 22.99], [8, 16, 8])
      assert.ok(isReached(atBound.target, atBound.reached!))
      const missed = grown(contender, workload, [23.01, 46.02, 23.01], [8, 16, 8])
      assert.not.ok(isReached(missed.target, missed.reached!))
    })
  }
}

for (const [workload, engine] of [
  ['lifo-64-1k', 'node24'],
  ['random-64-1k', 'bun'],
] as const) {
  test(`${workload}: a typed pool on ${engine} gains what it gains on node, within 5 %`, () => {
    // On node it takes half the time of the pool.
    const withTyped = (ns: number) => {
      const figures = [
        figureOf(caseOf('alloc', workload, ours), [8, 16, 8]),
        figureOf(caseOf('alloc', workload, typed), [4, 8, 4]),
        figureOf(caseOf('alloc', workload, ours, engine), [20, 20, 20]),
        figureOf(caseOf('alloc', workload, typed, engine), [ns, ns, ns]),
      ]
      return verdictOf(figures, workload, typed, engine)
    }
    const [reached, missed] = [withTyped(10.49), withTyped(10.51)]
    assert.ok(isReached(reached.target, reached.reached!))
    assert.not.ok(isReached(missed.target, missed.reached!))
  })
}

test('without the time that others are divided by, a target is not run', () => {
  const figures = ['mimalloc', ours].map((contender) => {
    const engine = contender === ours ? 'node' : 'native'
    return figureOf(caseOf('curve', 'live-1k', contender, engine), [1, 1, 1])
  })
  assert.is(verdictOf(figures, 'live-1k', ours, 'node').reached, undefined)
})

test('the workload that others are divided by runs where targets alone do', () => {
  assert.ok(isTargeted(caseOf('curve', 'live-100', ours)))
  assert.ok(isTargeted(caseOf('curve', 'live-100', typed)))
  assert.ok(isTargeted(caseOf('curve', 'live-100', 'mimalloc', 'native')))
  assert.not(isTargeted(caseOf('curve', 'live-100', `${ours}, before`)))
  assert.ok(isTargeted(caseOf('alloc', 'lifo-64-1k', typed, 'bun')))
})

test.run()
